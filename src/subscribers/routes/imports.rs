//! `/v1/subscriber-imports`: uploading a file of subscribers, and how far it has been imported.

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path, Payload};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{Actor, ImportSubscribers};
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::http::idempotency::{IdempotencyKey, IdempotencyKeyHeader};
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{PageRequest, Query, Response, page};
use crate::base::ids::ImportId;
use crate::base::jobs;
use crate::base::text::Locale;
use crate::base::text::validate;
use crate::subscribers::import::columns::Column;
use crate::subscribers::import::format::Format;
use crate::subscribers::import::store::{self, Import};
use crate::subscribers::import::upload::{self, ImportOptions};
use crate::subscribers::import::{self, ImportStatus};
use crate::subscribers::{Label, Labels, Line};
use crate::users::Actors;

/// The longest statement, in characters.
const MAX_STATEMENT_CHARS: usize = 2000;

/// An import of subscribers.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberImport {
    id: ImportId,
    /// The kind of job that runs it: always `import-subscribers`.
    #[schema(max_length = 40)]
    kind: &'static str,
    status: ImportStatus,
    /// Whether it only reports what would happen.
    dry_run: bool,
    /// Where the list comes from.
    #[schema(max_length = 200)]
    source: Option<String>,
    /// How the people in it consented, as the importer states.
    #[schema(max_length = 2000)]
    statement: Option<String>,
    /// Labels given to everyone in the file.
    #[schema(value_type = Vec<Label>, max_items = 50)]
    labels: Labels,
    /// The language of people whose row states none.
    locale: Locale,
    /// The service whose export the file was recognised as.
    format: Format,
    /// What each column was recognised as, in the order of the file.
    #[schema(max_items = 200)]
    columns: Vec<Column>,
    progress: ImportProgress,
    counts: ImportCounts,
    /// The code of the reason why it ended early.
    #[schema(max_length = 60)]
    error: Option<String>,
    /// Who started it.
    created_by: ActorRef,
    /// When it was started.
    created_at: Timestamp,
    /// When the first rows were read.
    started_at: Option<Timestamp>,
    /// When the last rows were read, or it ended early.
    finished_at: Option<Timestamp>,
}

/// How much of the file has been read.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriberImportProgress)]
pub struct ImportProgress {
    /// Bytes read.
    #[schema(minimum = 0, maximum = 200_000_000)]
    bytes: i64,
    /// The size of the file in bytes.
    #[schema(minimum = 0, maximum = 200_000_000)]
    total_bytes: i64,
    /// Rows read.
    #[schema(minimum = 0, maximum = 200_000_000)]
    rows: i64,
}

/// The number of rows with each outcome; in a dry run, the outcome they would have.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriberImportCounts)]
pub struct ImportCounts {
    /// Rows that created a subscriber.
    #[schema(minimum = 0, maximum = 200_000_000)]
    created: i64,
    /// Rows that updated a known subscriber.
    #[schema(minimum = 0, maximum = 200_000_000)]
    updated: i64,
    /// Rows that changed nothing.
    #[schema(minimum = 0, maximum = 200_000_000)]
    unchanged: i64,
    /// Rows with a suppressed address.
    #[schema(minimum = 0, maximum = 200_000_000)]
    suppressed: i64,
    /// Rows that could not be imported.
    #[schema(minimum = 0, maximum = 200_000_000)]
    refused: i64,
}

/// A page of imports.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberImportPage {
    /// At most `limit`, newest first.
    #[schema(max_items = 100)]
    items: Vec<SubscriberImport>,
    /// The cursor of the next page; `null` on the last page.
    #[schema(max_length = 4000)]
    next_cursor: Option<String>,
    /// The number of imports; only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

impl SubscriberImport {
    fn all(conn: &mut Connection, imports: Vec<Import>) -> Result<Vec<Self>> {
        let actors = Actors::load(conn, imports.iter().map(|import| import.row.actor_id))?;
        Ok(imports.into_iter().map(|import| Self::new(import, &actors)).collect())
    }

    fn one(conn: &mut Connection, import: Import) -> Result<Self> {
        let actors = Actors::load(conn, [import.row.actor_id])?;
        Ok(Self::new(import, &actors))
    }

