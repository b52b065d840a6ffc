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

/// The access token of a request that has exactly one.
fn bearer(req: &HttpRequest) -> Result<String> {
    let mut values = req.headers().get_all(header::AUTHORIZATION);
    let value = values.next().ok_or(Error::Unauthenticated(AuthFailure::MissingToken))?;
    let given = value.to_str().ok().and_then(|value| value.split_once(' '));
    let is_bearer =
        |(scheme, token): &(&str, &str)| scheme.eq_ignore_ascii_case("bearer") && token.len() <= 4096;
    let (_, token) = given
        .filter(|given| values.next().is_none() && is_bearer(given))
        .ok_or(Error::Unauthenticated(AuthFailure::InvalidToken))?;
    Ok(token.to_owned())
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
