//! Looking up a published article by its id or slug: the stored rendering, rendered again first if it is stale, or a
//! redirect to the current slug.

use actix_web::HttpRequest;
use diesel::prelude::*;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::formats::Source;
use super::related::Relations;
use super::view::View;
use super::{Edition, rerender};
use crate::app::App;
use crate::articles::{ArticleKey, slugs};
use crate::base::db::Connection;
use crate::base::db::schema::{render_context as context, renderings};
use crate::base::error::{Error, Result};
use crate::base::http::Response;
use crate::base::http::moved;
use crate::base::ids::ArticleId;
use crate::base::logger;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::render_context;

/// The columns of a [`Finished`].
const FINISHED: (renderings::etag, renderings::item, renderings::body) =
    (renderings::etag, renderings::item, renderings::body);
/// The columns of a [`Stored`].
type StoredColumns =
    (renderings::article_id, (renderings::etag, renderings::item, renderings::body), renderings::sources);
pub(super) const STORED: StoredColumns = (renderings::article_id, FINISHED, renderings::sources);

/// The default response as stored.
#[derive(Queryable)]
pub(super) struct Finished {
    tag: String,
    item: Vec<u8>,
    pub(super) body: Vec<u8>,
}

/// A rendering as stored.
#[derive(Queryable)]
pub(super) struct Stored {
    pub(super) id: ArticleId,
    pub(super) finished: Finished,
    sources: Vec<u8>,
}

/// The ids in an item, borrowed from it.
#[derive(Deserialize)]
struct Named<'a> {
    id: &'a str,
    #[serde(borrow, default)]
    authors: Vec<Label<'a>>,
    #[serde(borrow, default)]
    topics: Vec<Label<'a>>,
}

#[derive(Deserialize)]
struct Label<'a> {
    id: &'a str,
}

impl Finished {
    /// The default response.
    pub(super) fn into_response(self) -> Result<Response> {
        let key = self.surrogate_key()?;
        Ok(Response::public("application/json", self.body.into()).tag(self.tag).surrogate_key(key))
    }

    /// The ids of the article, its topics and its authors.
    fn surrogate_key(&self) -> Result<String> {
        let named: Named<'_> = serde_json::from_slice(&self.item).map_err(|why| self.unreadable(&why))?;
        let labels = named.topics.iter().chain(&named.authors);
        Ok(labels.fold(named.id.to_owned(), |key, label| key + " " + label.id))
    }
}

impl Finished {
    /// Logs that it cannot be read. Readers do not find such an article until it is published again.
    fn unreadable(&self, why: &serde_json::Error) -> Error {
        logger::error_once(format!("the rendering with the entity tag {} cannot be read: {why}", self.tag));
        Error::NotFound("article")
    }
}

impl Stored {
    /// A response made of it, with its surrogate keys.
    pub(super) fn with_keys(&self, response: Response) -> Result<Response> {
        Ok(response.surrogate_key(self.surrogate_key()?))
    }

    /// The ids of the article, its topics and its authors: its surrogate keys.
    pub(super) fn surrogate_key(&self) -> Result<String> {
        self.finished.surrogate_key()
    }

    /// What decides which other articles are related and adjacent.
    pub(super) fn relations(&self) -> Result<Relations> {
        serde_json::from_slice(&self.finished.item).map_err(|why| self.finished.unreadable(&why))
    }

    /// The JSON of the default response.
    pub(super) fn body(&self) -> &[u8] {
        &self.finished.body
    }

    /// The JSON of the fields and formats that are asked for.
    pub(super) fn select(&self, view: &View) -> Result<Box<RawValue>> {
        let (edition, sources) = self.parse()?;
        view.select(edition, &sources)
    }

    /// The edition with HTML bodies, and its bodies in the other formats.
    pub(super) fn parse(&self) -> Result<(Edition, Vec<Source>)> {
        let unreadable = |why| self.finished.unreadable(&why);
        let edition = serde_json::from_slice(&self.finished.body).map_err(unreadable)?;
        Ok((edition, serde_json::from_slice(&self.sources).map_err(unreadable)?))
    }
}

/// The default response for a slug, if its rendering is known to be current.
pub(super) fn find_current(conn: &mut Connection, locale: &Locale, slug: &Slug) -> Result<Option<Finished>> {
    let current = context::table.on(context::id.eq(1).and(context::epoch.eq(renderings::epoch)));
    Ok(renderings::table
        .inner_join(current)
        .filter(renderings::locale.eq(locale))
        .filter(renderings::slug.eq(slug))
        .select(FINISHED)
        .get_result(conn)
        .optional()?)
}

/// The outcome of a look-up.
enum Found {
    Rendering {
        is_current: bool,
        stored: Box<Stored>,
    },
    /// Published under this slug or id now.
    Moved(String),
}

/// Looks up a published article.
fn find(conn: &mut Connection, article: &ArticleKey) -> Result<Found> {
    let mut query = renderings::table.into_boxed();
    query = match article {
        ArticleKey::Id(id) => query.filter(renderings::article_id.eq(*id)),
        ArticleKey::Slug(locale, slug) => {
            query.filter(renderings::locale.eq(locale)).filter(renderings::slug.eq(slug))
        }
    };
    let found: Option<(i64, Stored)> =
        query.select((renderings::epoch, STORED)).get_result(conn).optional()?;
    match (found, article) {
        (Some((epoch, stored)), _) => {
            let is_current = epoch >= render_context::store::epoch(conn)?;
            Ok(Found::Rendering { is_current, stored: Box::new(stored) })
        }
        (None, ArticleKey::Slug(locale, slug)) => {
            let Some((owner, true)) = slugs::owner(conn, locale, slug)? else {
                return Err(Error::NotFound("article"));
            };
            let live: Option<(Locale, String)> = renderings::table
                .filter(renderings::article_id.eq(owner))
                .select((renderings::locale, renderings::slug))
                .get_result(conn)
                .optional()?;
            match live {
                Some((other, slug)) if other == *locale => Ok(Found::Moved(slug)),
                Some(_) => Ok(Found::Moved(owner.to_string())),
                None => Err(Error::NotFound("article")),
            }
        }
        (None, ArticleKey::Id(_)) => Err(Error::NotFound("article")),
    }
}

/// Responds to a request for something of a published article: with what `make` makes of the rendering, or a redirect.
pub(super) async fn respond(
    app: &App,
    req: &HttpRequest,
    article: ArticleKey,
    make: impl AsyncFnOnce(Stored) -> Result<Response>,
) -> Result<Response> {
    let look_up = async || {
        let article = article.clone();
        app.db.read(move |conn| find(conn, &article)).await
    };
    let mut found = look_up().await?;
    if let Found::Rendering { is_current: false, stored } = &found {
        rerender::refresh(app, stored.id).await;
        found = look_up().await?;
    }
    match found {
        Found::Rendering { stored, .. } => make(*stored).await,
        Found::Moved(to) => Ok(moved(req, "article", &to)),
    }
}