    fn new(Import { row, options }: Import, actors: &Actors) -> Self {
        let columns = options.columns();
        let format = columns.as_ref().map_or(Format::Plain, |columns| columns.format);
        Self {
            labels: options.labels(),
            id: row.id,
            kind: "import-subscribers",
            status: row.status,
            dry_run: options.dry_run,
            source: options.source.map(|source| source.as_str().to_owned()),
            statement: options.statement,
            locale: options.locale,
            format,
            columns: columns.map(|columns| columns.all).unwrap_or_default(),
            progress: ImportProgress { bytes: row.next_byte, total_bytes: row.bytes, rows: row.rows() },
            counts: ImportCounts {
                created: row.created,
                updated: row.updated,
                unchanged: row.unchanged,
                suppressed: row.suppressed,
                refused: row.refused,
            },
            error: row.error,
            created_by: actors.get(row.actor_id),
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        }
    }
}

/// The query parameters of an import.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `ImportRequest` reads")]
pub struct ImportParameters {
    /// Whether to report what would happen without changing anything. Required, so that nobody imports by mistake.
    dry_run: bool,
    /// Where the list comes from, such as `Mailchimp, weekly newsletter`. Stored as evidence. Required unless it is a dry run.
    #[param(format = "line", min_length = 1, max_length = 200, nullable = false)]
    source: Option<String>,
    /// How the people in it consented, in the importer's words. Stored as evidence for everyone who wants mail. Required unless
    /// it is a dry run.
    #[param(format = "filled-text", min_length = 1, max_length = 2000, nullable = false)]
    statement: Option<String>,
    /// Labels for everyone in the file.
    #[param(value_type = Option<Vec<Label>>, explode = false, style = Form, min_items = 1, max_items = 50)]
    labels: Option<Vec<Label>>,
    /// The language of people whose row states none. Default: the site's.
    #[param(format = "language-tag", min_length = 2, max_length = 11, nullable = false)]
    locale: Option<String>,
}

/// The parsed query parameters of an import.
#[derive(Debug)]
pub struct ImportRequest {
    dry_run: bool,
    source: Option<Line>,
    statement: Option<String>,
    labels: Labels,
    locale: Option<Locale>,
}

impl FromParams for ImportRequest {
    fn from_params(params: &mut Params) -> Self {
        let dry_run = params.required("dry_run", |text| match text {
            "true" => Ok(true),
            "false" => Ok(false),
            _ => Err(validate::malformed("boolean", "Must be true or false.")),
        });
        let is_dry = dry_run.unwrap_or(true);
        let source = |text: &str| Line::parse("source", text);
        let source = if is_dry { params.parsed("source", source) } else { params.required("source", source) };
        let given = params.text_within("statement", MAX_STATEMENT_CHARS * 4);
        if given.is_none() && !is_dry {
            params.refuse("statement", validate::missing("parameter"));
        }
        let statement =
            given.map(|text| validate::filled_text("statement", &text, MAX_STATEMENT_CHARS)).transpose();
        let statement = statement.unwrap_or_else(|invalid| {
            params.refuse("statement", invalid);
            None
        });
        let labels: Vec<String> = params.list("labels", |text| Ok(text.to_owned()));
        let labels = Labels::parse(&labels).unwrap_or_else(|invalid| {
            params.refuse("labels", invalid);
            Labels::default()
        });
        Self { dry_run: is_dry, source, statement, labels, locale: params.parsed("locale", Locale::parse) }
    }
}

/// Import subscribers
///
/// Requires the right `subscribers:import`. Takes a CSV file in UTF-8 whose first line names the columns: an export of Ghost,
/// Mailchimp (each of its three files), Substack, Buttondown, beehiiv or listmonk, this server's own export, or any file with a
/// column `email`. A job imports it; `Location` is where to follow its progress.
///
/// People whom the file calls subscribed are confirmed, with the source, the statement and the times in the file as evidence.
/// People whom it calls unsubscribed, bounced or complained get that status and are suppressed. People who never confirmed are
/// refused. For known subscribers the file only fills in what is missing, and nobody who has unsubscribed or is suppressed is
/// subscribed again. Importing the same file again changes nothing.
///
/// A file that is not CSV in UTF-8 is refused with 400, one without a column of addresses with 422, one larger than 200 MB with
/// 413.
#[utoipa::path(post, path = "/v1/subscriber-imports", tag = "subscribers", security(("bearer" = [])),
    params(ImportParameters, IdempotencyKeyHeader),
    request_body(content = String, content_type = "text/csv", description = "The file, at most 200 MB."),
    responses((status = 202, description = "The file is uploaded and will be imported.", body = SubscriberImport,
               headers(("Location" = String, description = "The import.")))))]
