//! `/v1/subscribers/{id}/unsubscribe`: an editor unsubscribes somebody who asked for it by other ways.

use actix_web::web::{Data, Path};

use crate::app::App;
use crate::auth::{Actor, WriteSubscribers};
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::{IdempotencyKey, Response};
use crate::base::ids::SubscriberId;
use crate::subscribers::consent::Reason;
use crate::subscribers::evidence::{Evidence, Kind, Via};
use crate::subscribers::{confirmations, store};

/// Unsubscribe somebody
///
/// As if they had pressed the button themselves. Done twice is done once.
#[utoipa::path(post, path = "/v1/subscribers/{id}/unsubscribe", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "Whom."), IdempotencyKeyHeader),
    responses((status = 204, description = "No more mail is sent there.")))]
pub async fn unsubscribe_subscriber(
    app: Data<App>,
    actor: Actor<WriteSubscribers>,
    key: IdempotencyKey,
    id: Path<SubscriberId>,
) -> Result<Response> {
    let id = id.into_inner();
    let keys = app.keys.clone();
    let evidence = Evidence::new(Kind::Withdrawn, Via::Editor);
    let work = move |tx: &mut Tx<'_>, (): &()| {
        store::find(tx, id)?.ok_or(Error::NotFound("subscriber"))?;
        confirmations::end(tx, &keys, id, Reason::Unsubscribed, &evidence)?;
        Ok(Response::no_content())
    };
    key.once(actor.user, &[]).answer(&app.db, async { Ok(()) }, work).await
}
