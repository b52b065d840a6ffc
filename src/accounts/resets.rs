//! Asking for a password reset. Whether an email is sent is decided by a job, so that the response is the same, and
//! takes as long, for addresses that no user has. Networks that a user has logged in from have an allowance of their
//! own, so that strangers can neither use up the resets of a user nor replace a link that the user is about to open.

use std::time::Duration;

use actix_web::HttpRequest;
use serde::{Deserialize, Serialize};

use super::attempts::is_known_network;
use super::emails::AccountEmails;
use super::links::{self, NewLink, Purpose};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Error, Invalid, Result};
use crate::base::events::Event;
use crate::base::http::client_ip;
use crate::base::http::limit::Policy;
use crate::base::ids::{IsId as _, UserId};
use crate::base::jobs::{self, Job, Outcome};
use crate::base::text::email::EmailAddress;
use crate::users::{UserState, store};

/// How many resets a user is sent within an [`INTERVAL`] by requests from networks that are known to be the user's, and
/// as many by requests from all others.
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
    /// Whether it was asked for from a network that the user has logged in from.
    pub from_known_network: bool,
}

impl Job<App> for SendPasswordReset {
    const KIND: &'static str = "send-password-reset";

    async fn run(self, app: &App) -> Result<Outcome> {
        let emails = AccountEmails::new(app);
        app.db.write(move |tx| send(tx, &emails, &self)).await?;
        Ok(Outcome::Done)
    }
}

/// Makes a job of a request for a reset, whether or not a user has the address.
///
/// # Errors
/// Too many, if the network or everyone together has asked too often; invalid at `/email`.
pub async fn request(app: &App, req: &HttpRequest, email: &str) -> Result<()> {
    let client = app.limits.client(req);
    app.limits.admit_network(req, Policy::PasswordReset)?;
    let email = EmailAddress::parse(email)
        .map_err(|Invalid { code, detail }| Error::invalid("/email", code, detail))?;
    app.limits.admit_shared(req, client, Policy::PASSWORD_RESETS)?;
    let network = app.keys.network(client_ip::network(client));
    let enqueue = move |tx: &mut Tx<'_>| {
        let user = store::find_active_by_email(tx, &email)?.map(|user| user.id);
        // Also runs for unknown addresses, so that both take equally long.
        let from_known_network = is_known_network(tx, user.unwrap_or_else(nobody), &network)?;
        let now = tx.now();
        jobs::enqueue(tx, &SendPasswordReset { user, asked_at: now, from_known_network }, now)
    };
    app.db.write_as(app.origin(req, None), enqueue).await
}

fn nobody() -> UserId {
    UserId::from_uuid(uuid::Uuid::nil())
}

/// Sends the link, unless the user is not active or was sent many already. A request from an unknown network does not
/// replace a link that works.
fn send(tx: &mut Tx<'_>, emails: &AccountEmails, asked: &SendPasswordReset) -> Result<()> {
    let Some(user) = asked.user.map(|id| store::lock(tx, id)).transpose()?.flatten() else { return Ok(()) };
    if user.state() != UserState::Active {
        return Ok(());
    }
    let (now, is_known) = (tx.now(), asked.from_known_network);
    if links::count_resets(tx, user.id, is_known, now.minus(INTERVAL))? >= MAX_RESETS
        || !is_known && links::has_open(tx, user.id, Purpose::PasswordReset, now)?
    {
        return Ok(());
    }
    let mut link = NewLink::new(tx, emails.keys(), Purpose::PasswordReset, asked.asked_at)?;
    link.from_known_network = is_known;
    let email = emails.password_reset(tx, &user, &link)?;
    link.insert(tx, emails.keys(), user.id, Some(email), None)?;
    tx.append(Event::PasswordResetRequested(user.id));
    Ok(())
}
