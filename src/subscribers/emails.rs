//! The emails that subscribers are sent.

use std::collections::BTreeMap;

use super::links::Links;
use super::store::SubscriberRow;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::ids::ConfirmationRequestId;
use crate::base::text::email::EmailAddress;
use crate::outbox::{self, Email, Recipient};

/// Asks a subscriber to confirm.
pub(super) fn enqueue_confirmation(
    tx: &mut Tx<'_>,
    links: &Links,
    row: &SubscriberRow,
    request: ConfirmationRequestId,
    expires_at: Timestamp,
) -> Result<()> {
    let context = [("confirm_url", links.confirm(request))];
    enqueue(tx, links, row, "confirmation_email", context, Some(expires_at))
}

/// Welcomes a subscriber who has confirmed.
pub(super) fn enqueue_welcome(tx: &mut Tx<'_>, links: &Links, row: &SubscriberRow) -> Result<()> {
    let context =
        [("website_url", links.website().to_owned()), ("preferences_url", links.preferences(row.id))];
    enqueue(tx, links, row, "welcome_email", context, None)
}

fn enqueue<const N: usize>(
    tx: &mut Tx<'_>,
    links: &Links,
    row: &SubscriberRow,
    template: &'static str,
    context: [(&str, String); N],
    expires_at: Option<Timestamp>,
) -> Result<()> {
    let to = EmailAddress::parse(&row.email)
        .map_err(|_| Error::internal(format!("subscriber {} has a malformed address", row.id)))?;
    let context: BTreeMap<String, String> =
        context.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
    let email = Email {
        recipient: Some(Recipient::Subscriber(row.id)),
        article: None,
        to,
        locale: row.locale.clone(),
        template,
        context,
        unsubscribe_url: Some(links.unsubscribe(row.id)),
        expires_at,
    };
    outbox::enqueue(tx, links.keys(), &email).map(|_| ())
}
