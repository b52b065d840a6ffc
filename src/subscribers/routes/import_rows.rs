//! `/v1/imports/{import}/rows`: what became of the rows of an import.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use super::imports::arrived;
use crate::app::App;
use crate::auth::{Actor, ImportSubscribers};
use crate::base::error::Result;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{PageRequest, Query, Response, page};
use crate::base::ids::{ImportId, SubscriberId};
use crate::base::text::validate;
use crate::subscribers::import::store::{self, ReportRow};
use crate::subscribers::import::{Outcome, detail};

/// What became of a row.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberImportRow {
    /// The line of the file at which the row begins; the first line names the columns.
    #[schema(minimum = 1, maximum = 200_000_000)]
    line: i64,
    outcome: Outcome,
    /// Why, or what else is to be said.
    #[schema(max_length = 60)]
    code: Option<String>,
    /// The same in words, which are the same for every row.
    #[schema(max_length = 200)]
    detail: Option<&'static str>,
    /// Whom it is about; in a dry run, only if they are known already.
    subscriber_id: Option<SubscriberId>,
}

/// A page of what became of the rows.
#[derive(Debug, Serialize, ToSchema)]
pub struct SubscriberImportRowPage {
    /// At most `limit`, in the order of the file.
    #[schema(max_items = 100)]
    items: Vec<SubscriberImportRow>,
    /// The cursor of the next page; `null` on the last.
    #[schema(max_length = 4000)]
    next_cursor: Option<String>,
}

impl From<ReportRow> for SubscriberImportRow {
    fn from(row: ReportRow) -> Self {
        Self {
            line: row.line,
            outcome: row.outcome,
            detail: row.code.as_deref().map(detail),
            code: row.code,
            subscriber_id: row.subscriber,
        }
    }
}

/// What the report of an import takes.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `ReportRequest` reads")]
pub struct ReportParameters {
    /// Rows with any of these outcomes.
    #[param(value_type = Option<Vec<Outcome>>, explode = false, style = Form, min_items = 1, max_items = 100)]
    outcome: Option<Vec<Outcome>>,
    /// How many at most; 20 if absent.
    #[param(minimum = 1, maximum = 100)]
    limit: Option<i64>,
    /// Where the page before ended.
    #[param(max_length = 4000)]
    cursor: Option<String>,
}

/// Which rows of a report are wanted.
#[derive(Debug)]
pub struct ReportRequest {
    outcomes: Vec<Outcome>,
    page: PageRequest,
}

impl FromParams for ReportRequest {
    fn from_params(params: &mut Params) -> Self {
        let outcomes = params.list("outcome", |name| {
            Outcome::parse(name)
                .ok_or_else(|| validate::unknown("outcome", Outcome::ALL.map(Outcome::as_str)))
        });
        Self { outcomes, page: PageRequest::from_params(params) }
    }
}

/// Read what became of the rows of an import
///
/// Row by row: by line, never by name or address.
#[utoipa::path(get, path = "/v1/imports/{import}/rows", tag = "subscribers", security(("bearer" = [])),
    params(("import" = ImportId, Path, description = "Of which import."), ReportParameters),
    responses((status = 200, description = "A page of the report.", body = SubscriberImportRowPage,
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
            arrived(conn, id)?;
            let mut rows = store::rows(conn, id, &outcomes, after.unwrap_or(0), part.limit + 1)?;
            let next_cursor = part.cut(&mut rows, &of, |row| row.number)?;
            Ok((rows, next_cursor))
        })
        .await?;
    let items = rows.into_iter().map(SubscriberImportRow::from).collect();
    let answer = Response::ok(&SubscriberImportRowPage { items, next_cursor: next_cursor.clone() })?;
    Ok(page::with_next_link(answer, req.path(), req.query_string(), next_cursor.as_deref()))
}
