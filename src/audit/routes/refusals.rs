//! `/v1/audit/refusals`: logins, tokens and rights that were refused.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::refusals::{self, RefusalRow};
use crate::audit::{RefusalFilter, short_hex};
use crate::auth::{Actor, ReadAudit};
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::{Invalid, Result};
use crate::base::http::page::{LongPageParams, LongPageRequest};
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Query, Response};
use crate::base::refusals::REASONS;
use crate::base::text::validate;
use crate::users::Actors;

/// A request that was refused.
#[derive(Debug, Serialize, ToSchema)]
pub struct Refusal {
    /// Its number.
    #[schema(minimum = 1, maximum = 9_000_000_000_000_000_i64)]
    id: i64,
    /// When it was refused.
    at: Timestamp,
    /// Why. Further reasons may be added.
    #[schema(max_length = 60, example = "wrong-password")]
    reason: String,
    /// The method and the path template of the operation.
    #[schema(max_length = 200, example = "POST /v1/auth/sessions")]
    operation: String,
    /// Whose access token or API key it was; `null` if unknown.
    actor: Option<ActorRef>,
    /// The beginning of a keyed hash of the address that a login named, whether a user has it or not; otherwise `null`.
    #[schema(max_length = 16, pattern = "^[0-9a-f]{16}$", example = "90b1f3c4de25a768")]
    account: Option<String>,
    /// The beginning of a keyed hash of the client's network.
    #[schema(max_length = 16, pattern = "^[0-9a-f]{16}$", example = "5f0c2a91d3e87b46")]
    network: Option<String>,
    /// The `X-Request-Id` of the request.
    #[schema(max_length = 64)]
    request_id: String,
}

/// A page of refusals.
#[derive(Debug, Serialize, ToSchema)]
pub struct RefusalPage {
    /// The refusals.
    #[schema(max_items = 1000)]
    items: Vec<Refusal>,
    /// The `cursor` of the next page; `null` on the last page.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
}

impl FromParams for RefusalFilter {
    fn from_params(params: &mut Params) -> Self {
        Self {
            actor: params.id("actor"),
            reason: params.parsed("reason", reason),
            at_gte: params.time("at_gte"),
            at_lt: params.time("at_lt"),
        }
    }
}

fn reason(name: &str) -> Result<String, Invalid> {
    let known = REASONS.iter().find(|reason| **reason == name).map(|reason| (*reason).to_owned());
    known.ok_or_else(|| validate::unknown("reason", REASONS.iter().copied()))
}

impl Refusal {
    fn all(conn: &mut Connection, rows: Vec<RefusalRow>) -> Result<Vec<Self>> {
        let actors = Actors::load(conn, rows.iter().filter_map(|row| row.actor_id))?;
        Ok(rows.into_iter().map(|row| Self::new(row, &actors)).collect())
    }

    fn new(row: RefusalRow, actors: &Actors) -> Self {
        Self {
            id: row.id,
            at: row.at,
            reason: row.reason,
            operation: row.operation,
            actor: row.actor_id.map(|id| actors.get(id)),
            account: row.account_hash.as_deref().map(short_hex),
            network: row.network_hash.as_deref().map(short_hex),
            request_id: row.request_id,
        }
    }
}

/// List refusals
///
/// Requires the right `audit:read`. Returns failed logins, refused tokens and API keys, and refused rights, newest
/// first. A refusal is listed about a second after it happened. At most 10,000 for each reason are kept, for 90 days;
/// when more come than can be stored, some are left out and `lede_refusals_dropped_total` counts them.
#[utoipa::path(get, path = "/v1/audit/refusals", tag = "audit", security(("bearer" = [])),
    params(RefusalFilter, LongPageParams),
    responses((status = 200, description = "A page of refusals.", body = RefusalPage)))]
pub async fn list_refusals(
    app: Data<App>,
    _actor: Actor<ReadAudit>,
    req: HttpRequest,
    Query((filter, LongPageRequest(page))): Query<(RefusalFilter, LongPageRequest)>,
) -> Result<Response> {
    let read = move |conn: &mut Connection| {
        let page = page.read(
            conn,
            &("refusals", &filter),
            |conn, after, limit| refusals::list(conn, &filter, after, limit),
            |row| (row.at, row.id),
            |_| Ok(0),
        )?;
        page.try_convert(|rows| Refusal::all(conn, rows))
    };
    app.db.snapshot(read).await?.private(&req)
}
