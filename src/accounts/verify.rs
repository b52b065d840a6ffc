//! Verifying a password as an attempt that counts. The attempt stays open until it is concluded, so that what is checked after
//! the password, such as the code of a second factor, cannot be guessed faster than the password.

use actix_web::{HttpMessage as _, HttpRequest};

use super::attempts::{self, Admission, Attempt};
use crate::app::App;
use crate::auth::Password;
use crate::base::db::Database;
use crate::base::error::{AuthFailure, Error, Result};
use crate::base::http::client_ip;
use crate::base::ids::LoginAttemptId;
use crate::base::refusals::NamedAccount;
use crate::users::store::UserRow;

/// An attempt with the right password that is not over yet.
#[derive(Clone)]
pub struct Verified {
    /// Who tries, and from where.
    pub attempt: Attempt,
    id: LoginAttemptId,
    db: Database,
}

impl std::fmt::Debug for Verified {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Verified({})", self.id)
    }
}

/// Completes the work even if the client disconnects: the outcome of an attempt has to be recorded.
///
/// # Errors
/// Those of the work; internal, if it panics.
pub async fn to_the_end<T: 'static>(work: impl Future<Output = Result<T>> + 'static) -> Result<T> {
    actix_web::rt::spawn(work).await.map_err(|e| Error::internal(e.to_string()))?
}

/// Begins an attempt at the account with that address key, from the client's network. Refused without a query while a
/// block that was read a moment ago lasts.
///
/// # Errors
/// Too many.
pub fn attempt(app: &App, req: &HttpRequest, email_key: &str) -> Result<Attempt> {
    let account = attempts::account(&app.keys, email_key);
    let network = app.keys.network(client_ip::network(app.limits.client(req)));
    req.extensions_mut().insert(NamedAccount(account));
    app.login_blocks.check(account, network, app.clock.now())?;
    Ok(Attempt { account, network, user: None })
}

/// Verifies the password of an attempt. Takes as long if no user has the address.
///
/// # Errors
/// Unauthenticated, if it is wrong; too many, after earlier failures; unavailable, when too many logins wait.
pub async fn verify(
    app: &App,
    req: &HttpRequest,
    attempt: Attempt,
    user: Option<&UserRow>,
    password: Password,
) -> Result<Verified> {
    let attempt = Attempt { user: user.map(|user| user.id), ..attempt };
    let allowance = Some(i64::from(app.config.limits.login)).filter(|allowance| *allowance > 0);
    let id = match app.db.write(move |tx| attempts::begin(tx, &attempt, allowance)).await? {
        Admission::Open(id) => id,
        Admission::Refused(block) => {
            let now = app.clock.now();
            app.login_blocks.remember(block, now);
            return Err(block.error(now));
        }
    };
    let open = Verified { attempt, id, db: app.db.clone() };
    let hash = user.and_then(|user| user.password_hash.clone());
    let failure = if user.is_some() { AuthFailure::WrongPassword } else { AuthFailure::UnknownAccount };
    let network = client_ip::network(app.limits.client(req));
    let outcome = match app.passwords.verify(password, hash, network).await {
        Ok(true) => return Ok(open),
        Ok(false) => Err(Error::Unauthenticated(failure)),
        Err(error) => Err(error),
    };
    open.conclude(outcome).await
}

impl Verified {
    /// Ends the attempt in the unit of work that it was made for.
    ///
    /// # Errors
    /// Those of the database.
    pub fn withdraw(&self, tx: &mut crate::base::db::Tx<'_>) -> Result<()> {
        attempts::withdraw(tx, self.id)
    }

    /// Ends the attempt that had this outcome, which is returned. A success has ended it already; a wrong password or code
    /// counts as a failure, and everything else as no attempt at all.
    ///
    /// # Errors
    /// That of the outcome; those of the database.
    pub async fn conclude<T>(self, outcome: Result<T>) -> Result<T> {
        use AuthFailure::{UnknownAccount, WrongCode, WrongPassword};
        let id = self.id;
        match &outcome {
            Ok(_) => {}
            Err(Error::Unauthenticated(WrongPassword | UnknownAccount | WrongCode)) => {
                self.db.write(move |tx| attempts::fail(tx, id)).await?;
            }
            Err(_) => self.db.write(move |tx| attempts::withdraw(tx, id)).await?,
        }
        outcome
    }
}
