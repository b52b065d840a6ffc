//! `/v1/subscribers/export` and `/v1/subscribers/{id}/export`: the list as CSV, and everything known of one person as JSON.
//! The list is read in batches and sent as they come, so that memory stays flat. Unsubscribed people are in it, so that
//! whoever takes the list elsewhere knows whom not to write to.

use actix_web::web::{Bytes, Data, Path};
use futures_util::stream;
use serde::Serialize;
use serde_json::Value;
use utoipa::{IntoParams, ToSchema};

use super::consents::Consent;
use super::subscriber::Subscriber;
use crate::app::App;
use crate::auth::{Actor, ExportSubscribers};
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Query, Response, Streamed};
use crate::base::ids::SubscriberId;
use crate::base::text::slug::Slug;
use crate::subscribers::import::cells::{guarded, joined, write_row};
use crate::subscribers::list::{self, Place, Sort, Wanted};
use crate::subscribers::store::{self, Kept};
use crate::subscribers::{Label, Source, Status, evidence};

/// How many subscribers are read at once.
const BATCH: i64 = 500;

/// The columns, in their order. `custom` is JSON, `topics` and `labels` are lists within a cell.
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

/// What an export takes.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `ExportRequest` reads")]
pub struct ExportParameters {
    /// Any of these.
    #[param(value_type = Option<Vec<Status>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    status: Option<Vec<Status>>,
    /// What stands in the address or the name; upper and lower case of ASCII letters are the same.
    #[param(max_length = 1000)]
    q: Option<String>,
    /// Those who chose any of these topics, by slug.
    #[param(value_type = Option<Vec<Slug>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    topic: Option<Vec<Slug>>,
    /// Those who carry any of these labels.
    #[param(value_type = Option<Vec<Label>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    label: Option<Vec<Label>>,
    /// Those who signed up at any of these places.
    #[param(inline, value_type = Option<Vec<Source>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    source: Option<Vec<Source>>,
    /// Changed then or later.
    updated_at_gte: Option<Timestamp>,
}

/// Which subscribers are wanted.
#[derive(Debug)]
pub struct ExportRequest(Wanted);

impl FromParams for ExportRequest {
    fn from_params(params: &mut Params) -> Self {
        // The oldest first: whoever joins meanwhile comes at the end.
        Self(Wanted { sort: Sort::CreatedAt, descending: false, ..Wanted::from_params(params) })
    }
}

/// Everything that is kept of a person.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberExport {
    subscriber: Subscriber,
    /// What is known of their consent, the oldest first.
    #[schema(max_items = 100_000)]
    consents: Vec<Consent>,
}

/// Export subscribers
///
/// The list as a CSV file that this server and spreadsheets read: a cell that a spreadsheet would run as a formula begins
/// with an apostrophe. Those who left, bounced or complained are in it. A connection that ends before its last piece tells
/// of an error: what has arrived is not the whole list.
#[utoipa::path(get, path = "/v1/subscribers/export", tag = "subscribers", security(("bearer" = [])),
    params(ExportParameters),
    responses((status = 200, description = "The list.", body = String, content_type = "text/csv",
               headers(("Content-Disposition" = String, description = "Under which name to save it.")))))]
pub async fn export_subscribers(
    app: Data<App>,
    actor: Actor<ExportSubscribers>,
    query: Query<ExportRequest>,
) -> Result<Streamed> {
    let Query(ExportRequest(wanted)) = query;
    let mut header = Vec::new();
    write_row(&mut header, COLUMNS);
    // What cannot be read at all is told before anything is sent.
    let first = read(&app, wanted.clone(), None).await?;
    app.db
        .write_as(actor.user, move |tx| {
            tx.append(Event::SubscribersExported);
            Ok(())
        })
        .await?;
    let day: String = app.clock.now().to_string().chars().take(10).collect();
    let first = Batch { bytes: [header, first.bytes].concat(), next: first.next };
    let batches = stream::try_unfold(Some(first), move |batch| {
        let (app, wanted) = (app.clone(), wanted.clone());
        async move {
            let Some(Batch { bytes, next }) = batch else { return Ok(None) };
            let following = match next {
                Some(place) => Some(read(&app, wanted, Some(place)).await?),
                None => None,
            };
            Ok(Some((Bytes::from(bytes), following)))
        }
    });
    Ok(Streamed::file("text/csv; charset=utf-8", format!("subscribers-{day}.csv"), batches))
}

/// Give out what is kept of a person
///
/// Everything, as one JSON document: for the person who asks for it.
#[utoipa::path(get, path = "/v1/subscribers/{id}/export", tag = "subscribers", security(("bearer" = [])),
    params(("id" = SubscriberId, Path, description = "Whose.")),
    responses((status = 200, description = "Everything that is kept.", body = SubscriberExport)))]
pub async fn export_subscriber(
    app: Data<App>,
    actor: Actor<ExportSubscribers>,
    id: Path<SubscriberId>,
) -> Result<Response> {
    let id = id.into_inner();
    Response::ok(&app.db.write_as(actor.user, move |tx| export(tx, id)).await?)
}

/// Everything that is kept of a person; that it was given out is written down.
pub(super) fn export(tx: &mut Tx<'_>, id: SubscriberId) -> Result<SubscriberExport> {
    let kept = store::get(tx, id)?;
    let consents = evidence::list(tx, id)?.into_iter().map(Consent::from).collect();
    tx.append(Event::SubscriberExported(id));
    Ok(SubscriberExport { subscriber: kept.into(), consents })
}

/// Some rows of the file, and the place where the next ones begin.
struct Batch {
    bytes: Vec<u8>,
    next: Option<Place>,
}

async fn read(app: &App, wanted: Wanted, after: Option<Place>) -> Result<Batch> {
    app.db
        .read(move |conn: &mut Connection| {
            let rows = list::list(conn, &wanted, after, BATCH)?;
            let is_full = i64::try_from(rows.len()).is_ok_and(|rows| rows == BATCH);
            let next = rows.last().filter(|_| is_full).map(|row| list::place(&wanted, row));
            let mut bytes = Vec::new();
            for kept in store::complete(conn, rows)? {
                write(&mut bytes, &kept)?;
            }
            Ok(Batch { bytes, next })
        })
        .await
}

fn write(out: &mut Vec<u8>, Kept { row, labels, topics }: &Kept) -> Result<()> {
    let time = |at: Option<Timestamp>| at.map_or_else(String::new, |at| at.to_string());
    let custom = serde_json::to_value(&row.custom.0)?;
    let custom = custom.as_object().filter(|members| !members.is_empty()).map(|_| Value::to_string(&custom));
    let cells = [
        row.id.to_string(),
        row.email.clone(),
        row.name.as_ref().map(|name| name.as_str().to_owned()).unwrap_or_default(),
        row.status.as_str().to_owned(),
        row.locale.to_string(),
        joined(topics.iter().map(Slug::as_str)),
        joined(labels.iter()),
        row.source.as_ref().map(|source| source.as_str().to_owned()).unwrap_or_default(),
        row.created_at.to_string(),
        time(row.confirmed_at),
        time(row.unsubscribed_at),
        row.updated_at.to_string(),
        custom.unwrap_or_default(),
    ];
    let cells: Vec<_> = cells.iter().map(|cell| guarded(cell)).collect();
    write_row(out, cells.iter().map(AsRef::as_ref));
    Ok(())
}
