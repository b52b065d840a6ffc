//! `/v1/users/{user}`: one user.

use actix_web::web::{Data, Path};

use super::json::{UpdateUser, UserAccount, sees_email};
use crate::accounts::emails::AccountEmails;
use crate::accounts::erasure;
use crate::accounts::management::{self, UserChange};
use crate::app::App;
use crate::auth::{Actor, ReadUsers, WriteUsers};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result, Violations};
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{MergePatch, Query, Response};
use crate::base::ids::{IsId as _, UserId};
use crate::base::text::validate;
use crate::users::store;
use crate::users::{EmailAddress, parse_name};

/// The query parameters of deleting a user.
#[derive(Debug)]
pub struct DeleteRequest {
    successor: Option<UserId>,
}

impl FromParams for DeleteRequest {
    fn from_params(params: &mut Params) -> Self {
        let id = |text: &str| {
            let id = uuid::Uuid::try_parse(text).map(UserId::from_uuid);
            id.map_err(|_| validate::malformed("id", "Must be a UUID."))
        };
        Self { successor: params.parsed("successor", id) }
    }
}

/// Get a user
///
/// Requires the right `users:read`, which every role has. Returns the user, with the address if the caller is an admin.
/// Responds 404 if there is no such user, or the user was deleted.
#[utoipa::path(get, path = "/v1/users/{user}", tag = "users", security(("bearer" = [])),
    params(("user" = UserId, Path, description = "The id of the user.")),
    responses((status = 200, description = "The user.", body = UserAccount)))]
pub async fn get_user(app: Data<App>, actor: Actor<ReadUsers>, user: Path<UserId>) -> Result<Response> {
    let (id, with_email) = (user.into_inner(), sees_email(&actor));
    let read = move |conn: &mut Connection| {
        let row = store::find(conn, id)?.ok_or(Error::NotFound("user"))?;
        UserAccount::one(conn, row, with_email)
    };
    Response::ok(&app.db.snapshot(read).await?)
}

/// Update a user
///
/// Requires the right `users:write`. Takes a merge patch (RFC 7396). A new role and `disabled` count from the next
/// request on; disabling also ends the user's sessions and the links in earlier emails, and their API keys are refused
/// until they are enabled again. A new `email` counts when the user has confirmed it with the link that is sent there;
/// the present address is told. The present `email` withdraws a change that is not confirmed yet. Responds 422 if a
/// rule is broken, and 404 if there is no such user.
#[utoipa::path(patch, path = "/v1/users/{user}", tag = "users", security(("bearer" = [])),
    params(("user" = UserId, Path, description = "The id of the user.")),
    request_body(content = UpdateUser, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The updated user.", body = UserAccount),
        (status = 409, description = "`last-admin`: the user is the only active admin. `email-taken`: another user has the address. `mail-not-configured`: the server has no mail server to confirm a new address with. `already-merged`: the author was merged into another."),
    ))]
pub async fn update_user(
    app: Data<App>,
    actor: Actor<WriteUsers>,
    user: Path<UserId>,
    body: MergePatch<UpdateUser>,
) -> Result<Response> {
    let UpdateUser { name, email, role, disabled, author_id } = body.value;
    let mut violations = Violations::default();
    let name = violations.take("/name", name.as_deref().map(parse_name).transpose()).flatten();
    let email = violations.take("/email", email.as_deref().map(EmailAddress::parse).transpose()).flatten();
    violations.check()?;
    let (id, emails) = (user.into_inner(), AccountEmails::new(&app));
    let change = UserChange { name, role, disabled, author: author_id, email };
    let work = move |tx: &mut Tx<'_>| {
        let row = management::update(tx, &emails, id, &change)?;
        UserAccount::one(tx, row, true)
    };
    Response::ok(&app.db.write_as(actor.origin, work).await?)
}

/// Delete a user
///
/// Requires the right `users:write`. Erases the user: address, name, sessions, second factor and API keys are gone at once
/// and for good. What they wrote stays, by an actor without a name. Their articles go to `successor` in the background;
/// without one, a user who owns articles is refused with 409. To only lock a user out, disable them instead.
#[utoipa::path(delete, path = "/v1/users/{user}", tag = "users", security(("bearer" = [])),
    params(("user" = UserId, Path, description = "The id of the user."),
        ("successor" = Option<UserId>, Query, nullable = false, description = "Another active user, who gets the user's articles.")),
    responses(
        (status = 204, description = "The user is erased."),
        (status = 422, description = "`successor-unknown`: `successor` is not another active user."),
        (status = 409, description = "`successor-required`: the user owns articles; name a `successor`. `last-admin`: the user is the only active admin."),
    ))]
pub async fn delete_user(
    app: Data<App>,
    actor: Actor<WriteUsers>,
    user: Path<UserId>,
    query: Query<DeleteRequest>,
) -> Result<Response> {
    let (id, successor) = (user.into_inner(), query.0.successor);
    let keys = app.keys.clone();
    app.db.write_as(actor.origin, move |tx| erasure::erase(tx, &keys, id, successor)).await?;
    Ok(Response::no_content())
}
