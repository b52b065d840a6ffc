//! Removing the second factor of a user who has lost it.

use actix_web::web::{Data, Path};

use crate::accounts::emails::AccountEmails;
use crate::accounts::second_factor::store;
use crate::accounts::sessions::{self, Which};
use crate::app::App;
use crate::auth::{Actor, WriteUsers};
use crate::base::error::{Error, Result};
use crate::base::http::Response;
use crate::base::ids::UserId;
use crate::users::store as users;

/// Remove a user's second factor
///
/// Requires the role admin. For a user who has lost the authenticator app and the recovery codes: removes both, and
/// ends all of the user's sessions, and tells the user by mail. From then on, a login needs no code; a user whose role
/// requires a second factor can do nothing but set up another one.
#[utoipa::path(delete, path = "/v1/users/{user}/totp", tag = "accounts", security(("bearer" = [])),
    params(("user" = UserId, Path, description = "The id of the user.")),
    responses(
        (status = 204, description = "The second factor is removed."),
        (status = 404, description = "There is no such user, or the user has no second factor."),
        (status = 409, description = "`second-factor-own`: disable your own with `POST /v1/me/totp/disable`."),
    ))]
pub async fn delete_user_totp(
    app: Data<App>,
    actor: Actor<WriteUsers>,
    user: Path<UserId>,
) -> Result<Response> {
    let user = user.into_inner();
    if user == actor.user {
        // It would go without the password.
        return Err(Error::conflict("second-factor-own", "This is your own second factor."));
    }
    let emails = AccountEmails::new(&app);
    app.db
        .write_as(actor.origin, move |tx| {
            let row = users::lock(tx, user)?.filter(|row| row.erased_at.is_none());
            if !store::remove(tx, &emails, &row.ok_or(Error::NotFound("user"))?)? {
                return Err(Error::NotFound("second factor"));
            }
            sessions::end(tx, user, Which::All)
        })
        .await?;
    Ok(Response::no_content())
}
