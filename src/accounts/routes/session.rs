//! Ending one session.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};

use crate::accounts::cookie;
use crate::accounts::refresh::session_of;
use crate::accounts::sessions::{self, Which};
use crate::app::App;
use crate::auth::{Actor, UseAccount};
use crate::base::db::Tx;
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
    req: HttpRequest,
    actor: Actor<UseAccount>,
    session: Path<SessionId>,
) -> Result<Response> {
    let (user, session, cookie) = (actor.user, session.into_inner(), cookie::peek(&app, &req));
    let end = move |tx: &mut Tx<'_>| {
        let in_cookie = match &cookie {
            Some(token) => session_of(tx, token)?,
            None => None,
        };
        if sessions::end(tx, user, Which::Only(session))? == 0 {
            return Err(Error::NotFound("session"));
        }
        Ok(in_cookie.is_some_and(|(id, _)| id == session))
    };
    if app.db.write_as(actor.origin, end).await? {
        cookie::clear(&app, &req);
    }
    Ok(Response::no_content())
}
