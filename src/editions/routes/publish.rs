//! Publishing an article, and taking it back.

use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::articles::output::Draft;
use crate::articles::routes::articles::{ArticlePath, InLocale, written};
use crate::auth::{Actor, PublishArticles};
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::{Answer, IdempotencyKey, Json, Query};
use crate::editions::publish::{self, Prepared, Wanted};

/// What is to be published.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Publish {
    /// The revision that was seen: what goes out is exactly that.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// When the article was first published, if that was elsewhere; in the past. For editors.
    #[serde(default)]
    #[schema(nullable = false)]
    published_at: Option<Timestamp>,
}

/// Publish a revision
///
/// Makes an edition of it, which readers see from now on. If they see that revision already, nothing happens.
#[utoipa::path(post, path = "/v1/articles/{article}/publish", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale,
        IdempotencyKeyHeader),
    request_body = Publish,
    responses(
        (status = 200, description = "Published; the draft now.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`in-trash`, `slug-taken`, `slug-moved`, or `overtaken` by another publication."),
    ))]
pub async fn publish_article(
    app: Data<App>,
    actor: Actor<PublishArticles>,
    key: IdempotencyKey,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
    body: Json<Publish>,
) -> Result<Answer> {
    let once = key.once(actor.user, &body.fingerprint);
    let (locale, article) = (locale.or_default(&app), path.into_inner().article);
    let Publish { revision, published_at } = body.value;
    if let Some(at) = published_at {
        check_first_publication(actor, at, app.clock.now())?;
    }
    let wanted = Wanted { article: article.clone(), locale: locale.clone(), revision, published_at };
    let work = move |tx: &mut Tx<'_>, prepared: &Option<Prepared>| {
        let kept = publish::commit(tx, actor, &article, &locale, revision, prepared.as_ref())?;
        written(tx, &kept, Vec::new())
    };
    once.answer(&app.db, publish::prepare(&app, actor, wanted), work).await
}

fn check_first_publication(actor: Actor<PublishArticles>, at: Timestamp, now: Timestamp) -> Result<()> {
    if actor.only_of().is_some() {
        let detail = "editors may say when an article was first published";
        return Err(Error::invalid("/published_at", "not-for-your-role", detail));
    }
    if at > now {
        return Err(Error::invalid("/published_at", "in-the-future", "a moment in the past"));
    }
    Ok(())
}

/// Take an article from its readers
///
/// Its draft and history stay.
#[utoipa::path(post, path = "/v1/articles/{article}/unpublish", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale,
        IdempotencyKeyHeader),
    responses(
        (status = 200, description = "Taken back; the draft now.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`not-published`, `in-trash` or `slug-moved`."),
    ))]
pub async fn unpublish_article(
    app: Data<App>,
    actor: Actor<PublishArticles>,
    key: IdempotencyKey,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
) -> Result<Answer> {
    let (locale, article) = (locale.or_default(&app), path.into_inner().article);
    let work = move |tx: &mut Tx<'_>, (): &()| {
        let kept = publish::unpublish(tx, actor, &article, &locale)?;
        written(tx, &kept, Vec::new())
    };
    key.once(actor.user, &[]).answer(&app.db, async { Ok(()) }, work).await
}
