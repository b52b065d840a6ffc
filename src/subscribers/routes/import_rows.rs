//! `/v1/subscriber-imports/{id}/rows`: what became of the rows of an import.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::imports::find_import;
use crate::app::App;
use crate::auth::{Actor, ImportSubscribers};
use crate::base::codes;
use crate::base::error::Result;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{PageRequest, Query, Response, page};
use crate::base::ids::{ImportId, SubscriberId};
use crate::base::text::validate;
use crate::subscribers::import::RowOutcome;
use crate::subscribers::import::report::{self, ReportRow};

/// What became of a row.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberImportRow {
    /// The line of the file at which the row begins; the first line names the columns.
    #[schema(minimum = 1, maximum = 200_000_000)]
    line: i64,
    outcome: RowOutcome,
    /// The code of the reason, or of a remark.
    #[schema(max_length = 60)]
    code: Option<String>,
    /// What the code means.
    #[schema(min_length = 1, max_length = 200)]
    detail: Option<&'static str>,
    /// The subscriber whom the row is about; in a dry run, only one who existed before.
    subscriber_id: Option<SubscriberId>,
}

/// A page of rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberImportRowPage {
    /// At most `limit`, in the order of the file.
    #[schema(max_items = 100)]
    items: Vec<SubscriberImportRow>,
    /// The cursor of the next page; `null` on the last page.
    #[schema(max_length = 4000)]
    next_cursor: Option<String>,
}

impl From<ReportRow> for SubscriberImportRow {
    fn from(row: ReportRow) -> Self {
        Self {
            line: row.line,
            outcome: row.outcome,
            detail: row.code.as_deref().map(codes::row_meaning),
            code: row.code,
            subscriber_id: row.subscriber,
        }
    }
}

/// The query parameters of the report.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `ReportRequest` reads")]
pub struct ReportParameters {
    /// Rows with any of these outcomes.
    #[param(value_type = Option<Vec<RowOutcome>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    outcome: Option<Vec<RowOutcome>>,
    /// The maximum number of items. Default: 20.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// The `next_cursor` of the previous page.
    #[param(max_length = 4000)]
    cursor: Option<String>,
}

/// Which rows are listed.
#[derive(Debug)]
pub struct ReportRequest {
    outcomes: Vec<RowOutcome>,
    page: PageRequest,
}

impl FromParams for ReportRequest {
    fn from_params(params: &mut Params) -> Self {
        let outcome = |name: &str| {
            RowOutcome::parse(name).ok_or_else(|| validate::unknown("outcome", RowOutcome::texts()))
        };
        let outcomes = params.list("outcome", outcome);
        Self { outcomes, page: PageRequest::from_params(params) }
    }
}

/// List rows of an import
///
/// Requires the right `subscribers:import`. Returns what became of each row, in the order of the file, by line and
/// never by name or address. Responds 404 if there is no such import; reports are deleted 30 days after its end.
#[utoipa::path(get, path = "/v1/subscriber-imports/{id}/rows", tag = "subscribers", security(("bearer" = [])),
    params(("id" = ImportId, Path, description = "The id of the import."), ReportParameters),
    responses((status = 200, description = "A page of rows.", body = SubscriberImportRowPage,
               headers(("Link" = String, description = "The next page, with `rel=\"next\"`, if there is one.")))))]
pub async fn list_subscriber_import_rows(
    app: Data<App>,
    _actor: Actor<ImportSubscribers>,
    req: HttpRequest,
    id: Path<ImportId>,
    query: Query<ReportRequest>,
) -> Result<Response> {
    let Query(ReportRequest { outcomes, page: part }) = query;
    let id = id.into_inner();
    let of = (id, outcomes.clone());
    let after: Option<i64> = part.after(&of)?;
    let (rows, next_cursor) = app
        .db
        .snapshot(move |conn| {
            find_import(conn, id)?;
            let mut rows = report::list(conn, id, &outcomes, after.unwrap_or(0), part.limit + 1)?;
            let next_cursor = part.cut(&mut rows, &of, |row| row.number)?;
            Ok((rows, next_cursor))
        })
        .await?;
    let items = rows.into_iter().map(SubscriberImportRow::from).collect();
    let response = Response::ok(&SubscriberImportRowPage { items, next_cursor: next_cursor.clone() })?;
    Ok(page::with_next_link(response, &req, next_cursor.as_deref()))
}
