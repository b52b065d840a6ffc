//! Ending one session.

use actix_web::web::{Data, Path};

use crate::accounts::sessions::{self, Which};
use crate::app::App;
use crate::auth::{Actor, UseAccount};
use crate::base::error::{Error, Result};
use crate::base::http::Response;
use crate::base::ids::SessionId;

/// End a session
///
/// Requires an access token of any role. Ends one of the user's own sessions at once: its tokens are refused from the next
/// request on.
#[utoipa::path(delete, path = "/v1/auth/sessions/{session}", tag = "accounts", security(("bearer" = [])),
    params(("session" = SessionId, Path, description = "The id of the session.")),
    responses((status = 204, description = "The session has ended.")))]
pub async fn delete_session(
    app: Data<App>,
    actor: Actor<UseAccount>,
    session: Path<SessionId>,
) -> Result<Response> {
    let (user, session) = (actor.user, session.into_inner());
    let ended =
        app.db.write_as(actor.origin, move |tx| sessions::end(tx, user, Which::Only(session))).await?;
    if ended == 0 { Err(Error::NotFound("session")) } else { Ok(Response::no_content()) }
}
