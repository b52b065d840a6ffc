//! `/v1/subscribers/export` and `/v1/subscribers/{id}/export`: the list as CSV, and everything known of one person as JSON.
//! The list is read piece by piece, each when the one before has been sent, so that memory stays flat. Unsubscribed people are in it, so that
//! whoever takes the list elsewhere knows whom not to write to.

use actix_web::web::{Bytes, Data, Path};
use futures_util::{StreamExt as _, stream};
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::consents::Consent;
use super::subscriber::Subscriber;
use crate::app::App;
use crate::auth::{Actor, ExportSubscribers};
use crate::base::actor::Origin;
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Query, Response, Streamed};
use crate::base::ids::SubscriberId;
use crate::base::text::slug::Slug;
use crate::subscribers::import::cells::{escape, join, write_row};
use crate::subscribers::list::{self, Position, Sort, SubscriberFilter};
use crate::subscribers::store::{self, SubscriberRecord};
use crate::subscribers::{Label, Source, Status, evidence};

/// How many subscribers one query reads.
const BATCH: i64 = 100;
/// After how many bytes a piece of the file is sent, before more is read.
const PIECE: usize = 64 * 1024;

/// The columns in order. `custom` is JSON; `topics` and `labels` are lists within a cell.
pub const COLUMNS: [&str; 13] = [
    "id",
    "email",
    "name",
    "status",
    "locale",
    "topics",
    "labels",
    "source",
    "created_at",
    "confirmed_at",
    "unsubscribed_at",
    "updated_at",
    "custom",
];

/// The query parameters of the export.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `ExportRequest` reads")]
pub struct ExportParameters {
    /// Subscribers with any of these statuses.
    #[param(value_type = Option<Vec<Status>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    status: Option<Vec<Status>>,
    /// A part of the address or the name, compared without the case of ASCII letters.
    #[param(max_length = 1000)]
    q: Option<String>,
    /// Subscribers who follow any of these topics, by slug.
    #[param(value_type = Option<Vec<Slug>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    topic: Option<Vec<Slug>>,
    /// Subscribers with any of these labels.
    #[param(value_type = Option<Vec<Label>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    label: Option<Vec<Label>>,
    /// Subscribers with any of these sources.
    #[param(inline, value_type = Option<Vec<Source>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    source: Option<Vec<Source>>,
    /// Subscribers updated at this time or later.
    updated_at_gte: Option<Timestamp>,
}

/// Which subscribers are exported.
#[derive(Debug)]
pub struct ExportRequest(SubscriberFilter);

impl FromParams for ExportRequest {
    fn from_params(params: &mut Params) -> Self {
        // Oldest first: who subscribes in the meantime comes at the end.
        Self(SubscriberFilter {
            sort: Sort::CreatedAt,
            descending: false,
            ..SubscriberFilter::from_params(params)
        })
    }
}

/// Everything that is stored about a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberExport {
    subscriber: Subscriber,
    /// The evidence of their consent, oldest first.
    #[schema(max_items = 100_000)]
    consents: Vec<Consent>,
}

/// Export subscribers
///
/// Requires the right `subscribers:export`; every export is recorded in the event log. Streams the list as CSV, oldest first,
/// for spreadsheets and for importing it again: a cell that a spreadsheet would run as a formula begins with an apostrophe.
/// Unsubscribed, bounced and complained subscribers are included. If the connection breaks before the last chunk, the list is
/// incomplete: an error occurred, or the session or API key was revoked meanwhile.
#[utoipa::path(get, path = "/v1/subscribers/export", tag = "subscribers", security(("bearer" = [])),
    params(ExportParameters),
    responses((status = 200, description = "The list.", body = String, content_type = "text/csv",
               headers(("Content-Disposition" = String, description = "The file name.")))))]
