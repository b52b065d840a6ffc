//! Logging in: the checks between an address with a password and a session.

use actix_web::HttpRequest;
use actix_web::http::header;

use super::attempts::{self, Attempt};
use super::emails::AccountEmails;
use super::new_devices;
use super::refresh::{self, Refreshable};
use super::second_factor::{self, Code};
use super::sessions::{self, Lifetime};
use super::verify::{attempt, to_the_end, verify};
use crate::app::App;
use crate::auth::Password;
use crate::base::error::{AuthFailure, Error, Invalid, Result};
use crate::base::http::client_ip;
use crate::users::EmailAddress;
use crate::users::store::{self, UserRow};

/// The longest name of a device that is kept, in characters.
const MAX_DEVICE: usize = 200;

/// The credentials of a user. `Debug` shows none of them.
pub struct Credentials {
    /// The address as entered.
    pub email: String,
    /// The password as entered.
    pub password: String,
    /// The code of the second factor.
    pub code: Option<Code>,
}

impl std::fmt::Debug for Credentials {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

/// Starts a session for the active user with these credentials. Whatever is wrong with them, the answer is the same and
/// takes as long.
///
/// # Errors
/// Unauthenticated; `password-too-long`; too many, after earlier failures; unavailable, when too many logins wait.
pub async fn log_in(app: &App, req: &HttpRequest, credentials: Credentials) -> Result<Refreshable> {
    let Credentials { email, password, code } = credentials;
    let password = Password::typed(&password)
        .map_err(|Invalid { code, detail }| Error::invalid("/password", code, detail))?;
    let email = EmailAddress::parse(&email).ok();
    let key = email.as_ref().map_or_else(String::new, |email| email.key().to_owned());
    let attempt = attempt(app, req, &key)?;
    let (app, req) = (app.clone(), req.clone());
    to_the_end(async move { check(&app, &req, attempt, email, password, code).await }).await
}

async fn check(
    app: &App,
    req: &HttpRequest,
    attempt: Attempt,
    email: Option<EmailAddress>,
    password: Password,
    code: Option<Code>,
) -> Result<Refreshable> {
    let found = match email {
        Some(email) => app.db.read(move |conn| store::find_active_by_email(conn, &email)).await?,
        None => None,
    };
    let verified = verify(app, req, attempt, found.as_ref(), password.clone()).await?;
    let outcome = match found {
        Some(user) => {
            let rehashed = rehash(app, password, &user).await;
            start(app, req, user, code, verified.attempt, rehashed).await
        }
        None => Err(Error::Unauthenticated(AuthFailure::UnknownAccount)),
    };
    verified.conclude(outcome).await
}

/// The password hashed anew, if the stored hash costs less than those of today. Not worth refusing the login.
async fn rehash(app: &App, password: Password, user: &UserRow) -> Option<String> {
    let is_outdated = user.password_hash.as_deref().is_some_and(|hash| app.passwords.is_outdated(hash));
    if is_outdated { app.passwords.hash(password).await.ok() } else { None }
}

async fn start(
    app: &App,
    req: &HttpRequest,
    user: UserRow,
    code: Option<Code>,
    attempt: Attempt,
    rehashed: Option<String>,
) -> Result<Refreshable> {
    let (place, lifetime) = (place(app, req), Lifetime::new(&app.config));
    let (keys, emails) = (app.keys.clone(), AccountEmails::new(app));
    let started = app
        .db
        .write_as(app.origin(req, Some(user.id.into())), move |tx| {
            // Verifying took a while: the user may have been disabled meanwhile, or have another password. From here
            // on, neither can happen before the session is there to be ended.
            let current = store::lock(tx, user.id)?.filter(|current| {
                current.disabled_at.is_none() && current.password_hash == user.password_hash
            });
            let user = current.ok_or(Error::Unauthenticated(AuthFailure::WrongPassword))?;
            second_factor::store::check(tx, &keys, &user, code.as_ref())?;
            attempts::succeed(tx, user.id, &attempt)?;
            if let Some(hash) = &rehashed {
                store::set_password_hash(tx, user.id, hash)?;
            }
            let is_new = new_devices::is_new(tx, user.id, &place)?;
            let session = sessions::start(tx, user.id, place.clone(), lifetime)?;
            if is_new {
                new_devices::notify(tx, &emails, &user, &session)?;
            }
            refresh::first(tx, session, user)
        })
        .await?;
    app.login_blocks.forget(attempt.account, attempt.network);
    Ok(started)
}

/// The device and the network of a request, as its user recognises them.
fn place(app: &App, req: &HttpRequest) -> (String, String) {
    let agent =
        req.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let device: String = agent.chars().filter(|c| !c.is_control()).take(MAX_DEVICE).collect();
    (device, client_ip::site_prefix(app.limits.client(req)))
}
