//! `GET /v1/articles/{article}/preview`.

use std::pin::Pin;

use actix_web::dev::Payload;
use actix_web::http::header::HeaderName;
use actix_web::web::{Data, Path};
use actix_web::{FromRequest, HttpMessage as _, HttpRequest};
use utoipa::IntoParams;

use crate::app::App;
use crate::articles::ArticleKey;
use crate::articles::resolve::{resolve_article, resolve_if};
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::articles::store::ArticleRow;
use crate::auth::guard::bearer;
use crate::auth::preview_token::{self, PreviewToken};
use crate::auth::{Actor, ReadDrafts};
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::{AuthFailure, Denial, Error, Result};
use crate::base::http::endpoint::{Requires, Routed};
use crate::base::http::limit::Policy;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Query, Response};
use crate::editions::view::{PartialEdition, View};
use crate::previews::preview::Preview;
use crate::previews::store;

/// Keeps previews out of search engines.
pub(super) static ROBOTS: HeaderName = HeaderName::from_static("x-robots-tag");

/// The revision to show.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct AtRevision {
    /// Show this revision in place of the draft. Not with the token of a preview link, which shows what the link is for.
    #[param(nullable = false, minimum = 1, maximum = 2_147_483_647)]
    pub revision: Option<i64>,
}

impl FromParams for AtRevision {
    fn from_params(params: &mut Params) -> Self {
        Self { revision: params.number("revision", 1..=i64::from(i32::MAX)) }
    }
}

/// Who previews.
#[derive(Debug, Clone)]
enum Reader {
    /// A user or an API key with the right to read drafts.
    Actor(Box<Actor<ReadDrafts>>),
    /// Whoever has a preview link.
    Link(PreviewToken),
}

/// A request for a preview.
#[derive(Debug, Clone)]
pub struct PreviewRead {
    reader: Reader,
    article: ArticleKey,
}

impl Requires for PreviewRead {
    const RIGHT: Option<&'static str> = Actor::<ReadDrafts>::RIGHT;
}

impl FromRequest for PreviewRead {
    type Error = Error;
    type Future = Pin<Box<dyn Future<Output = Result<Self>>>>;

    fn from_request(req: &HttpRequest, payload: &mut Payload) -> Self::Future {
        let app = req.app_data::<Data<App>>().cloned();
        let link = link_token(req);
        let actor = link.is_none().then(|| Actor::from_request(req, payload));
        let path = Path::<ArticlePath>::from_request(req, payload);
        let query = Query::<InLocale>::from_request(req, payload);
        Box::pin(async move {
            let app = app.ok_or_else(|| Error::internal("the application is missing"))?;
            let unknown = Error::Unauthenticated(AuthFailure::UnknownLink);
            let reader = match (link, actor) {
                (Some(token), _) => Reader::Link(token.ok_or(unknown)?),
                (None, Some(actor)) => Reader::Actor(Box::new(actor.await?)),
                (None, None) => return Err(unknown),
            };
            let path = path.await.map_err(|_| Error::NotFound("page"))?.into_inner();
            let Query(locale) = query.await?;
            Ok(Self { reader, article: locale.key(&app, path.article) })
        })
    }
}

/// The token of a request that has one of a preview link, or something like it. Pages of any origin may read the response
/// then: it depends on nothing that a browser adds by itself.
fn link_token(req: &HttpRequest) -> Option<Option<PreviewToken>> {
    let text = bearer(req).ok().filter(|text| text.starts_with(preview_token::START))?;
    let mut known = req.extensions_mut();
    if let Some(routed) = known.get::<Routed>().copied() {
        known.insert(Routed { open: true, ..routed });
    }
    Some(PreviewToken::parse(&text))
}

impl PreviewRead {
    /// The article, and which of its revisions to show; `None` for the draft.
    fn find(
        &self,
        conn: &mut Connection,
        asked: Option<i64>,
        now: Timestamp,
    ) -> Result<(ArticleRow, Option<i64>)> {
        match &self.reader {
            Reader::Actor(actor) => Ok((resolve_article(conn, **actor, &self.article)?, asked)),
            Reader::Link(token) => {
                let link = store::open(conn, token, now)?;
                let row = resolve_if(conn, &self.article, |_, row| link.check(row))?;
                // Others than the one of the link would be more than it was given for.
                if asked.is_some() {
                    return Err(Error::Forbidden(Denial::PreviewLink));
                }
                Ok((row, link.revision))
            }
        }
    }
}

/// Counts a preview link that does not exist against the budget of the client's network.
///
/// # Errors
/// Those of `found`; too many, if the budget is used up.
pub(super) fn limited<T>(app: &App, req: &HttpRequest, found: Result<T>) -> Result<T> {
    if let Err(Error::Unauthenticated(AuthFailure::UnknownLink)) = &found {
        app.limits.admit_network(req, Policy::UnknownPreviewLink)?;
    }
    found
}

/// Preview a draft
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Renders the draft as an edition without saving it. The token of a preview link of the article
/// does, too, from pages of any origin: 401 `token-invalid` if it was revoked, `link-expired` if it has expired, and
/// 404 while the article is in the trash.
#[utoipa::path(get, path = "/v1/articles/{article}/preview", tag = "publishing", security(("bearer" = [])),
    params(ArticlePath, InLocale, AtRevision, View),
    responses(
        (status = 200, description = "The edition.", body = PartialEdition,
         headers(("X-Robots-Tag" = String, description = "`noindex`."))),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn get_preview(
    app: Data<App>,
    req: HttpRequest,
    read: PreviewRead,
    Query((at, view)): Query<(AtRevision, View)>,
) -> Result<Response> {
    let (config, now) = (app.config.clone(), app.clock.now());
    let find = move |conn: &mut Connection| {
        let (row, revision) = read.find(conn, at.revision, now)?;
        Preview::find(conn, &row, revision, &config, now)
    };
    let preview = limited(&app, &req, app.db.snapshot(find).await)?;
    app.compute
        .run(move || {
            let (edition, sources) = preview.render();
            Ok(Response::ok(&view.select(edition, &sources)?)?.header(ROBOTS.clone(), "noindex"))
        })
        .await
}
