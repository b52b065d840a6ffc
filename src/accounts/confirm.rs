//! Asking for the password again before an account is changed, so that an open browser or a stolen access token is not
//! enough. A wrong one counts like a wrong one at a login: a stolen session gets no more guesses than a stranger.

use actix_web::HttpRequest;

use super::second_factor::{self, Code};
use super::verify::{Verified, attempt, to_the_end, verify};
use crate::app::App;
use crate::auth::{Identity, Keys, Password};
use crate::base::actor::Origin;
use crate::base::db::{Database, Tx};
use crate::base::error::{AuthFailure, Error, Invalid, Result};
use crate::users::store::{self, UserRow};

/// A user who has entered the right password for a change that is still to be made.
pub struct Confirmed {
    user: UserRow,
    origin: Origin,
    verified: Verified,
    db: Database,
    second_factor: Option<SecondFactor>,
}

/// The code that the change requires of users with a second factor.
struct SecondFactor {
    keys: Keys,
    code: Option<Code>,
}

/// Confirms that whoever makes a request knows the user's password, which is `current_password` in the body.
///
/// # Errors
/// Unauthenticated, if it is wrong; `password-too-long`; too many, after earlier failures; unavailable, when too many
/// logins wait.
pub async fn confirm_password(
    app: &App,
    req: &HttpRequest,
    actor: &Identity,
    password: &str,
) -> Result<Confirmed> {
    let password = Password::typed(password)
        .map_err(|Invalid { code, detail }| Error::invalid("/current_password", code, detail))?;
    let id = actor.user;
    let user = app.db.read(move |conn| store::find(conn, id)).await?;
    let user = user.ok_or(Error::Unauthenticated(AuthFailure::EndedSession))?;
    let (attempt, origin) = (attempt(app, req, &user.email_key)?, actor.origin);
    let (app, req) = (app.clone(), req.clone());
    to_the_end(async move {
        let verified = verify(&app, &req, attempt, Some(&user), password).await?;
        Ok(Confirmed { user, origin, verified, db: app.db.clone(), second_factor: None })
    })
    .await
}

/// Like [`confirm_password`], and lets the change be made only with `code`, a code of the second factor, if the user has
/// one. The code is used up by the change.
///
/// # Errors
/// Those of [`confirm_password`]; `code-too-long`.
pub async fn confirm_identity(
    app: &App,
    req: &HttpRequest,
    actor: &Identity,
    password: &str,
    code: Option<&str>,
) -> Result<Confirmed> {
    let second_factor = Some(SecondFactor { keys: app.keys.clone(), code: Code::parse(code)? });
    let confirmed = confirm_password(app, req, actor, password).await?;
    Ok(Confirmed { second_factor, ..confirmed })
}

impl Confirmed {
    /// The user, as they were when the password was verified.
    #[must_use]
    pub fn user(&self) -> &UserRow {
        &self.user
    }

    /// Makes the change in one unit of work, in the user's name. It gets the user as they are then, locked, with the
    /// password that was confirmed. If it fails with a wrong code, that counts as a failed attempt, too.
    ///
    /// # Errors
    /// Those of the change; unauthenticated, if the user was disabled or got another password meanwhile, or the code of
    /// the second factor is missing, wrong or was used before.
    pub async fn write<T, F>(self, mut change: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnMut(&mut Tx<'_>, UserRow) -> Result<T> + Send + 'static,
    {
        let Self { user, origin, verified, db, second_factor } = self;
        let open = verified.clone();
        let write = move |tx: &mut Tx<'_>| {
            let current = store::lock(tx, user.id)?.filter(|current| {
                current.disabled_at.is_none() && current.password_hash == user.password_hash
            });
            let current = current.ok_or(Error::Unauthenticated(AuthFailure::EndedSession))?;
            open.withdraw(tx)?;
            if let Some(SecondFactor { keys, code }) = &second_factor {
                second_factor::store::check(tx, keys, &current, code.as_ref())?;
            }
            change(tx, current)
        };
        to_the_end(async move { verified.conclude(db.write_as(origin, write).await).await }).await
    }
}
