//! The email about a scheduled action that has failed.

use std::collections::BTreeMap;

use crate::app::App;
use crate::articles::schedule::ScheduleRow;
use crate::articles::store::ArticleRow;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::text::email::EmailAddress;
use crate::outbox::{self, Email, Recipient};
use crate::users::UserState;
use crate::users::store as users;

/// Sends the owner of an article, if they are active, an email that says why an action failed.
///
/// # Errors
/// Those of the database.
pub(super) fn send_failure(
    tx: &mut Tx<'_>,
    app: &App,
    article: &ArticleRow,
    due: &ScheduleRow,
    why: &str,
) -> Result<()> {
    let owner = users::find(tx, article.owner_id)?.filter(|owner| owner.state() == UserState::Active);
    let Some(owner) = owner else { return Ok(()) };
    let context = [
        ("action", due.action.as_str().to_owned()),
        ("title", article.title.clone()),
        ("at", due.at.minute()),
        ("reason", why.to_owned()),
    ];
    let email = Email {
        recipient: Some(Recipient::User(owner.id)),
        article: Some(article.id),
        to: EmailAddress::parse(&owner.email)
            .map_err(|_| Error::internal(format!("user {} has a malformed address", owner.id)))?,
        locale: owner.locale().unwrap_or_else(|| app.config.site.locale.clone()),
        template: "schedule_failed_email",
        context: BTreeMap::from(context.map(|(name, value)| (name.to_owned(), value))),
        unsubscribe_url: None,
        expires_at: None,
    };
    outbox::enqueue(tx, &app.keys, &email)?;
    Ok(())
}
