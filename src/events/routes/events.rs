//! `/v1/events`: what happened since a cursor.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{Actor, Identity, ReadEvents};
use crate::base::config::Config;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::events as log;
use crate::base::http::{PageRequest, Query, Response, page};
use crate::changes::store::{Place, is_known};
use crate::events::resolve::resolve;
use crate::events::visibility::Viewer;
use crate::events::{self, PublicEvent, parse_id};
use crate::render_context;

/// How many rows of the log one page looks at: most are not told to everyone.
const MAX_READ: usize = 2000;
/// How many rows one query reads.
const BATCH: i64 = 500;

/// A page of events.
#[derive(Debug, Serialize, ToSchema)]
pub struct EventPage {
    /// The events that the caller may see, oldest first.
    #[schema(max_items = 100)]
    items: Vec<PublicEvent>,
    /// The cursor to continue with: immediately while `has_more` is true, otherwise later.
    #[schema(max_length = 4000)]
    next_cursor: String,
    /// Whether there may be more now.
    has_more: bool,
}

/// The parameters of the list, for its documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "tells the documentation what PageRequest reads")]
pub struct EventParams {
    /// The most events to return. There can be fewer although there are more.
    #[param(minimum = 1, maximum = 100, default = 20, nullable = false)]
    limit: Option<i64>,
    /// `next_cursor` of any earlier response, or the `id` of an event. Without it, the list starts at the beginning.
    #[param(min_length = 1, max_length = 4000, nullable = false)]
    cursor: Option<String>,
}

/// List events
///
/// Requires the right `events:read`. Returns what happened since the cursor, oldest first: the events that webhooks are
/// sent, each with its `id`. Events about drafts require the right to read them, events about subscribers
/// `subscribers:read`; others are left out. Slugs and addresses are those of now. Cursors do not expire. If the database
/// was replaced by an older copy, the response is 400 `cursor-invalid`: start again without a cursor. Who did what, with
/// logins and settings, is in `GET /v1/audit`.
#[utoipa::path(get, path = "/v1/events", tag = "webhooks", security(("bearer" = [])), params(EventParams),
    responses((status = 200, description = "A page of events.", body = EventPage)))]
pub async fn list_events(
    app: Data<App>,
    actor: Actor<ReadEvents>,
    req: HttpRequest,
    Query(page): Query<PageRequest>,
) -> Result<Response> {
    let after = page.cursor.as_deref().map(parse_id).transpose()?.unwrap_or_default();
    let (config, identity) = (app.config.clone(), actor.identity);
    let find = move |conn: &mut Connection| find(conn, &config, identity, after, &page);
    let found = app.db.snapshot(find).await?;
    let next = found.has_more.then_some(found.next_cursor.as_str());
    Ok(page::with_next_link(Response::ok(&found)?, &req, next))
}

fn find(
    conn: &mut Connection,
    config: &Config,
    identity: Identity,
    mut after: Place,
    page: &PageRequest,
) -> Result<EventPage> {
    if !is_known(conn, after)? {
        let detail = "Not a cursor of this database. Start again without a cursor.";
        return Err(Error::parameter("cursor", "cursor-invalid", detail));
    }
    let limit = usize::try_from(page.limit).unwrap_or_default();
    let (mut viewer, mut seen, mut read) = (Viewer::new(Some(identity)), Vec::new(), 0);
    let mut has_more = true;
    while has_more && read < MAX_READ && seen.len() < limit {
        let rows = log::read(conn, after.number(), BATCH)?;
        has_more = rows.len() == usize::try_from(BATCH).unwrap_or_default();
        for row in rows {
            if seen.len() == limit {
                has_more = true;
                break;
            }
            (after, read) = (events::place(&row), read + 1);
            let told = row.event.as_ref().filter(|event| !event.kind().spec().types.is_empty());
            if let Some(event) = told
                && viewer.may_see(conn, event)?
            {
                seen.push(row);
            }
        }
    }
    let website = render_context::store::website(conn, config)?;
    let items = resolve(conn, &website, &seen)?.into_iter().map(|(_, event)| event).collect();
    Ok(EventPage { items, next_cursor: events::id(after)?, has_more })
}
