//! The emails about reviews. A request goes to the assignee, or to the editors if nobody is assigned; an answer goes to the
//! owner of the article and to whoever requested the review, if they may still read it. Users get none about their own
//! reviews.

use std::collections::BTreeMap;
use std::time::Duration;

use super::ReviewState;
use super::resolve::covers;
use super::reviews::Reviewed;
use crate::app::App;
use crate::auth::{Identity, Keys, ReadDrafts, Role};
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::outbox::{self, Email, Recipient};
use crate::users::store::{self as users, UserRow};
use crate::users::{Notifications, UserState};

/// The most editors who get an email about a request without an assignee.
const MAX_EDITORS: i64 = 50;
/// An email that could not be sent for so long is not sent at all.
const EXPIRES_AFTER: Duration = Duration::from_secs(7 * 24 * 3600);

/// Writes emails about reviews. Cheap to clone.
#[derive(Debug, Clone)]
pub struct ReviewEmails {
    keys: Keys,
    base_url: String,
    /// The language of users who have chosen none.
    locale: Locale,
}

impl ReviewEmails {
    /// Emails of this installation.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let (keys, base_url) = (app.keys.clone(), app.config.base_url());
        Self { keys, base_url, locale: app.config.site.locale.clone() }
    }

    /// Sends a review to its recipients, unless they have turned these emails off.
    pub fn send(&self, tx: &mut Tx<'_>, reviewed: &Reviewed) -> Result<()> {
        if !reviewed.is_new {
            return Ok(());
        }
        let review = &reviewed.review;
        let by = users::find(tx, review.user_id)?.map(|user| user.name).unwrap_or_default();
        for user in recipients(tx, reviewed)? {
            let wants = user.state() == UserState::Active && Notifications::of(&user).reviews;
            if wants && user.id != review.user_id {
                self.enqueue(tx, reviewed, &by, &user)?;
            }
        }
        Ok(())
    }

    fn enqueue(&self, tx: &mut Tx<'_>, reviewed: &Reviewed, by: &str, user: &UserRow) -> Result<()> {
        let Reviewed { article, review, .. } = reviewed;
        let Ok(to) = EmailAddress::parse(&user.email) else { return Ok(()) };
        let (template, change) = match review.state {
            ReviewState::Requested if review.assignee_id.is_some() => ("review_request_email", "assigned"),
            ReviewState::Requested => ("review_request_email", "unassigned"),
            ReviewState::ChangesRequested => ("review_answer_email", "changes_requested"),
            ReviewState::Approved => ("review_answer_email", "approved"),
        };
        let context = [
            ("change", change.to_owned()),
            ("name", by.to_owned()),
            ("title", article.title.clone()),
            ("message", review.message.clone().unwrap_or_default()),
            ("draft_url", format!("{}/v1/articles/{}/draft", self.base_url, article.id)),
        ];
        let email = Email {
            recipient: Some(Recipient::User(user.id)),
            article: Some(article.id),
            to,
            locale: user.locale().unwrap_or_else(|| self.locale.clone()),
            template,
            context: BTreeMap::from(context.map(|(name, value)| (name.to_owned(), value))),
            unsubscribe_url: None,
            expires_at: Some(tx.now().plus(EXPIRES_AFTER)),
        };
        outbox::enqueue(tx, &self.keys, &email).map(drop)
    }
}

/// The recipients of a review.
fn recipients(tx: &mut Tx<'_>, reviewed: &Reviewed) -> Result<Vec<UserRow>> {
    let Reviewed { article, review, .. } = reviewed;
    if review.state == ReviewState::Requested {
        return match review.assignee_id {
            Some(assignee) => Ok(users::find(tx, assignee)?.into_iter().collect()),
            None => users::list_active(tx, Role::Editor, MAX_EDITORS),
        };
    }
    let requester = review.requester_id.filter(|user| *user != article.owner_id);
    let requester = requester.map_or(Ok(None), |id| users::find(tx, id))?;
    let mut found: Vec<UserRow> = users::find(tx, article.owner_id)?.into_iter().collect();
    // Whoever has given the article away since may not be able to read it any more.
    if let Some(requester) = requester
        && let Some(role) = Role::parse(&requester.role)
        && covers::<ReadDrafts>(tx, &Identity::of(requester.id, role), article)?
    {
        found.push(requester);
    }
    Ok(found)
}
