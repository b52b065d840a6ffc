//! `/v1/users`: the list, and inviting a user.

use actix_web::HttpRequest;
use actix_web::web::Data;
use utoipa::IntoParams;

use super::json::{CreateUser, UserAccount, UserPage, sees_email};
use crate::accounts::emails::AccountEmails;
use crate::accounts::invitations;
use crate::app::App;
use crate::auth::{Actor, ReadUsers, Role, WriteUsers};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result, Violations};
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::page::PageParams;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{IdempotencyKey, Json, PageRequest, Query, Response};
use crate::users::list::{self, UserFilter};
use crate::users::store::{self, UserRow};
use crate::users::{EmailAddress, UserState, parse_name};

/// The query parameters of the list, apart from those of paging.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `UserFilter` reads")]
pub struct UserFilterParams {
    /// Users with any of these roles.
    #[param(value_type = Option<Vec<Role>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    role: Option<Vec<Role>>,
    /// Users in any of these states.
    #[param(value_type = Option<Vec<UserState>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    state: Option<Vec<UserState>>,
    /// A part of the name, compared without the case of ASCII letters. For admins, also a part of the address.
    #[param(nullable = false, max_length = 1000)]
    q: Option<String>,
}

/// Which users are listed.
#[derive(Debug)]
pub struct ListRequest {
    filter: UserFilter,
    page: PageRequest,
}

impl FromParams for ListRequest {
    fn from_params(params: &mut Params) -> Self {
        Self { filter: UserFilter::from_params(params), page: PageRequest::from_params(params) }
    }
}

/// List users
///
/// Requires the right `users:read`, which every role has. Returns the users, newest first, with their addresses if the
/// caller is an admin. Deleted users are not listed. All filters are combined with AND. A cursor used with other filters is
/// refused with 400.
#[utoipa::path(get, path = "/v1/users", tag = "users", security(("bearer" = [])),
    params(UserFilterParams, PageParams),
    responses((status = 200, description = "A page of users.", body = UserPage,
               headers(("Link" = String, description = "The next page, with `rel=\"next\"`, if there is one.")))))]
pub async fn list_users(
    app: Data<App>,
    actor: Actor<ReadUsers>,
    req: HttpRequest,
    query: Query<ListRequest>,
) -> Result<Response> {
    let Query(ListRequest { filter, page }) = query;
    let by_email = sees_email(&actor);
    let filter = UserFilter { by_email, ..filter };
    let read = move |conn: &mut Connection| {
        let page = page.read(
            conn,
            &("users", &filter),
            |conn, after, limit| list::list(conn, &filter, after, limit),
            |row| row.id,
            |conn| list::count(conn, &filter),
        )?;
        page.try_convert(|rows| UserAccount::load(conn, rows, by_email))
    };
    app.db.snapshot(read).await?.private(&req)
}

/// Invite a user
///
/// Requires the right `users:write`. Sends the user an email with a link that is good for 72 hours, with which they choose a
/// password. Until then their state is `invited`. Without a mail server responds with 409: `lede user invite` prints the
/// link instead.
#[utoipa::path(post, path = "/v1/users", tag = "users", security(("bearer" = [])), request_body = CreateUser,
    params(IdempotencyKeyHeader),
    responses(
        (status = 201, description = "The invited user.", body = UserAccount),
        (status = 409, description = "`email-taken`: another user has the address. `mail-not-configured`: the server has no mail server."),
    ))]
pub async fn create_user(
    app: Data<App>,
    actor: Actor<WriteUsers>,
    key: IdempotencyKey,
    body: Json<CreateUser>,
) -> Result<Response> {
    let CreateUser { email, name, role } = body.value;
    let mut violations = Violations::default();
    let email = violations.take("/email", EmailAddress::parse(&email));
    let name = violations.take("/name", parse_name(&name));
    let (Some(email), Some(name)) = (email, name) else { return Err(Error::Invalid(violations)) };
    let emails = AccountEmails::new(&app);
    emails.check_reach()?;
    let work = move |tx: &mut Tx<'_>| {
        let user = UserRow::new(tx.new_id()?, &email, name.clone(), role, tx.now());
        store::insert(tx, &user)?;
        invitations::send(tx, &emails, &user)?;
        let location = format!("/v1/users/{}", user.id);
        Response::created(location, &UserAccount::one(tx, user, true)?)
    };
    key.once(actor.origin, &body.fingerprint).write(&app.db, work).await
}