pub async fn create_subscriber_import(
    app: Data<App>,
    actor: Actor<ImportSubscribers>,
    req: HttpRequest,
    key: IdempotencyKey,
    query: Query<ImportRequest>,
    body: Payload,
) -> Result<Response> {
    let Query(ImportRequest { dry_run, source, statement, labels, locale }) = query;
    let locale = locale.unwrap_or_else(|| app.config.site.locale.clone());
    let options = ImportOptions { origin: actor.origin, dry_run, source, statement, labels, locale };
    let received = upload::receive(&app, &req, body, options).await?;
    let (id, bytes) = (received.id, received.bytes);
    let once = key.once(actor.origin, &received.fingerprint);
    let start = move |tx: &mut Tx<'_>, (): &()| {
        let received = store::mark_received(tx, id, bytes)?;
        let now = tx.now();
        jobs::enqueue(tx, &import::ImportSubscribers { import: id }, now)?;
        let response = Response::ok(&SubscriberImport::one(tx, received)?)?.status(StatusCode::ACCEPTED);
        Ok(response.header(header::LOCATION, format!("/v1/subscriber-imports/{id}")))
    };
    let response = once.respond(&app.db, std::future::ready(Ok(())), start).await;
    // A replayed response is about the file of the first request: this one is not imported.
    // Done also for a client that may act no longer, so without its credential.
    app.db.write_as(actor.actor(), move |tx| store::discard(tx, id)).await?;
    response
}

/// List subscriber imports
///
/// Requires the right `subscribers:import`. Returns imports newest first; they are deleted 30 days after their end.
#[utoipa::path(get, path = "/v1/subscriber-imports", tag = "subscribers", security(("bearer" = [])),
    params(page::PageParams),
    responses((status = 200, description = "A page of imports.", body = SubscriberImportPage,
               headers(("Link" = String, description = "The next page, with `rel=\"next\"`, if there is one.")))))]
pub async fn list_subscriber_imports(
    app: Data<App>,
    _actor: Actor<ImportSubscribers>,
    req: HttpRequest,
    query: Query<PageRequest>,
) -> Result<Response> {
    let Query(page) = query;
    let read = move |conn: &mut Connection| {
        let position = |import: &Import| (import.row.created_at, import.row.id);
        let page = page.read(conn, &"imports", store::list, position, store::count)?;
        page.try_convert(|imports| SubscriberImport::all(conn, imports))
    };
    app.db.snapshot(read).await?.private(&req)
}

/// Get a subscriber import
///
/// Requires the right `subscribers:import`. Returns its progress and the number of rows with each outcome. Responds 404 if
/// there is no such import; imports are deleted 30 days after their end.
#[utoipa::path(get, path = "/v1/subscriber-imports/{id}", tag = "subscribers", security(("bearer" = [])),
    params(("id" = ImportId, Path, description = "The id of the import.")),
    responses((status = 200, description = "The import.", body = SubscriberImport)))]
pub async fn get_subscriber_import(
    app: Data<App>,
    _actor: Actor<ImportSubscribers>,
    id: Path<ImportId>,
) -> Result<Response> {
    let id = id.into_inner();
    let read = move |conn: &mut Connection| {
        let import = find_import(conn, id)?;
        SubscriberImport::one(conn, import)
    };
    Response::ok(&app.db.read(read).await?)
}

pub(super) fn find_import(conn: &mut Connection, id: ImportId) -> Result<Import> {
    let import = store::find(conn, id)?.filter(|import| import.row.status != ImportStatus::Receiving);
    import.ok_or(Error::NotFound("import"))
}
