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
use crate::base::error::{Error, Result};
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
            let actor = authenticate(&app, token).await.inspect_err(|error| {
                if matches!(error, Error::Unauthenticated) {
                    app.metrics.auth_failed("token");
                }
            });
            let (user, role) = actor?;
            if !req.method().is_safe() {
                app.limits.admit(&req, Policy::Write, || Key::User(user))?;
            }
            Self::new(user, role)
        })
    }
}

/// The user the token belongs to, and their current role.
async fn authenticate(app: &App, token: Option<String>) -> Result<(UserId, Role)> {
    let user = app.tokens.verify(&token.ok_or(Error::Unauthenticated)?, app.clock.now())?;
    let role = app.db.read(move |conn| find_active_role(conn, user)).await?;
    Ok((user, role.ok_or(Error::Unauthenticated)?))
}

/// The access token of a request that has exactly one.
fn bearer(req: &HttpRequest) -> Option<String> {
    let mut values = req.headers().get_all(header::AUTHORIZATION);
    let value = values.next()?.to_str().ok()?;
    let (scheme, token) = value.split_once(' ')?;
    (values.next().is_none() && scheme.eq_ignore_ascii_case("bearer") && token.len() <= 4096)
        .then(|| token.to_owned())
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
