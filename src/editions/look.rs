//! Looks an article up as readers name it: the stored rendering, made anew first if it is stale, or where the article is
//! now.

use actix_web::HttpRequest;
use diesel::prelude::*;
use serde::Deserialize;

use super::render::Source;
use super::{Edition, remake};
use crate::app::App;
use crate::articles::{ArticleRef, slugs};
use crate::base::db::Connection;
use crate::base::db::schema::{renderings, surroundings};
use crate::base::error::{Error, Result};
use crate::base::http::Answer;
use crate::base::http::public::moved;
use crate::base::ids::ArticleId;
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

/// The default answer as kept.
#[derive(Queryable)]
pub(super) struct Finished {
    tag: String,
    item: Vec<u8>,
    pub(super) body: Vec<u8>,
}

/// A rendering as kept.
#[derive(Queryable)]
pub(super) struct Stored {
    pub(super) id: ArticleId,
    pub(super) finished: Finished,
    sources: Vec<u8>,
}

/// What an item names by id, read as it stands there.
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
    /// The default answer.
    pub(super) fn answer(self) -> Result<Answer> {
        let key = self.surrogate_key()?;
        Ok(Answer::public("application/json", self.body.into()).tag(self.tag).surrogate_key(key))
    }

    /// The ids of the article, its topics and its authors.
    fn surrogate_key(&self) -> Result<String> {
        let named: Named<'_> = serde_json::from_slice(&self.item)?;
        let labels = named.topics.iter().chain(&named.authors);
        Ok(labels.fold(named.id.to_owned(), |key, label| key + " " + label.id))
    }
}

impl Stored {
    /// An answer that is made of it, named after what it is made of for caches in front.
    pub(super) fn names(&self, answer: Answer) -> Result<Answer> {
        Ok(answer.surrogate_key(self.finished.surrogate_key()?))
    }

    pub(super) fn parse(&self) -> Result<(Edition, Vec<Source>)> {
        Ok((serde_json::from_slice(&self.finished.body)?, serde_json::from_slice(&self.sources)?))
    }
}

/// The default answer for a slug, if its rendering is known to be right.
pub(super) fn find_fresh(conn: &mut Connection, locale: &Locale, slug: &Slug) -> Result<Option<Finished>> {
    let present =
        surroundings::table.on(surroundings::id.eq(1).and(surroundings::epoch.eq(renderings::epoch)));
    Ok(renderings::table
        .inner_join(present)
        .filter(renderings::locale.eq(locale))
        .filter(renderings::slug.eq(slug))
        .select(FINISHED)
        .get_result(conn)
        .optional()?)
}

/// What became of a look for an article.
enum Found {
    Fresh(Box<Stored>),
    Stale(ArticleId),
    /// Under another name now.
    Moved(String),
}

/// Looks an article up as readers name it.
fn look(conn: &mut Connection, article: &ArticleRef, locale: &Locale) -> Result<Found> {
    let mut query = renderings::table.into_boxed();
    query = match article {
        ArticleRef::Id(id) => query.filter(renderings::article_id.eq(*id)),
        ArticleRef::Slug(slug) => {
            query.filter(renderings::locale.eq(locale)).filter(renderings::slug.eq(slug))
        }
    };
    let found: Option<(i64, Stored)> =
        query.select((renderings::epoch, STORED)).get_result(conn).optional()?;
    match (found, article) {
        (Some((epoch, stored)), _) => Ok(if epoch < render_context::store::epoch(conn)? {
            Found::Stale(stored.id)
        } else {
            Found::Fresh(Box::new(stored))
        }),
        (None, ArticleRef::Slug(slug)) => {
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
        (None, ArticleRef::Id(_)) => Err(Error::NotFound("article")),
    }
}

/// Answers a request for something of an article: what `make` makes of the rendering, or where the article is now.
pub(super) async fn answer(
    app: &App,
    req: &HttpRequest,
    article: ArticleRef,
    locale: Locale,
    make: impl AsyncFnOnce(Stored) -> Result<Answer>,
) -> Result<Answer> {
    const TRIES: u32 = 3;
    for _ in 0..TRIES {
        let (article, locale) = (article.clone(), locale.clone());
        match app.db.read(move |conn| look(conn, &article, &locale)).await? {
            Found::Fresh(stored) => return make(*stored).await,
            Found::Moved(to) => return Ok(moved(req, "article", &to)),
            Found::Stale(id) => {
                remake::one(app, id).await?;
            }
        }
    }
    Err(Error::unavailable("the article's surroundings keep changing"))
}
