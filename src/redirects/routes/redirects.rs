//! Redirects over HTTP.

use actix_web::HttpRequest;
use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::value::to_raw_value;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{Actor, RemoveRedirects};
use crate::base::db::Connection;
use crate::base::error::{Error, Invalid, Result};
use crate::base::http::page::PageParams;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Answer, Page, PageRequest, Query};
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::redirects::rules::RuleFormat;
use crate::redirects::store::{self, AddressRow, Wanted};
use crate::redirects::{Address, MOST_ADDRESS};

/// The most rules that a file has.
const MOST_RULES: usize = 50_000;
/// How many of them are read at once: a part of them without remainder.
const BATCH: i64 = 1000;

/// An old address and where it leads.
#[derive(Debug, Serialize, ToSchema)]
pub struct Redirect {
    /// The old address: a path on the website, percent-encoded, without a slash at its end; perhaps with a query.
    #[schema(min_length = 1, max_length = 2000, pattern = "^/", example = "/2019/tides")]
    from: String,
    /// Where the article is now.
    #[schema(max_length = 2500, format = Uri)]
    to: String,
    /// The status to answer with: it is there for good.
    #[schema(minimum = 301, maximum = 301)]
    status: u16,
    /// The article's id.
    article: ArticleId,
    /// The language of the old slug; of an address from elsewhere, the article's.
    locale: Locale,
}

/// A page of redirects.
#[derive(Debug, Serialize, ToSchema)]
pub struct RedirectPage {
    /// The redirects.
    #[schema(max_items = 100)]
    items: Vec<Redirect>,
    /// What `cursor` takes for the next page; null on the last.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
    /// How many there are in all: only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// Which redirects a list has, for its documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "tells the documentation what Wanted reads")]
pub struct RedirectFilter {
    /// Only the one from this path, in any case and with or without a slash at its end.
    #[param(nullable = false, min_length = 1, max_length = 2000, example = "/2019/tides")]
    from: Option<String>,
    /// Only those of this language.
    #[param(nullable = false, value_type = Option<String>, max_length = 11, example = "en")]
    locale: Option<Locale>,
}

/// Names a form of rules.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RulesPath {
    /// Who is to read the rules.
    #[param(inline)]
    format: RuleFormat,
}

impl FromParams for Wanted {
    fn from_params(params: &mut Params) -> Self {
        let from = params.text_within("from", MOST_ADDRESS).and_then(|text| {
            let address = Address::parse(&text);
            if address.is_none() {
                params.refuse("from", Invalid::new("malformed-path", "a path that a redirect can lead from"));
            }
            address
        });
        Self { from, locale: params.parsed("locale", Locale::parse) }
    }
}

impl From<AddressRow> for Redirect {
    fn from(row: AddressRow) -> Self {
        Self { from: row.path, to: row.url, status: 301, article: row.article_id, locale: row.locale }
    }
}

/// List old addresses
///
/// The paths on the website where articles once were, and where each is now: those of slugs that live articles had, and
/// their `aliases`. Paths that differ only in case, encoding or a slash at the end are one. No redirect leads from where
/// an article is, none to where another begins, and no two from the same path: an article's own old slug comes before an
/// alias, the article published first before others.
///
/// In Next.js, `redirects()` takes each as `{source: from, destination: to, permanent: true}`, with a backslash before each
/// of `( ) { } : * +` in `source`; one with a query needs `has`.
#[utoipa::path(get, path = "/v1/redirects", tag = "site", security(()), params(RedirectFilter, PageParams),
    responses((status = 200, description = "A page of redirects.", body = RedirectPage)))]
pub async fn list_redirects(
    app: Data<App>,
    req: HttpRequest,
    Query((wanted, page)): Query<(Wanted, PageRequest)>,
) -> Result<Answer> {
    let list = ("redirects", wanted.clone());
    let after: Option<String> = page.after(&list)?;
    let read = move |conn: &mut Connection| {
        let mut rows = store::list(conn, &wanted, after.as_deref(), page.limit + 1)?;
        let next_cursor = page.cut(&mut rows, &list, |row| row.key.clone())?;
        let total = page.include_total.then(|| store::count(conn, &wanted)).transpose()?;
        let items = rows.into_iter().map(|row| Ok(to_raw_value(&Redirect::from(row))?));
        Ok(Page { items: items.collect::<Result<_>>()?, next_cursor, total })
    };
    app.db.snapshot(read).await?.public(&req)
}

/// Read old addresses as a web server's rules
///
/// The same as a file that a web server reads: `netlify` is the file `_redirects`, `nginx` the inside of a `map` from `$uri`,
/// and tells in its first lines how to use it. What a form cannot say, such as a query, is left out and counted at the end. At
/// most 50,000 redirects, by path; a file that leaves some out for that says so at its end.
#[utoipa::path(get, path = "/v1/redirects/{format}", tag = "site", security(()), params(RulesPath),
    responses((status = 200, description = "The rules.", body = String, content_type = "text/plain; charset=utf-8")))]
pub async fn get_redirect_rules(app: Data<App>, path: Path<RulesPath>) -> Result<Answer> {
    let format = path.format;
    let text = app.db.snapshot(move |conn| write_rules(conn, format)).await?;
    Ok(Answer::public("text/plain; charset=utf-8", text.into()).surrogate_key("articles"))
}

fn write_rules(conn: &mut Connection, format: RuleFormat) -> Result<String> {
    let (mut text, mut read, mut unsaid) = (format.preamble().to_owned(), 0, 0);
    let mut after: Option<String> = None;
    loop {
        let rows = store::list(conn, &Wanted::default(), after.as_deref(), BATCH)?;
        let Some(last) = rows.last() else { break };
        if read == MOST_RULES {
            text.push_str(&format!("# The list of redirects goes on: these are the first {MOST_RULES}.\n"));
            break;
        }
        after = Some(last.key.clone());
        for row in &rows {
            read += 1;
            match format.rule(&row.path, &row.url) {
                Some(rule) => text.push_str(&rule),
                None => unsaid += 1,
            }
        }
    }
    if unsaid > 0 {
        text.push_str(&format!("# Left out because these rules cannot say them: {unsaid}.\n"));
    }
    Ok(text)
}

/// Remove the redirect of an old slug
///
/// The path leads nowhere any more, and another article may take the slug. Works for articles that are not live, too, whose
/// old slugs are in no list. An alias is removed by changing the article.
#[utoipa::path(delete, path = "/v1/redirects", tag = "site", security(("bearer" = [])),
    params(
        ("from" = String, Query, min_length = 1, max_length = 2000, example = "/the-tides",
            description = "The old address: a path on the website."),
        ("locale" = Option<String>, Query, nullable = false, max_length = 11, example = "en",
            description = "The language of the slug. Default: the site's.")),
    responses(
        (status = 204, description = "Removed."),
        (status = 404, description = "No article in that language had this address."),
        (status = 409, description = "`address-in-use`: the article still has the slug; `is-alias`: it is one of the article's `aliases`."),
    ))]
pub async fn remove_redirect(
    app: Data<App>,
    actor: Actor<RemoveRedirects>,
    Query(wanted): Query<Wanted>,
) -> Result<Answer> {
    let missing = || Error::parameter("from", "required", "the path whose redirect is to be removed");
    let from = wanted.from.ok_or_else(missing)?;
    let (config, locale) = (app.config.clone(), wanted.locale.unwrap_or_else(|| app.config.locale.clone()));
    app.db.write_as(actor.user, move |tx| store::remove(tx, &from, &locale, &config)).await?;
    Ok(Answer::no_content())
}
