//! `/v1/redirects/{format}`: the redirects as rules for a web server.

use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::IntoParams;

use crate::app::App;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::Response;
use crate::redirects::list::{self, RedirectRow};
use crate::redirects::rules::RuleFormat;
use crate::redirects::store::RedirectFilter;
use crate::render_context;

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
/// the content of a `map` on `$uri`, with instructions in its first lines. Redirects the format cannot express, such as
/// paths with a query and, for `netlify`, the status 410, are left out and counted at the end. Contains at most 50,000
/// redirects, by path, and says so at the end if there are more.
#[utoipa::path(get, path = "/v1/redirects/{format}", tag = "site", security(()), params(RulesPath),
    responses((status = 200, description = "The rules.", body = String, content_type = "text/plain")))]
pub async fn get_redirect_rules(app: Data<App>, path: Path<RulesPath>) -> Result<Response> {
    let mut file =
        RulesFile { format: path.format, text: path.format.preamble().to_owned(), read: 0, unsaid: 0 };
    let mut after: Option<String> = None;
    loop {
        let config = app.config.clone();
        let find = move |conn: &mut Connection| {
            let website = render_context::store::website(conn, &config)?;
            list::list(conn, &RedirectFilter::default(), &website, after.as_deref(), BATCH)
        };
        let rows = app.db.snapshot(find).await?;
        let Some(last) = rows.last() else { break };
        after = Some(last.key.clone());
        let (added, is_full) = app.compute.run(move || Ok(file.add(&rows))).await?;
        file = added;
        if is_full {
            break;
        }
    }
    Ok(Response::public("text/plain; charset=utf-8", file.finish().into()).surrogate_key("articles"))
}

/// The file, as far as it is written.
struct RulesFile {
    format: RuleFormat,
    text: String,
    /// How many redirects were read.
    read: usize,
    /// How many of them the format cannot express.
    unsaid: usize,
}

impl RulesFile {
    /// Adds redirects. Returns whether no more may be added.
    fn add(mut self, rows: &[RedirectRow]) -> (Self, bool) {
        if self.read == MAX_RULES {
            self.text
                .push_str(&format!("# The list of redirects goes on: these are the first {MAX_RULES}.\n"));
            return (self, true);
        }
        for row in rows {
            self.read += 1;
            match self.format.rule(&row.from, row.to.as_deref(), row.status) {
                _ if row.is_reserved() => {}
                Some(rule) => self.text.push_str(&rule),
                None => self.unsaid += 1,
            }
        }
        (self, false)
    }

    fn finish(mut self) -> String {
        if self.unsaid > 0 {
            let note = "Redirects that this format cannot express, and that are left out";
            self.text.push_str(&format!("# {note}: {}.\n", self.unsaid));
        }
        self.text
    }
}
