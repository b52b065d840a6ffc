//! Creating a session with an email address and a password.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::http::header;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::{Password, token};
use crate::base::error::{AuthFailure, Error, Invalid, Result};
use crate::base::events::Event;
use crate::base::http::json::Small;
use crate::base::http::limit::Policy;
use crate::base::http::{Json, Response, client_ip};
use crate::users::store::{self, UserRow};
use crate::users::{EmailAddress, User};

/// The credentials of a user.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateSession {
    /// The user's email address.
    #[schema(min_length = 3, max_length = 254, format = Email)]
    email: String,
    /// The user's password, at most 256 bytes.
    #[schema(max_length = 256, format = Password)]
    password: String,
}

/// A new access token and its user.
#[derive(Debug, Serialize, ToSchema)]
pub struct Session {
    /// The access token, to be sent as `Authorization: Bearer <token>`.
    #[schema(max_length = 4096)]
    access_token: String,
    /// Always `Bearer`.
    #[schema(max_length = 10, example = "Bearer")]
    token_type: &'static str,
    /// Seconds until the access token expires.
    #[schema(minimum = 1, maximum = 600)]
    expires_in: u64,
    /// The user the access token belongs to.
    user: User,
}

/// Create a session
///
/// Needs no access token. Exchanges an email address and a password for an access token that is valid for ten minutes. A
/// wrong password, an unknown address and a disabled user all respond with the same 401 after the same time. After too many
/// failed attempts from one network, responds with 429 until the time in `Retry-After` has passed.
#[utoipa::path(post, path = "/v1/auth/sessions", tag = "accounts", security(()), request_body = CreateSession,
    responses(
        (status = 201, description = "The new access token and its user.", body = Session),
        (status = 401, description = "`invalid-credentials`: no active user has this address and password."),
    ))]
pub async fn create_session(
    app: Data<App>,
    req: HttpRequest,
    body: Json<CreateSession, Small>,
) -> Result<Response> {
    app.limits.check_network(&req, Policy::Login)?;
    let user = authenticate(&app, &req, body.value).await.inspect_err(|error| {
        // Only failures count: several people who log in behind one address do not use up its budget.
        if matches!(error, Error::Unauthenticated(_)) {
            app.limits.count_network(&req, Policy::Login);
        }
    })?;
    let id = user.id;
    app.db
        .write_as(id, move |tx| {
            tx.append(Event::SessionCreated(id));
            Ok(())
        })
        .await?;
    let session = Session {
        access_token: app.tokens.issue(&app.random, id, app.clock.now())?,
        token_type: "Bearer",
        expires_in: token::LIFE.as_secs(),
        user: user.into(),
    };
    Ok(Response::ok(&session)?.status(StatusCode::CREATED).header(header::CACHE_CONTROL, "no-store"))
}

/// The active user with this address and password. Takes as long if there is none.
async fn authenticate(app: &App, req: &HttpRequest, credentials: CreateSession) -> Result<UserRow> {
    let CreateSession { email, password } = credentials;
    let password = Password::typed(&password)
        .map_err(|Invalid { code, detail }| Error::invalid("/password", code, detail))?;
    let found = match EmailAddress::parse(&email) {
        Ok(email) => app.db.read(move |conn| store::find_active_by_email(conn, &email)).await?,
        Err(_) => None,
    };
    let hash = found.as_ref().map(|row| row.password_hash.clone());
    let network = client_ip::network(app.limits.client(req));
    let is_right = app.passwords.verify(password, hash, network).await?;
    let user = found.ok_or(Error::Unauthenticated(AuthFailure::UnknownAccount))?;
    if is_right { Ok(user) } else { Err(Error::Unauthenticated(AuthFailure::WrongPassword)) }
}
