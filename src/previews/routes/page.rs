//! `/preview/{token}`: the page that shows a draft to whoever has a preview link.

use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path};
use actix_web::{HttpMessage as _, HttpRequest, ResponseError as _};
use minijinja::{Value, context};
use url::Url;

use super::preview::{ROBOTS, limited};
use crate::app::App;
use crate::articles::store as articles;
use crate::auth::preview_token::PreviewToken;
use crate::base::actor::RequestId;
use crate::base::db::Connection;
use crate::base::error::{AuthFailure, Error, Result};
use crate::base::http::Response;
use crate::base::http::html::{self, page, page_with_policy};
use crate::base::templates::Language;
use crate::base::text::absolute::absolute_outside_page;
use crate::editions::Edition;
use crate::previews::preview::Preview;
use crate::previews::store;

/// Get the preview page
///
/// The page that a preview link opens, unless `LEDE_PREVIEW_URL` points it elsewhere: the draft, or the revision of the
/// link, as plain HTML without scripts. Responds 404 if the link is unknown or was revoked, and 410 if it has expired.
#[utoipa::path(get, path = "/preview/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token of the link.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html",
         headers(("X-Robots-Tag" = String, description = "`noindex`."))),
        (status = 404, description = "The link is unknown or was revoked.", body = String, content_type = "text/html"),
        (status = 410, description = "The link has expired.", body = String, content_type = "text/html"),
        (status = 429, description = "Too many unknown links from this network.", body = String, content_type = "text/html",
         example = "<!DOCTYPE html>\n<html lang=\"en\">…</html>\n"),
        (status = 500, description = "A defect.", body = String, content_type = "text/html",
         example = "<!DOCTYPE html>\n<html lang=\"en\">…</html>\n"),
        (status = 503, description = "Overloaded, or the database is unavailable.", body = String, content_type = "text/html",
         example = "<!DOCTYPE html>\n<html lang=\"en\">…</html>\n"),
    ))]
pub async fn get_preview_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Response> {
    let language = html::language(&app.templates, &req, None);
    let shown = match show(&app, &req, &token, language.clone()).await {
        Ok(shown) => shown,
        Err(error) => failure_page(&app, &req, &language, &error)?,
    };
    Ok(shown.header(ROBOTS.clone(), "noindex"))
}

async fn show(app: &Data<App>, req: &HttpRequest, token: &str, language: Language) -> Result<Response> {
    let token = PreviewToken::parse(token).ok_or(Error::Unauthenticated(AuthFailure::UnknownLink))?;
    let (config, now) = (app.config.clone(), app.clock.now());
    let find = move |conn: &mut Connection| {
        let link = store::open(conn, &token, now)?;
        let row = articles::find(conn, link.article)?.ok_or(Error::NotFound("article"))?;
        link.check(&row)?;
        Preview::find(conn, &row, link.revision, &config, now)
    };
    let preview = limited(app, req, app.db.snapshot(find).await)?;
    let own = app.clone();
    app.compute
        .run(move || {
            let (edition, _) = preview.render();
            let policy = own.templates.policy_with_media(&own.policy().iframe_hosts);
            page_with_policy(
                &own.templates,
                &language,
                StatusCode::OK,
                "preview.html",
                shown(&edition),
                &policy,
            )
        })
        .await
}

/// What the page shows of an edition.
fn shown(edition: &Edition) -> Value {
    let page = Url::parse(&edition.url).ok();
    let resolve = |url: &str| page.as_ref().and_then(|page| page.join(url).ok()).map(String::from);
    let content = edition.content_html();
    let content = page.as_ref().map_or_else(String::new, |page| absolute_outside_page(&content, page));
    let authors: Vec<&str> = edition.authors.iter().map(|author| author.name.as_str()).collect();
    let cover = edition.cover.as_ref();
    context! {
        locale => edition.locale.as_str(),
        title => &edition.title,
        subtitle => &edition.subtitle,
        authors => authors.join(", "),
        cover => cover.and_then(|cover| resolve(&cover.url)),
        alt => cover.and_then(|cover| cover.alt.clone()).unwrap_or_default(),
        content => Value::from_safe_string(content),
    }
}

/// A page for a failure. It is logged here, because the pipeline sees a response like any other.
fn failure_page(app: &App, req: &HttpRequest, language: &Language, error: &Error) -> Result<Response> {
    let id = req.extensions().get::<RequestId>().copied();
    let id = id.as_ref().map(RequestId::as_str).unwrap_or_default();
    app.refusals.record(error, format_args!("GET /preview/{{token}} {id}"));
    let (status, message) = match error {
        Error::Unauthenticated(AuthFailure::ExpiredLink) => (StatusCode::GONE, "preview_expired"),
        Error::Unauthenticated(_) | Error::NotFound(_) | Error::Hidden(_) => {
            (StatusCode::NOT_FOUND, "preview_unknown")
        }
        Error::TooMany(_) => (StatusCode::TOO_MANY_REQUESTS, "account_busy"),
        error => (error.status_code(), "preview_failed"),
    };
    let link: Option<String> = None;
    let shown = page(&app.templates, language, status, "message.html", context! { message, link })?;
    Ok(match error {
        Error::TooMany(seconds) => shown.header(header::RETRY_AFTER, seconds.to_string()),
        _ => shown,
    })
}
