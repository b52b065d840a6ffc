//! `/v1/imports`: sending in a file of subscribers, and how far it has been read.

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path, Payload};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{Actor, ImportSubscribers};
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};
use crate::base::http::idempotency::{IdempotencyKey, IdempotencyKeyHeader};
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{PageRequest, Query, Response, page};
use crate::base::ids::{ImportId, UserId};
use crate::base::jobs;
use crate::base::text::Locale;
use crate::base::text::validate;
use crate::subscribers::import;
use crate::subscribers::import::Progress;
use crate::subscribers::import::columns::{Column, Columns, Format};
use crate::subscribers::import::store::{self, ImportRow};
use crate::subscribers::import::upload::{self, Asked};
use crate::subscribers::{Label, Labels, Line};

/// The most characters of the importer's statement.
const MOST_STATEMENT_CHARS: usize = 2000;

/// A file of subscribers that was sent in, and what has come of it so far.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberImport {
    id: ImportId,
    /// What kind of job it is: always `import-subscribers`.
    #[schema(max_length = 40)]
    kind: &'static str,
    status: Progress,
    /// Whether it is only told what would happen.
    dry_run: bool,
    /// Where the list comes from.
    #[schema(max_length = 200)]
    source: Option<String>,
    /// How the people in it consented, by the importer's word.
    #[schema(max_length = 2000)]
    statement: Option<String>,
    /// Words that are put on everyone.
    #[schema(value_type = Vec<Label>, max_items = 50)]
    labels: Labels,
    /// The language of those of whom the file does not say.
    locale: Locale,
    /// Whose export the file was taken for.
    format: Format,
    /// What each column was taken for, in the order of the file.
    #[schema(max_items = 200)]
    columns: Vec<Column>,
    progress: ImportProgress,
    counts: ImportCounts,
    /// The code of what ended it early.
    #[schema(max_length = 60)]
    error: Option<String>,
    /// Who imports.
    created_by: UserId,
    /// When the file was sent.
    created_at: Timestamp,
    /// When its first rows were read.
    started_at: Option<Timestamp>,
    /// When its last ones were.
    finished_at: Option<Timestamp>,
}

/// How far an import is.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriberImportProgress)]
pub struct ImportProgress {
    /// How many bytes were read.
    #[schema(minimum = 0, maximum = 200_000_000)]
    bytes: i64,
    /// How many there are.
    #[schema(minimum = 0, maximum = 200_000_000)]
    total_bytes: i64,
    /// How many rows were read.
    #[schema(minimum = 0, maximum = 200_000_000)]
    rows: i64,
}

/// How many rows had which outcome; in a dry run, would have.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = SubscriberImportCounts)]
pub struct ImportCounts {
    /// New subscribers.
    #[schema(minimum = 0, maximum = 200_000_000)]
    created: i64,
    /// Known ones that were changed.
    #[schema(minimum = 0, maximum = 200_000_000)]
    updated: i64,
    /// Known ones that were as the row has it, or better known.
    #[schema(minimum = 0, maximum = 200_000_000)]
    unchanged: i64,
    /// Those who are sent nothing, and stay so.
    #[schema(minimum = 0, maximum = 200_000_000)]
    suppressed: i64,
    /// Rows that could not be taken.
    #[schema(minimum = 0, maximum = 200_000_000)]
    refused: i64,
}

/// A page of the imports.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberImportPage {
    /// At most `limit`, the newest first.
    #[schema(max_items = 100)]
    items: Vec<SubscriberImport>,
    /// The cursor of the next page; `null` on the last.
    #[schema(max_length = 4000)]
    next_cursor: Option<String>,
    /// How many there are; only if `include_total` asks for it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

impl TryFrom<ImportRow> for SubscriberImport {
    type Error = Error;

    fn try_from(row: ImportRow) -> Result<Self> {
        let columns =
            Columns::recognise(&row.header.0).map_err(|_| Error::internal("a header is no longer known"))?;
        Ok(Self {
            id: row.id,
            kind: "import-subscribers",
            status: row.status,
            dry_run: row.dry_run,
            source: row.source.map(|source| source.as_str().to_owned()),
            statement: row.statement,
            labels: row.labels.0,
            locale: row.locale,
            format: columns.format,
            columns: columns.all,
            progress: ImportProgress { bytes: row.next_byte, total_bytes: row.bytes, rows: row.rows },
            counts: ImportCounts {
                created: row.created,
                updated: row.updated,
                unchanged: row.unchanged,
                suppressed: row.suppressed,
                refused: row.refused,
            },
            error: row.error,
            created_by: row.user_id,
            created_at: row.created_at,
            started_at: row.started_at,
            finished_at: row.finished_at,
        })
    }
}

/// What an import takes, beside the file.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `ImportRequest` reads")]
pub struct ImportParameters {
    /// Whether to tell what would happen and change nothing. Has to be given: `true` first, then `false`.
    dry_run: bool,
    /// Where the list comes from, as in `Mailchimp, weekly letter`: kept as evidence. Needed unless it is a dry run.
    #[param(min_length = 1, max_length = 200, nullable = false)]
    source: Option<String>,
    /// How these people consented, in the importer's own words: kept as evidence for each of those who want mail. Needed
    /// unless it is a dry run.
    #[param(min_length = 1, max_length = 2000, nullable = false)]
    statement: Option<String>,
    /// Words that are put on everyone.
    #[param(value_type = Option<Vec<Label>>, explode = false, style = Form, min_items = 1, max_items = 50)]
    labels: Option<Vec<Label>>,
    /// The language of those of whom the file does not say; the site's, if absent.
    #[param(min_length = 2, max_length = 11, nullable = false)]
    locale: Option<String>,
}

