//! `/v1/users/{user}/invitation`: inviting again.

use actix_web::web::{Data, Path};

use crate::accounts::emails::AccountEmails;
use crate::accounts::{invitations, management};
use crate::app::App;
use crate::auth::{Actor, WriteUsers};
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::{IdempotencyKey, Response};
use crate::base::ids::UserId;
use crate::users::admins;

/// Send another invitation
///
/// Requires the right `users:write`. Sends an invited user a new link that is good for 72 hours; the link before no longer
/// works. Responds 409 if the user has accepted the invitation or is disabled, and 404 if there is no such user.
#[utoipa::path(post, path = "/v1/users/{user}/invitation", tag = "users", security(("bearer" = [])),
    params(("user" = UserId, Path, description = "The id of the user."), IdempotencyKeyHeader),
    responses(
        (status = 204, description = "The invitation will be sent."),
        (status = 409, description = "`not-invited`: the user has a password already, or is disabled. `mail-not-configured`: the server has no mail server."),
    ))]
pub async fn send_invitation(
    app: Data<App>,
    actor: Actor<WriteUsers>,
    key: IdempotencyKey,
    user: Path<UserId>,
) -> Result<Response> {
    let (id, emails) = (user.into_inner(), AccountEmails::new(&app));
    emails.check_reach()?;
    let work = move |tx: &mut Tx<'_>| {
        let user = admins::lock(tx, id, None)?.row;
        management::check_invited(&user)?;
        invitations::send(tx, &emails, &user)?;
        Ok(Response::no_content())
    };
    key.once(actor.origin, &[]).write(&app.db, work).await
}
