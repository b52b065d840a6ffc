//! The services whose exports are recognised, each by columns that only it has.
//!
//! - **Ghost**: `id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,
//!   labels,tiers` and lately `gift_id` (`products` before there were tiers): the tests of TryGhost/Ghost for
//!   `members-csv` and its export. `subscribed_to_emails` is false for who receives no newsletter.
//! - **Mailchimp**: files in one archive, `subscribed_`, `unsubscribed_` and `cleaned_…_export_….csv`. The merge
//!   fields come first, under the names that the audience gave them (`Email Address`, `First Name`, …); then
//!   `MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION`;
//!   then `LAST_CHANGED`, or `UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER`, or
//!   `CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID`; then `LEID,EUID,NOTES,TAGS`: files as several public programs
//!   read them. There is no status: the last group tells which of the three it is. An `UNSUB_TIME` before
//!   `MEMBER_RATING` is a merge field of an audience that was imported once.
//! - **Substack**: `email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at`
//!   (`email_list.….csv`), as TryGhost/migrate and others read it. `active_subscription` is about paying;
//!   `email_disabled` is true for who receives no mail.
//! - **Buttondown**: `email_address,type,creation_date,tags,metadata,notes,source,…` (`email` and `subscriber_type` in
//!   earlier ones), with the types of its OpenAPI document.
//! - **beehiiv**: `email,status,created_at,subscription_tier,…,utm_source,…,acquisition_source`; the statuses are those of
//!   its API.
//! - **listmonk**: `uuid,email,name,attributes,status,created_at,updated_at`: `cmd/subscribers.go` of knadh/listmonk. Its
//!   file does not mention lists: who left one is still `enabled`.

use serde::Serialize;
use utoipa::ToSchema;

use crate::subscribers::consent::Status;

/// The service that exported a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SubscriberImportFormat)]
pub enum Format {
    /// This server.
    Lede,
    /// Ghost's members.
    Ghost,
    /// One of the three files of a Mailchimp audience.
    Mailchimp,
    /// Substack's list of addresses.
    Substack,
    /// Buttondown's subscribers.
    Buttondown,
    /// beehiiv's subscribers.
    Beehiiv,
    /// listmonk's subscribers.
    Listmonk,
    /// Another file with a column of addresses.
    Plain,
}

impl Format {
    /// The format of a file with these columns, folded.
    pub(super) fn of(folded: &[String]) -> Self {
        let has = |name: &str| folded.iter().any(|known| known == name);
        let all = |names: &[&str]| names.iter().all(|name| has(name));
        let any = |names: &[&str]| names.iter().any(|name| has(name));
        if all(&["email", "status", "locale", "confirmedat", "unsubscribedat", "custom"]) {
            Self::Lede
        } else if has("subscribedtoemails") && any(&["complimentaryplan", "stripecustomerid"]) {
            Self::Ghost
        } else if all(&["leid", "euid"]) || (has("memberrating") && any(&["optintime", "confirmtime"])) {
            Self::Mailchimp
        } else if all(&["email", "activesubscription"]) {
            Self::Substack
        } else if has("creationdate") && any(&["type", "subscribertype"]) {
            Self::Buttondown
        } else if all(&["uuid", "email", "attributes", "status"]) {
            Self::Listmonk
        } else if has("status")
            && any(&["subscriptiontier", "acquisitionsource", "utmsource", "referralcode"])
        {
            Self::Beehiiv
        } else {
            Self::Plain
        }
    }

    /// The status of everybody in a file with these columns, if they tell it.
    pub(super) fn status_of_file(self, folded: &[String]) -> Option<Status> {
        (self == Self::Mailchimp).then(|| {
            // A merge field of the same name stands before the rating.
            let own = folded.iter().position(|name| name == "memberrating").unwrap_or(0);
            let has = |name: &str| folded.iter().skip(own).any(|known| known == name);
            match (has("unsubtime"), has("cleantime")) {
                (true, _) => Status::Unsubscribed,
                (false, true) => Status::Bounced,
                (false, false) => Status::Confirmed,
            }
        })
    }
}
