//! `/v1/users/{user}/sessions`: logging a user out everywhere.

use actix_web::web::{Data, Path};

use crate::accounts::sessions::{self, Which};
use crate::app::App;
use crate::auth::{Actor, WriteUsers};
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::http::Response;
use crate::base::ids::UserId;
use crate::users::store;

/// End a user's sessions
///
/// Requires the right `users:write`. Ends all sessions of the user at once: their tokens are refused from the next request
/// on, and the user has to log in again. API keys are not affected. Responds 404 if there is no such user.
#[utoipa::path(delete, path = "/v1/users/{user}/sessions", tag = "users", security(("bearer" = [])),
    params(("user" = UserId, Path, description = "The id of the user.")),
    responses((status = 204, description = "The sessions have ended.")))]
pub async fn delete_user_sessions(
    app: Data<App>,
    actor: Actor<WriteUsers>,
    user: Path<UserId>,
) -> Result<Response> {
    let id = user.into_inner();
    let end = move |tx: &mut Tx<'_>| {
        store::find(tx, id)?.ok_or(Error::NotFound("user"))?;
        sessions::end(tx, id, Which::All)
    };
    app.db.write_as(actor.origin, end).await?;
    Ok(Response::no_content())
}
