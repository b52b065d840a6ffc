//! Asking for a password reset. Whether an email is sent is decided by a job, so that the response is the same, and takes as
//! long, for addresses that no user has.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::emails::AccountEmails;
use super::links::{self, NewLink, Purpose};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::UserId;
use crate::base::jobs::{self, Job, Outcome};
use crate::base::text::email::EmailAddress;
use crate::users::store;

/// How many resets a user is sent within an [`INTERVAL`].
const MAX_RESETS: i64 = 5;
/// The time within which resets are counted.
const INTERVAL: Duration = Duration::from_secs(3600);

/// Sends a user who asked for it a link to choose another password.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendPasswordReset {
    /// Who; `None` if nobody has the address that was entered.
    pub user: Option<UserId>,
    /// When it was asked for.
    pub asked_at: Timestamp,
}

impl Job<App> for SendPasswordReset {
    const KIND: &'static str = "send-password-reset";

    async fn run(self, app: &App) -> Result<Outcome> {
        if let Some(user) = self.user {
            let emails = AccountEmails::new(app);
            app.db.write(move |tx| send(tx, &emails, user, self.asked_at)).await?;
        }
        Ok(Outcome::Done)
    }
}

/// Makes a job of a request for a reset, whether or not a user has the address.
///
/// # Errors
/// Those of the database.
pub fn request(tx: &mut Tx<'_>, email: &EmailAddress) -> Result<()> {
    let (found, now) = (store::find_active_by_email(tx, email)?, tx.now());
    jobs::enqueue(tx, &SendPasswordReset { user: found.map(|user| user.id), asked_at: now }, now)
}

/// Sends the link, unless the user cannot log in, is only invited, or was sent many already.
fn send(tx: &mut Tx<'_>, emails: &AccountEmails, user: UserId, asked_at: Timestamp) -> Result<()> {
    let Some(user) = store::find(tx, user)? else { return Ok(()) };
    if user.disabled_at.is_some() || user.password_hash.is_none() {
        return Ok(());
    }
    let since = tx.now().minus(INTERVAL);
    if links::count_since(tx, user.id, Purpose::PasswordReset, since)? >= MAX_RESETS {
        return Ok(());
    }
    let link = NewLink::new(tx, emails.keys(), Purpose::PasswordReset, asked_at)?;
    let email = emails.password_reset(tx, &user, &link)?;
    link.insert(tx, emails.keys(), user.id, Some(email), None)?;
    tx.append(Event::PasswordResetRequested(user.id));
    Ok(())
}
