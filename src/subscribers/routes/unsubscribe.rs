//! `/v1/subscribers/{id}/unsubscribe`: an editor unsubscribes somebody who asked for it in another way.

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
use crate::subscribers::{store, unsubscribe};

/// Unsubscribe a subscriber
///
/// Requires the right `subscribers:write`. Stops all mail to the person and suppresses the address, as if they had pressed the
/// unsubscribe button. Has no further effect when repeated. Responds 404 if there is no such subscriber.
#[utoipa::path(post, path = "/v1/subscribers/{id}/unsubscribe", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "The subscriber's id."), IdempotencyKeyHeader),
    responses((status = 204, description = "The person is unsubscribed.")))]
pub async fn unsubscribe_subscriber(
    app: Data<App>,
    actor: Actor<WriteSubscribers>,
    key: IdempotencyKey,
    id: Path<SubscriberId>,
) -> Result<Response> {
    let id = id.into_inner();
    let keys = app.keys.clone();
    let evidence = Evidence::new(Kind::Withdrawn, Via::Editor);
    let work = move |tx: &mut Tx<'_>| {
        store::find(tx, id)?.ok_or(Error::NotFound("subscriber"))?;
        unsubscribe::unsubscribe(tx, &keys, id, Reason::Unsubscribed, &evidence)?;
        Ok(Response::no_content())
    };
    key.once(actor.origin, &[]).write(&app.db, work).await
}
