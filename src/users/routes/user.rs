//! `/v1/users/{user}`: one user.

use actix_web::web::{Data, Path};

use super::json::{UpdateUser, UserAccount, sees_email};
use crate::accounts::emails::AccountEmails;
use crate::accounts::management::{self, UserChange};
use crate::accounts::{email_changes, erasure, invitations};
use crate::app::App;
use crate::auth::{Actor, ReadUsers, WriteUsers};
use crate::authors::of_users;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result, Violations};
use crate::base::events::Event;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{MergePatch, Query, Response};
use crate::base::ids::{IsId as _, UserId};
use crate::base::text::validate;
use crate::users::store::{self, UserRow};
use crate::users::{EmailAddress, UserState, parse_name};

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
/// Responds 404 if there is no such user, or no longer.
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
/// Requires the right `users:write`. Takes a merge patch (RFC 7396). A new role and `disabled` count from the next request
/// on; disabling also ends the user's sessions, and their API keys are refused until they are enabled again. A new `email`
/// counts when the user has confirmed it with the link that is sent there. Responds 422 if a rule is broken, and 404 if there
/// is no such user.
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
    let email = email.map(|email| AccountEmails::by_admin(&app).map(|emails| (email, emails))).transpose()?;
    let (id, change) = (user.into_inner(), UserChange { name, role, disabled });
    let work = move |tx: &mut Tx<'_>| {
        let mut row = management::update(tx, id, &change)?;
        if let Some(author) = author_id {
            of_users::set(tx, id, author)?;
        }
        if let Some((email, emails)) = email.as_ref().filter(|(email, _)| email.as_str() != row.email) {
            row = change_email(tx, emails, row, email)?;
        }
        UserAccount::one(tx, row, true)
    };
    Response::ok(&app.db.write_as(actor.origin, work).await?)
}

/// Asks the user to confirm a new address. One who was invited has confirmed none yet, and is invited there instead.
fn change_email(
    tx: &mut Tx<'_>,
    emails: &AccountEmails,
    user: UserRow,
    new: &EmailAddress,
) -> Result<UserRow> {
    if user.state() != UserState::Invited {
        email_changes::request(tx, emails, &user, new)?;
        return Ok(user);
    }
    store::set_email(tx, user.id, new)?;
    tx.append(Event::UserEmailChanged(user.id));
    let user = store::find(tx, user.id)?.ok_or(Error::NotFound("user"))?;
    invitations::send(tx, emails, &user)?;
    Ok(user)
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
    app.db.write_as(actor.origin, move |tx| erasure::erase(tx, id, successor)).await?;
    Ok(Response::no_content())
}
