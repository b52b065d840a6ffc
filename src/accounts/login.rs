//! Logging in: the checks between an address with a password and a session.

use actix_web::HttpRequest;
use actix_web::http::header;

use super::attempts::{self, Attempt};
use super::refresh::{self, Refreshable};
use super::second_factor::{self, Code};
use super::sessions::{self, Lifetime};
use super::verify::verify;
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
    let found = match email {
        Some(email) => app.db.read(move |conn| store::find_active_by_email(conn, &email)).await?,
        None => None,
    };
    let verified = verify(app, req, &key, found.as_ref(), password).await?;
    let outcome = match found {
        Some(user) => start(app, req, user, code, verified.attempt).await,
        None => Err(Error::Unauthenticated(AuthFailure::UnknownAccount)),
    };
    verified.conclude(outcome).await
}

async fn start(
    app: &App,
    req: &HttpRequest,
    user: UserRow,
    code: Option<Code>,
    attempt: Attempt,
) -> Result<Refreshable> {
    let (place, lifetime, keys) = (place(app, req), Lifetime::new(&app.config), app.keys.clone());
    app.db
        .write_as(app.origin(req, Some(user.id.into())), move |tx| {
            // Verifying took a while: the user may have been disabled meanwhile, or have another password.
            let current = store::find(tx, user.id)?.filter(|current| {
                current.disabled_at.is_none() && current.password_hash == user.password_hash
            });
            let user = current.ok_or(Error::Unauthenticated(AuthFailure::WrongPassword))?;
            second_factor::store::check(tx, &keys, &user, code.as_ref())?;
            attempts::succeed(tx, user.id, &attempt)?;
            let session = sessions::start(tx, user.id, place.clone(), lifetime)?;
            refresh::first(tx, session, user, lifetime)
        })
        .await
}

/// The device and the network of a request, as its user recognises them.
fn place(app: &App, req: &HttpRequest) -> (String, String) {
    let agent =
        req.headers().get(header::USER_AGENT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let device: String = agent.chars().filter(|c| !c.is_control()).take(MAX_DEVICE).collect();
    (device, client_ip::site_prefix(app.limits.client(req)))
}
