//! `/v1/audit`: who did what.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::App;
use crate::audit::store::{self, EventRow};
use crate::audit::{EventFilter, short_hex};
use crate::auth::{Actor, ReadAudit};
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::{Invalid, Result};
use crate::base::events::{EVENTS, EventKind};
use crate::base::http::page::{LongPageParams, LongPageRequest};
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Query, Response};
use crate::base::ids::{IsId as _, SubjectId};
use crate::base::text::validate;
use crate::users::Actors;

/// Something that was done.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEvent {
    /// Its number in the log of events.
    #[schema(minimum = 1, maximum = 9_000_000_000_000_000_i64)]
    id: i64,
    /// When it happened.
    at: Timestamp,
    /// What happened. Further actions may be added.
    #[schema(max_length = 60, example = "article.published")]
    action: String,
    /// Who did it; `null` for the server itself and for readers.
    actor: Option<ActorRef>,
    /// The id of what it is about, such as an article or a user; `null` for the site and for whole lists.
    #[schema(value_type = Option<String>, format = Uuid, min_length = 36, max_length = 36, required = true)]
    subject: Option<SubjectId>,
    /// Further ids, numbers and names of roles, by the kind of action. Never contains personal data.
    #[schema(value_type = Object)]
    data: Map<String, Value>,
    /// The `X-Request-Id` of the request; `null` for background jobs and the command line.
    #[schema(max_length = 64)]
    request_id: Option<String>,
    /// The beginning of a keyed hash of the client's network; `null` where there was no client.
    #[schema(max_length = 16, pattern = "^[0-9a-f]{16}$", example = "5f0c2a91d3e87b46")]
    network: Option<String>,
}

/// A page of the log.
#[derive(Debug, Serialize, ToSchema)]
pub struct AuditEventPage {
    /// The events.
    #[schema(max_items = 1000)]
    items: Vec<AuditEvent>,
    /// The `cursor` of the next page; `null` on the last page.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
}

impl FromParams for EventFilter {
    fn from_params(params: &mut Params) -> Self {
        Self {
            actor: params.id("actor"),
            action: params.parsed("action", action),
            subject: params.id("subject"),
            at_gte: params.time("at_gte"),
            at_lt: params.time("at_lt"),
        }
    }
}

fn action(name: &str) -> Result<String, Invalid> {
    let known = EventKind::parse(name).map(|kind| kind.as_str().to_owned());
    known.ok_or_else(|| validate::unknown("action", EVENTS.iter().map(|kind| kind.as_str())))
}

impl AuditEvent {
    fn all(conn: &mut Connection, rows: Vec<EventRow>) -> Result<Vec<Self>> {
        let actors = Actors::load(conn, rows.iter().filter_map(|row| row.actor_id))?;
        Ok(rows.into_iter().map(|row| Self::new(row, &actors)).collect())
    }

    fn new(row: EventRow, actors: &Actors) -> Self {
        // An event with nothing but a subject has its id alone for data.
        let data = match row.data.read(format_args!("events.data of {}", row.id)) {
            Some(Value::Object(members)) => members,
            _ => Map::new(),
        };
        Self {
            id: row.id,
            at: row.at,
            action: row.kind,
            actor: row.actor_id.map(|id| actors.get(id)),
            subject: Some(row.subject_id).filter(|id| !id.uuid().is_nil()),
            data,
            request_id: row.request_id,
            network: row.network_hash.as_deref().map(short_hex),
        }
    }
}

/// List audit events
///
/// Requires the right `audit:read`. Returns who did what, newest first: every accepted change, login and export, with its
/// request. Events are never deleted.
#[utoipa::path(get, path = "/v1/audit", tag = "audit", security(("bearer" = [])), params(EventFilter, LongPageParams),
    responses((status = 200, description = "A page of events.", body = AuditEventPage)))]
pub async fn list_audit_events(
    app: Data<App>,
    _actor: Actor<ReadAudit>,
    req: HttpRequest,
    Query((filter, LongPageRequest(page))): Query<(EventFilter, LongPageRequest)>,
) -> Result<Response> {
    let read = move |conn: &mut Connection| {
        let page = page.read(
            conn,
            &("audit", &filter),
            |conn, after, limit| store::list(conn, &filter, after, limit),
            |row| (row.at, row.id),
            |_| Ok(0),
        )?;
        page.try_convert(|rows| AuditEvent::all(conn, rows))
    };
    app.db.snapshot(read).await?.private(&req)
}
