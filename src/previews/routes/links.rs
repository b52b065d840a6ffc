//! `/v1/articles/{article}/preview-links`.

use actix_web::http::StatusCode;
use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::app::App;
use crate::articles::history;
use crate::articles::resolve::lock_article;
use crate::articles::routes::article_in_path::DraftRead;
use crate::articles::routes::paths::{ArticlePath, InLocale};
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::http::Response;
use crate::base::http::json::{OptionalJson, present};
use crate::base::ids::PreviewLinkId;
use crate::previews::store::{self, LinkRow};
use crate::previews::{self, NewLink};
use crate::users::Actors;

/// A preview link, without its token.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewLink {
    id: PreviewLinkId,
    /// The revision that it shows; `null` for the draft as it is.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: Option<i64>,
    /// Who created it.
    by: ActorRef,
    /// When it was created.
    created_at: Timestamp,
    /// When it stops working.
    expires_at: Timestamp,
}

/// A new preview link, with its token.
#[derive(Debug, Serialize, ToSchema)]
pub struct CreatedPreviewLink {
    #[serde(flatten)]
    link: PreviewLink,
    /// The token. Only in this response; only a hash of it is stored.
    #[schema(min_length = 62, max_length = 62)]
    token: String,
    /// The URL to give to others: the page that `LEDE_PREVIEW_URL` names, or one of this server.
    #[schema(format = Uri, max_length = 4000)]
    url: String,
}

/// The preview links of an article.
#[derive(Debug, Serialize, ToSchema)]
pub struct PreviewLinks {
    /// Those that work, newest first. An article has 100 at most.
    #[schema(max_items = 100)]
    items: Vec<PreviewLink>,
    /// Always `null`: all links are on one page.
    #[schema(required = true, max_length = 4000)]
    next_cursor: Option<String>,
}

/// A preview link to create.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreatePreviewLink {
    /// When it stops working: in the future, at most 90 days from now. Omitted: in 7 days.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    expires_at: Option<Timestamp>,
    /// The revision to show. Omitted: always the draft as it is.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false, minimum = 1, maximum = 2_147_483_647)]
    revision: Option<i64>,
}

impl PreviewLink {
    fn new(row: &LinkRow, actors: &Actors) -> Self {
        Self {
            id: row.id,
            revision: row.revision,
            by: actors.get(row.actor_id),
            created_at: row.created_at,
            expires_at: row.expires_at,
        }
    }
}

/// List the preview links of an article
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Returns the links that work, without their tokens. A link does not work if its creator was
/// disabled or erased or may no longer read the draft, or if the API key that created it was revoked or has expired.
#[utoipa::path(get, path = "/v1/articles/{article}/preview-links", tag = "publishing", security(("bearer" = [])),
    params(ArticlePath, InLocale),
    responses(
        (status = 200, description = "The preview links.", body = PreviewLinks),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn list_preview_links(app: Data<App>, read: DraftRead) -> Result<Response> {
    let now = app.clock.now();
    app.db
        .snapshot(move |conn| {
            let article = read.row(conn)?.id;
            let rows = store::list(conn, article, now)?;
            let actors = Actors::load(conn, rows.iter().map(|row| row.actor_id))?;
            let items = rows.iter().map(|row| PreviewLink::new(row, &actors)).collect();
            Response::ok(&PreviewLinks { items, next_cursor: None })
        })
        .await
}

/// Create a preview link
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Returns the token in `token`, once, and in `url` the address to give to people without an
/// account. The token, sent as `Authorization: Bearer` from any origin, opens `GET /v1/articles/{article}/preview` of
/// this article and nothing else. The request takes no `Idempotency-Key`, because the response is not stored: if it is
/// lost, revoke the link and create another.
#[utoipa::path(post, path = "/v1/articles/{article}/preview-links", tag = "publishing", security(("bearer" = [])),
    params(ArticlePath, InLocale),
    request_body(content = Option<CreatePreviewLink>, content_type = "application/json"),
    responses(
        (status = 201, description = "The preview link, with `token`.", body = CreatedPreviewLink),
        (status = 409, description = "`preview-links-too-many`: the article has 100 preview links. Revoke one. `slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn create_preview_link(
    app: Data<App>,
    read: DraftRead,
    body: OptionalJson<CreatePreviewLink>,
) -> Result<Response> {
    let CreatePreviewLink { expires_at, revision } = body.0.unwrap_or_default();
    let new = NewLink::parse(expires_at, revision, app.clock.now())?;
    let config = app.config.clone();
    let create = move |tx: &mut Tx<'_>| {
        let article = lock_article(tx, read.actor, &read.article)?;
        if let Some(revision) = new.revision
            && !history::has_revision(tx, article.id, revision)?
        {
            let detail = "The article has no such revision.";
            return Err(Error::invalid("/revision", "revision-unknown", detail));
        }
        let (row, token) = store::create(tx, &read.actor, &article, new)?;
        let url = previews::url(&config, article.id, &article.slug, &article.locale, &token);
        let link = PreviewLink::new(&row, &Actors::load(tx, [row.actor_id])?);
        let created = CreatedPreviewLink { link, token: token.expose().to_owned(), url };
        Ok(Response::ok(&created)?.status(StatusCode::CREATED))
    };
    app.db.write_as(read.actor.origin, create).await
}
