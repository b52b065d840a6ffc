//! Logging in: the checks between an address with a password and a session.

use actix_web::http::header;
use actix_web::{HttpMessage as _, HttpRequest};

use super::attempts::{self, Attempt};
use super::refresh::{self, Refreshable};
use super::sessions::{self, Lifetime};
use crate::app::App;
use crate::auth::Password;
use crate::base::error::{AuthFailure, Error, Invalid, Result};
use crate::base::http::client_ip;
use crate::base::ids::LoginAttemptId;
use crate::base::refusals::NamedAccount;
use crate::users::EmailAddress;
use crate::users::store::{self, UserRow};

/// The longest name of a device that is kept, in characters.
const MAX_DEVICE: usize = 200;

/// The credentials of a user.
#[derive(Debug)]
pub struct Credentials {
    /// The address as entered.
    pub email: String,
    /// The password as entered.
    pub password: String,
}

/// Starts a session for the active user with these credentials. Whatever is wrong with them, the answer is the same and
/// takes as long.
///
/// # Errors
/// Unauthenticated; `password-too-long`; too many, after earlier failures; unavailable, when too many logins wait.
pub async fn log_in(app: &App, req: &HttpRequest, credentials: Credentials) -> Result<Refreshable> {
    let Credentials { email, password } = credentials;
    let password = Password::typed(&password)
        .map_err(|Invalid { code, detail }| Error::invalid("/password", code, detail))?;
    let email = EmailAddress::parse(&email).ok();
    let key = email.as_ref().map_or_else(String::new, |email| email.key().to_owned());
    let found = match email {
        Some(email) => app.db.read(move |conn| store::find_active_by_email(conn, &email)).await?,
        None => None,
    };
    let network = client_ip::network(app.limits.client(req));
    let attempt = Attempt {
        account: app.keys.mac("account", &key),
        network: app.keys.network(network),
        user: found.as_ref().map(|user| user.id),
    };
    req.extensions_mut().insert(NamedAccount(attempt.account));
    let allowance = Some(i64::from(app.config.limits.login)).filter(|allowance| *allowance > 0);
    let id = app.db.write(move |tx| attempts::begin(tx, &attempt, allowance)).await?;
    let hash = found.as_ref().and_then(|user| user.password_hash.clone());
    let verified = app.passwords.verify(password, hash, network).await;
    let is_right = match verified {
        Ok(is_right) => is_right,
        Err(error) => {
            app.db.write(move |tx| attempts::withdraw(tx, id)).await?;
            return Err(error);
        }
    };
    match found {
        Some(user) if is_right => start(app, req, user, attempt).await,
        Some(_) => refuse(app, id, AuthFailure::WrongPassword).await,
        None => refuse(app, id, AuthFailure::UnknownAccount).await,
    }
}

async fn refuse<T>(app: &App, id: LoginAttemptId, failure: AuthFailure) -> Result<T> {
    app.db.write(move |tx| attempts::fail(tx, id)).await?;
    Err(Error::Unauthenticated(failure))
}

async fn start(app: &App, req: &HttpRequest, user: UserRow, attempt: Attempt) -> Result<Refreshable> {
    let (place, lifetime) = (place(app, req), Lifetime::new(&app.config));
    app.db
        .write_as(app.origin(req, Some(user.id.into())), move |tx| {
            // Verifying took a while: the user may have been disabled meanwhile, or have another password.
            let current = store::find(tx, user.id)?.filter(|current| {
                current.disabled_at.is_none() && current.password_hash == user.password_hash
            });
            let user = current.ok_or(Error::Unauthenticated(AuthFailure::WrongPassword))?;
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
