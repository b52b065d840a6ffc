//! `/v1/redirects`: list, create and delete redirects.

use actix_web::HttpRequest;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use url::form_urlencoded::byte_serialize;
use utoipa::openapi::schema::{KnownFormat, Object, ObjectBuilder, SchemaFormat, Type};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::auth::{Actor, DeleteRedirects, WriteRedirects};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Invalid, Result, Violations};
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::page::PageParams;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{IdempotencyKey, Json, PageRequest, Query, Response};
use crate::base::ids::{ArticleId, RedirectId};
use crate::base::text::Locale;
use crate::base::text::address::{Address, MAX_ADDRESS, is_served};
use crate::base::text::validate;
use crate::redirects::created::{self, Target};
use crate::redirects::list::{self, RedirectRow};
use crate::redirects::store::{self, RedirectFilter};
use crate::render_context;

/// The statuses of redirects.
const STATUSES: [(i64, &str); 3] = [(301, "301"), (302, "302"), (410, "410")];

/// A redirect from a path on the website.
#[derive(Debug, Serialize, ToSchema)]
pub struct Redirect {
    /// The path on the website, percent-encoded, without a trailing slash; with its query, if it has one.
    #[schema(min_length = 1, max_length = 2000, pattern = "^/", example = "/2019/tides")]
    from: String,
    /// The URL to redirect to: an article's current one, or that of the redirect. `null` with the status 410.
    #[schema(required = true, max_length = 2500, format = Uri)]
    to: Option<String>,
    /// The status to respond with: 301 or 302 to redirect, 410 for what is gone. Always 301 for an article.
    #[schema(minimum = 301, maximum = 410)]
    status: i64,
    /// The id of a redirect that was created with `POST /v1/redirects`; `null` for an article's.
    #[schema(value_type = Option<String>, format = Uuid, min_length = 36, max_length = 36, required = true)]
    id: Option<RedirectId>,
    /// The article whose old path it is; `null` for a redirect that was created.
    #[schema(required = true)]
    article: Option<ArticleId>,
    /// The language that the article had at the path, or has for one of its `aliases`; `null` for a redirect that was
    /// created.
    #[schema(required = true)]
    locale: Option<Locale>,
}

/// A redirect to create.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateRedirect {
    /// The path on the website, perhaps with a query. Case and a trailing slash do not matter.
    #[schema(format = "redirect-path", min_length = 2, max_length = 2000, example = "/category/sea/")]
    from: String,
    /// A path on the website, or an http or https URL. Required, unless the status is 410.
    #[schema(format = "url-or-path", min_length = 1, max_length = 2000, example = "/topics/sea")]
    to: Option<String>,
    /// The status to respond with: 301 (moved for good), 302 (elsewhere for now) or 410 (gone).
    #[schema(schema_with = status_schema)]
    status: i64,
}

fn status_schema() -> Object {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)))
        .minimum(Some(301))
        .maximum(Some(410))
        .enum_values(Some(STATUSES.map(|(status, _)| status)))
        .examples([301])
        .build()
}

impl CreateRedirect {
    /// The path, the target and the status.
    fn parse(self) -> Result<(Address, Option<Target>, i64)> {
        let mut violations = Violations::default();
        let from = violations.take("/from", check_from(&self.from)).flatten();
        let status = STATUSES.iter().any(|(status, _)| *status == self.status);
        let known = || validate::unknown("status", STATUSES.map(|(_, text)| text));
        violations.take("/status", status.then_some(()).ok_or_else(known));
        let to = violations.take("/to", check_to(self.to.as_deref(), self.status)).flatten();
        violations.check()?;
        Ok((from.ok_or_else(|| Error::internal("unchecked"))?, to, self.status))
    }
}

fn check_from(text: &str) -> Result<Option<Address>, Invalid> {
    let path = validate::path("path", text, MAX_ADDRESS)?;
    let address = Address::parse(&path)
        .ok_or_else(|| validate::malformed("path", "Must be a path that a redirect can start from."))?;
    if is_served(&address.key) {
        return Err(Invalid::new("path-reserved", "This path is kept for the API."));
    }
    Ok(Some(address))
}

/// Checks the target as it was sent, and as it is stored: percent-encoded.
fn check_to(text: Option<&str>, status: i64) -> Result<Option<Target>, Invalid> {
    let Some(text) = text else {
        return if status == 410 { Ok(None) } else { Err(validate::missing("to")) };
    };
    if status == 410 {
        return Err(Invalid::new(
            "to-forbidden",
            "A redirect with the status 410 has no target. Leave `to` out.",
        ));
    }
    let target = Target::parse(&validate::url_or_path("url", text)?);
    if let Some(target) = &target {
        validate::url_or_path("url", target.as_str())?;
    }
    Ok(target)
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

impl From<RedirectRow> for Redirect {
    fn from(row: RedirectRow) -> Self {
        let RedirectRow { from, to, status, id, article, locale, .. } = row;
        Self { from, to, status, id, article, locale }
    }
}

/// List redirects
///
/// Needs no access token. Returns the old paths of published articles with the current URL of each: paths that the articles
/// had before, with another slug or another `LEDE_ARTICLE_PATH`, and their `aliases`. Redirects that were created are
/// listed with them, unless an article has the path. Paths that differ only in case, percent-encoding or a trailing slash
/// count as one. No redirect starts at the current path of an article or leads to another redirect, and each path has one
/// redirect: an old path wins over an alias, the article published first over others, and any article over a redirect that
/// was created.
///
/// In Next.js, return each with a `to` from `redirects()` as `{source: from, destination: to, statusCode: status}`, with a
/// backslash before each of `( ) { } : * +` in `source`. A path with a query needs `has`.
#[utoipa::path(get, path = "/v1/redirects", tag = "site", security(()), params(RedirectFilterParams, PageParams),
    responses((status = 200, description = "A page of redirects.", body = RedirectPage)))]
