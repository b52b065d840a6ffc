//! `/v1/redirects`: list redirects, and delete the redirect from an old slug.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::Serialize;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{Actor, DeleteRedirects};
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::page::PageParams;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{PageRequest, Query, Response};
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::address::{Address, MAX_ADDRESS, is_reserved};
use crate::base::text::validate;
use crate::redirects::store::{self, AddressRow, RedirectFilter};

/// A redirect from an old path on the website.
#[derive(Debug, Serialize, ToSchema)]
pub struct Redirect {
    /// The old path on the website, percent-encoded, without a trailing slash; with its query, if it has one.
    #[schema(min_length = 1, max_length = 2000, pattern = "^/", example = "/2019/tides")]
    from: String,
    /// The article's current URL.
    #[schema(max_length = 2500, format = Uri)]
    to: String,
    /// The status to redirect with: always 301.
    #[schema(minimum = 301, maximum = 301)]
    status: u16,
    /// The article's id.
    article: ArticleId,
    /// The language of the old slug, or of the article for one of its `aliases`.
    locale: Locale,
}

/// A page of redirects.
#[derive(Debug, Serialize, ToSchema)]
pub struct RedirectPage {
    /// The redirects.
    #[schema(max_items = 100)]
    items: Vec<Redirect>,
    /// The cursor of the next page; `null` on the last page.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
    /// The number of redirects in the whole list. Only with `include_total=true`.
    #[schema(required = false, nullable = false, minimum = 0, maximum = 1_000_000_000)]
    total: Option<i64>,
}

/// The filters of the list, for its documentation.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what RedirectFilter reads")]
pub struct RedirectFilterParams {
    /// Only the redirect from this path. Case and a trailing slash do not matter.
    #[param(
        nullable = false,
        format = "redirect-path",
        min_length = 2,
        max_length = 2000,
        example = "/2019/tides"
    )]
    from: Option<String>,
    /// Only redirects of this language.
    #[param(value_type = Option<Locale>)]
    locale: Option<Locale>,
}

impl FromParams for RedirectFilter {
    fn from_params(params: &mut Params) -> Self {
        let from = params.text_within("from", MAX_ADDRESS).and_then(|text| {
            let address = Address::parse(&text);
            if address.is_none() {
                params.refuse(
                    "from",
                    validate::malformed("path", "Must be a path that a redirect can start from."),
                );
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

/// List redirects
///
/// Needs no access token. Returns the old paths of published articles with the current URL of each: paths of slugs
/// the articles had before, and their `aliases`. Paths that differ only in case, percent-encoding or a trailing slash
/// count as one. No redirect starts at the current path of an article or leads to another redirect, and each path has
/// one redirect: an old slug wins over an alias, and the article published first over others.
///
/// In Next.js, return each from `redirects()` as `{source: from, destination: to, permanent: true}`, with a backslash before
/// each of `( ) { } : * +` in `source`. A path with a query needs `has`.
#[utoipa::path(get, path = "/v1/redirects", tag = "site", security(()), params(RedirectFilterParams, PageParams),
    responses((status = 200, description = "A page of redirects.", body = RedirectPage)))]
pub async fn list_redirects(
    app: Data<App>,
    req: HttpRequest,
    Query((filter, page)): Query<(RedirectFilter, PageRequest)>,
) -> Result<Response> {
    let read = move |conn: &mut Connection| {
        let mut found = page.read(
            conn,
            &("redirects", &filter),
            |conn, after: Option<String>, limit| store::list(conn, &filter, after.as_deref(), limit),
            |row| row.key.clone(),
            |conn| store::count(conn, &filter),
        )?;
        // A path may have been stored as an alias before it was reserved.
        found.items.retain(|row| !is_reserved(&row.key));
        Ok(found)
    };
    app.db.snapshot(read).await?.map(Redirect::from).public(&req)
}

/// Delete a redirect
///
/// Requires the right `redirects:delete`. Deletes the redirect from an article's old slug and frees the slug for other
/// articles. Also works for unpublished articles, whose old slugs are not listed. To delete an alias, remove it from the article's `aliases` and publish.
/// Responds 404 if no article had this path in that language, and 409 `address-in-use` if the article still has the slug
/// or `redirect-is-alias` for an alias.
#[utoipa::path(delete, path = "/v1/redirects", tag = "site", security(("bearer" = [])),
    params(
        ("from" = String, Query, format = "redirect-path", min_length = 2, max_length = 2000, example = "/the-tides",
            description = "The old path on the website."),
        ("locale" = Option<String>, Query, nullable = false, format = "language-tag", min_length = 2, max_length = 11, example = "en",
            description = "The language of the slug. Default: the site's.")),
    responses(
        (status = 204, description = "The redirect is deleted."),
        (status = 404, description = "No article in that language had this path."),
        (status = 409, description = "`address-in-use`: the article still has the slug; `redirect-is-alias`: it is one of the article's `aliases`."),
    ))]
pub async fn delete_redirect(
    app: Data<App>,
    actor: Actor<DeleteRedirects>,
    Query(filter): Query<RedirectFilter>,
) -> Result<Response> {
    let missing =
        || Error::parameter("from", "parameter-missing", "Required: the path of the redirect to delete.");
    let from = filter.from.ok_or_else(missing)?;
    let (config, locale) =
        (app.config.clone(), filter.locale.unwrap_or_else(|| app.config.site.locale.clone()));
    app.db.write_as(actor.origin, move |tx| store::remove(tx, &from, &locale, &config)).await?;
    Ok(Response::no_content())
}
