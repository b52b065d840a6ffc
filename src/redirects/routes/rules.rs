//! `/v1/redirects/{format}`: the redirects as rules for a web server.

use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::text::address::is_reserved;
use crate::redirects::rules::RuleFormat;
use crate::redirects::store::{self, RedirectFilter};

/// The most redirects in a file.
const MAX_RULES: usize = 50_000;
/// How many redirects one query reads. Must divide [`MAX_RULES`], so that reading stops after exactly that many.
const BATCH: i64 = 1000;

/// The format of the rules.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RulesPath {
    /// The web server the rules are for.
    #[param(inline)]
    format: RuleFormat,
}

/// Get redirects as server rules
///
/// Needs no access token. Returns the redirects as a file for a web server: `netlify` is a `_redirects` file, `nginx`
/// the content of a `map` on `$uri`, with instructions in its first lines. Redirects the format cannot express, such
/// as paths with a query, are left out and counted at the end. Contains at most 50,000 redirects, by path, and says
/// so at the end if there are more.
#[utoipa::path(get, path = "/v1/redirects/{format}", tag = "site", security(()), params(RulesPath),
    responses((status = 200, description = "The rules.", body = String, content_type = "text/plain")))]
pub async fn get_redirect_rules(app: Data<App>, path: Path<RulesPath>) -> Result<Response> {
    let format = path.format;
    let text = app.db.snapshot(move |conn| write_rules(conn, format)).await?;
    Ok(Response::public("text/plain; charset=utf-8", text.into()).surrogate_key("articles"))
}

fn write_rules(conn: &mut Connection, format: RuleFormat) -> Result<String> {
    let (mut text, mut read, mut unsaid) = (format.preamble().to_owned(), 0, 0);
    let mut after: Option<String> = None;
    loop {
        let rows = store::list(conn, &RedirectFilter::default(), after.as_deref(), BATCH)?;
        let Some(last) = rows.last() else { break };
        if read == MAX_RULES {
            text.push_str(&format!("# The list of redirects goes on: these are the first {MAX_RULES}.\n"));
            break;
        }
        after = Some(last.key.clone());
        for row in &rows {
            read += 1;
            match format.rule(&row.path, &row.url) {
                Some(rule) if !is_reserved(&row.key) => text.push_str(&rule),
                _ => unsaid += 1,
            }
        }
    }
    if unsaid > 0 {
        text.push_str(&format!("# Left out because these rules cannot say them: {unsaid}.\n"));
    }
    Ok(text)
}
