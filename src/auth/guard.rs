//! The guard: a handler that takes an `Actor<P>` is only called for a user whose access token is valid and whose role has
//! the permission `P`.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{FromRequest, HttpRequest};
use diesel::prelude::*;

use super::{Actor, Permission, Role};
use crate::app::App;
use crate::base::db::Connection;
use crate::base::db::schema::users;
use crate::base::error::{AuthFailure, Error, Result};
use crate::base::http::limit::{Key, Policy};
use crate::base::ids::UserId;

/// The longest access token, in bytes.
const MAX_TOKEN: usize = 4096;

impl<P: Permission> FromRequest for Actor<P> {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, _: &mut Payload) -> Self::Future {
        let app = req.app_data::<Data<App>>().cloned();
        let (req, token) = (req.clone(), bearer(req));
        Box::pin(async move {
            let app = app.ok_or_else(|| Error::internal("the application is missing"))?;
            let (user, role) = authenticate(&app, token?).await?;
            if !req.method().is_safe() {
                app.limits.admit(&req, Policy::Write, Key::User(user))?;
            }
            Self::new(user, role)
        })
    }
}

/// The user the token belongs to, and their current role.
async fn authenticate(app: &App, token: String) -> Result<(UserId, Role)> {
    let user = app.tokens.verify(&token, app.clock.now())?;
    let role = app.db.read_inline(move |conn| find_active_role(conn, user)).await?;
    Ok((user, role.ok_or(Error::Unauthenticated(AuthFailure::InactiveUser))?))
}

/// The access token of a request that has exactly one. Credentials of another scheme count as none (RFC 6750, section 3.1).
fn bearer(req: &HttpRequest) -> Result<String> {
    let failed = |failure| Err(Error::Unauthenticated(failure));
    let mut values = req.headers().get_all(header::AUTHORIZATION);
    let Some(value) = values.next() else { return failed(AuthFailure::MissingToken) };
    if values.next().is_some() {
        return failed(AuthFailure::InvalidToken);
    }
    let Ok(value) = value.to_str() else { return failed(AuthFailure::InvalidToken) };
    let (scheme, token) = value.split_once(' ').unwrap_or((value, ""));
    match token.trim() {
        _ if !scheme.eq_ignore_ascii_case("bearer") => failed(AuthFailure::MissingToken),
        "" => failed(AuthFailure::MissingToken),
        token if token.len() > MAX_TOKEN => failed(AuthFailure::InvalidToken),
        token => Ok(token.to_owned()),
    }
}

/// The role of an active user. Read for every request with a token, so that a change applies at once.
fn find_active_role(conn: &mut Connection, id: UserId) -> Result<Option<Role>> {
    let role: Option<String> = users::table
        .filter(users::id.eq(id))
        .filter(users::disabled_at.is_null())
        .select(users::role)
        .get_result(conn)
        .optional()?;
    Ok(role.and_then(|role| Role::parse(&role)))
}