pub async fn list_redirects(
    app: Data<App>,
    req: HttpRequest,
    Query((filter, page)): Query<(RedirectFilter, PageRequest)>,
) -> Result<Response> {
    let config = app.config.clone();
    let read = move |conn: &mut Connection| {
        let website = render_context::store::website(conn, &config)?;
        let mut found = page.read(
            conn,
            &("redirects", &filter),
            |conn, after: Option<String>, limit| list::list(conn, &filter, &website, after.as_deref(), limit),
            |row| row.key.clone(),
            |conn| list::count(conn, &filter, &website),
        )?;
        found.items.retain(|row| !row.is_reserved());
        Ok(found)
    };
    Ok(app.db.snapshot(read).await?.map(Redirect::from).public(&req)?.surrogate_key("articles"))
}

/// Create a redirect
///
/// Requires the right `redirects:write`. For paths of the website that no article has, such as `/feed/` or
/// `/category/sea/`. `to` is a path on the website, which may be below another path than the articles, or a URL. If it is
/// an address of an article, the redirect follows that article when it is renamed. If an article gets the path later, as its
/// current address, an old one or an alias, the redirect is not listed for as long as the article has it.
///
/// There can be 10,000 redirects. Responds 409 `address-in-use` if an article has the path, `redirect-exists` if another
/// redirect starts there, `redirect-chain` if redirects would lead to one another, and `redirects-too-many`.
#[utoipa::path(post, path = "/v1/redirects", tag = "site", security(("bearer" = [])), request_body = CreateRedirect,
    params(IdempotencyKeyHeader),
    responses(
        (status = 201, description = "The redirect was created.", body = Redirect),
        (status = 409, description = "`address-in-use`, `redirect-exists`, `redirect-chain` or `redirects-too-many`."),
    ))]
pub async fn create_redirect(
    app: Data<App>,
    actor: Actor<WriteRedirects>,
    key: IdempotencyKey,
    body: Json<CreateRedirect>,
) -> Result<Response> {
    let (from, to, status) = body.value.parse()?;
    let config = app.config.clone();
    let work = move |tx: &mut Tx<'_>| {
        let website = render_context::store::website(tx, &config)?;
        let row = created::create(tx, from.clone(), to.clone(), status, &website)?;
        let urls = created::urls(tx, &website, std::slice::from_ref(&row))?;
        let row = RedirectRow::of_created(row, urls.into_iter().next().flatten());
        let from: String = byte_serialize(row.from.as_bytes()).collect();
        Response::created(format!("/v1/redirects?from={from}"), &Redirect::from(row))
    };
    key.once(actor.origin, &body.fingerprint).write(&app.db, work).await
}

/// Delete a redirect
///
/// Requires the right `redirects:delete`. Without `locale`, deletes the redirect that was created for the path.
///
/// If there is none, or with `locale`, deletes the redirect from an old path of an article. If the path is that of an old
/// slug, this frees the slug for other articles. It also works for unpublished articles, whose old paths are not listed. To
/// delete an alias, remove it from the article's `aliases` and publish.
///
/// Responds 404 if there is no such redirect and no article had this path in that language. Responds 409 `address-in-use`
/// if an article has the path or needs the slug, or `redirect-is-alias` for an alias.
#[utoipa::path(delete, path = "/v1/redirects", tag = "site", security(("bearer" = [])),
    params(
        ("from" = String, Query, format = "redirect-path", min_length = 2, max_length = 2000, example = "/the-tides",
            description = "The path on the website."),
        ("locale" = Option<String>, Query, nullable = false, format = "language-tag", min_length = 2, max_length = 11, example = "en",
            description = "The language that the article had at the path. Default: the site's.")),
    responses(
        (status = 204, description = "The redirect is deleted."),
        (status = 404, description = "There is no such redirect, and no article in that language had this path."),
        (status = 409, description = "`address-in-use`: the article has the path, or its draft or its schedule the slug; `redirect-is-alias`: it is one of the article's `aliases`."),
    ))]
pub async fn delete_redirect(
    app: Data<App>,
    actor: Actor<DeleteRedirects>,
    Query(filter): Query<RedirectFilter>,
) -> Result<Response> {
    let missing =
        || Error::parameter("from", "parameter-missing", "Required: the path of the redirect to delete.");
    let from = filter.from.ok_or_else(missing)?;
    let config = app.config.clone();
    let delete = move |tx: &mut Tx<'_>| {
        if filter.locale.is_none() && created::delete(tx, &from)? {
            return Ok(());
        }
        let locale = filter.locale.as_ref().unwrap_or(&config.site.locale);
        store::remove(tx, &from, locale, &config)
    };
    app.db.write_as(actor.origin, delete).await?;
    Ok(Response::no_content())
}