/// What is asked with a file.
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
        let given = params.text_within("statement", MOST_STATEMENT_CHARS * 4);
        if given.is_none() && !is_dry {
            params.refuse("statement", validate::missing("parameter"));
        }
        let statement =
            given.map(|text| validate::filled_text("statement", &text, MOST_STATEMENT_CHARS)).transpose();
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
/// Takes a CSV file in UTF-8 whose first line names the columns: the exports of Ghost, Mailchimp (each of its three
/// files), Substack, Buttondown, beehiiv and listmonk as they are, this server's own, or any with a column `email`. It is
/// read by a job; the answer says where to see how far that is. Those whom the file calls subscribed are confirmed, with
/// the source, the statement and the file's own times as evidence; those whom it calls unsubscribed, bounced or
/// complained are so here, too, and suppressed; those who never confirmed are refused. What is known here stays, and
/// nobody who left or is suppressed is brought back. The same file again changes nothing.
#[utoipa::path(post, path = "/v1/subscribers/import", tag = "subscribers", security(("bearer" = [])),
    params(ImportParameters, IdempotencyKeyHeader),
    request_body(content = String, content_type = "text/csv", description = "The file: at most 200 MB."),
    responses((status = 202, description = "The file has arrived and will be read.", body = SubscriberImport,
               headers(("Location" = String, description = "Where to see how far it is.")))))]
pub async fn import_subscribers(
    app: Data<App>,
    actor: Actor<ImportSubscribers>,
    req: HttpRequest,
    key: IdempotencyKey,
    query: Query<ImportRequest>,
    body: Payload,
) -> Result<Response> {
    let Query(ImportRequest { dry_run, source, statement, labels, locale }) = query;
    let locale = locale.unwrap_or_else(|| app.config.site.locale.clone());
    let asked = Asked { user: actor.user, dry_run, source, statement, labels, locale };
    let received = upload::receive(&app, &req, body, asked).await?;
    let (id, bytes) = (received.id, received.bytes);
    let once = key.once(actor.user, &received.fingerprint);
    let start = move |tx: &mut crate::base::db::Tx<'_>, (): &()| {
        let row = store::arrive(tx, id, bytes)?;
        let now = tx.now();
        jobs::enqueue(tx, &import::ImportSubscribers { import: id }, now)?;
        let answer = Response::ok(&SubscriberImport::try_from(row)?)?.status(StatusCode::ACCEPTED);
        Ok(answer.header(header::LOCATION, format!("/v1/imports/{id}")))
    };
    let answer = once.answer(&app.db, std::future::ready(Ok(())), start).await;
    // The answer of before is about the file of before.
    app.db.write(move |tx| store::discard(tx, id)).await?;
    answer
}

/// List imports of subscribers
///
/// The newest first, for as long as their reports are kept: 30 days after the end.
#[utoipa::path(get, path = "/v1/imports", tag = "subscribers", security(("bearer" = [])),
    params(page::PageParams),
    responses((status = 200, description = "A page of the list.", body = SubscriberImportPage,
               headers(("Link" = String, description = "The next page, with `rel=\"next\"`, if there is one.")))))]
pub async fn list_subscriber_imports(
    app: Data<App>,
    _actor: Actor<ImportSubscribers>,
    req: HttpRequest,
    query: Query<PageRequest>,
) -> Result<Response> {
    let Query(part) = query;
    let after: Option<(Timestamp, ImportId)> = part.after(&"imports")?;
    let (rows, next_cursor, total) = app
        .db
        .snapshot(move |conn| {
            let total = part.include_total.then(|| store::count(conn)).transpose()?;
            let mut rows = store::list(conn, after, part.limit + 1)?;
            let next_cursor = part.cut(&mut rows, &"imports", |row| (row.created_at, row.id))?;
            Ok((rows, next_cursor, total))
        })
        .await?;
    let items = rows.into_iter().map(SubscriberImport::try_from).collect::<Result<_>>()?;
    let answer = Response::ok(&SubscriberImportPage { items, next_cursor: next_cursor.clone(), total })?;
    Ok(page::with_next_link(answer, req.path(), req.query_string(), next_cursor.as_deref()))
}

/// Read how far an import is
///
/// And what has come of it so far.
#[utoipa::path(get, path = "/v1/imports/{import}", tag = "subscribers", security(("bearer" = [])),
    params(("import" = ImportId, Path, description = "Which.")),
    responses((status = 200, description = "The import.", body = SubscriberImport)))]
pub async fn get_subscriber_import(
    app: Data<App>,
    _actor: Actor<ImportSubscribers>,
    id: Path<ImportId>,
) -> Result<Response> {
    let id = id.into_inner();
    Response::ok(&SubscriberImport::try_from(app.db.read(move |conn| arrived(conn, id)).await?)?)
}

pub(super) fn arrived(conn: &mut crate::base::db::Connection, id: ImportId) -> Result<ImportRow> {
    let row = store::find(conn, id)?.filter(|row| row.status != Progress::Receiving);
    row.ok_or(Error::NotFound("import"))
}