pub async fn export_subscribers(
    app: Data<App>,
    actor: Actor<ExportSubscribers>,
    query: Query<ExportRequest>,
) -> Result<Streamed> {
    let Query(ExportRequest(filter)) = query;
    let mut header = Vec::new();
    write_row(&mut header, COLUMNS);
    // An error in the first batch is reported before anything is sent.
    let origin = actor.origin;
    let first = read(&app, origin, filter.clone(), None).await?;
    let record = |tx: &mut Tx<'_>| {
        tx.append(Event::SubscribersExported);
        Ok(())
    };
    app.db.write_as(origin, record).await?;
    let day = app.clock.now().date();
    let start = stream::iter([Ok(Bytes::from([header, first.bytes].concat()))]);
    let rest = stream::try_unfold(first.next, move |next| {
        let (app, filter) = (app.clone(), filter.clone());
        async move {
            let Some(position) = next else { return Ok(None) };
            let Piece { bytes, next } = read(&app, origin, filter, Some(position)).await?;
            Ok(Some((Bytes::from(bytes), next)))
        }
    });
    Ok(Streamed::file("text/csv; charset=utf-8", format!("subscribers-{day}.csv"), start.chain(rest)))
}

/// Export one subscriber
///
/// Requires the right `subscribers:export`; every export is recorded in the event log. Returns everything that is stored about
/// the person as one JSON document, for a person who asks for it. Responds 404 if there is no such subscriber.
#[utoipa::path(get, path = "/v1/subscribers/{id}/export", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "The subscriber's id.")),
    responses((status = 200, description = "Everything that is stored about the person.", body = SubscriberExport)))]
pub async fn export_subscriber(
    app: Data<App>,
    actor: Actor<ExportSubscribers>,
    id: Path<SubscriberId>,
) -> Result<Response> {
    Response::ok(&app.db.write_as(actor.origin, export(id.into_inner())).await?)
}

/// Reads everything that is stored about a person, and records the export.
pub(super) fn export(
    id: SubscriberId,
) -> impl FnMut(&mut Tx<'_>) -> Result<SubscriberExport> + Send + 'static {
    move |tx| {
        let record = store::get(tx, id)?;
        let consents = evidence::list(tx, id)?;
        let consents = Consent::all(tx, consents)?;
        tx.append(Event::SubscriberExported(id));
        Ok(SubscriberExport { subscriber: record.into(), consents })
    }
}

/// Some rows of the file, and the position of the next ones.
struct Piece {
    bytes: Vec<u8>,
    next: Option<Position>,
}

/// Reads a piece of the file, if the client may still have it.
async fn read(app: &App, origin: Origin, filter: SubscriberFilter, after: Option<Position>) -> Result<Piece> {
    let now = app.clock.now();
    app.db
        .read(move |conn: &mut Connection| {
            origin.check_credential(conn, now)?;
            let mut piece = Piece { bytes: Vec::new(), next: after.clone() };
            while piece.bytes.len() < PIECE {
                let rows = list::list(conn, &filter, piece.next.take(), BATCH)?;
                let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows == BATCH);
                piece.next = rows.last().filter(|_| is_full).map(|row| list::position(&filter, row));
                for record in store::load_records(conn, rows)? {
                    write(&mut piece.bytes, &record)?;
                }
                if !is_full {
                    break;
                }
            }
            Ok(piece)
        })
        .await
}

fn write(out: &mut Vec<u8>, SubscriberRecord { row, labels, topics }: &SubscriberRecord) -> Result<()> {
    let time = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
    let custom = serde_json::to_value(store::read_custom(row.id, row.custom.clone()))?;
    let custom = custom.as_object().filter(|members| !members.is_empty()).map(|_| Value::to_string(&custom));
    let cells = [
        row.id.to_string(),
        row.email.clone(),
        row.name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
        row.status.as_str().to_owned(),
        row.locale.to_string(),
        join(topics.iter().map(Slug::as_str)),
        join(labels.iter()),
        row.source.as_ref().map(|source| source.as_str().to_owned()).unwrap_or_default(),
        row.created_at.to_string(),
        time(row.confirmed_at),
        time(row.unsubscribed_at),
        row.updated_at.to_string(),
        custom.unwrap_or_default(),
    ];
    let cells: Vec<_> = cells.iter().map(|cell| escape(cell)).collect();
    write_row(out, cells.iter().map(AsRef::as_ref));
    Ok(())
}
