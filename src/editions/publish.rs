//! Publishing and taking back. The rendering is made before the write; inside it only what it relied on is checked again.

use super::render::{Facts, Rendering, render};
use super::store::{self, EditionRow};
use crate::app::App;
use crate::articles::drafts::{self, Draft};
use crate::articles::store::{ArticleRow, find_revision};
use crate::articles::{ArticleRef, Content, Metadata, slugs};
use crate::auth::{Actor, PublishArticles};
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::text::Locale;
use crate::render_context;

/// A rendering that is ready to be published.
#[derive(Debug, Clone)]
pub struct Prepared {
    revision: i64,
    last_edition: i64,
    epoch: i64,
    content: Content,
    facts: Facts,
    rendering: Rendering,
}

/// What is to be published.
#[derive(Debug, Clone)]
pub struct Wanted {
    /// Which article.
    pub article: ArticleRef,
    /// The language its slug is of.
    pub locale: Locale,
    /// Which revision.
    pub revision: i64,
    /// When it was first published, if that was elsewhere.
    pub published_at: Option<Timestamp>,
}

/// Renders a revision, outside any write. `None` if readers have that very revision already.
///
/// # Errors
/// Not found; invalid, if there is no such revision.
pub async fn prepare(app: &App, actor: Actor<PublishArticles>, wanted: Wanted) -> Result<Option<Prepared>> {
    let (config, now) = (app.config.clone(), app.clock.now());
    app.db
        .snapshot(move |conn| {
            let row = drafts::find(conn, actor, &wanted.article, &wanted.locale)?;
            let content = revision(conn, &row, wanted.revision)?;
            if row.live_edition.is_some() && row.published_revision == Some(wanted.revision) {
                return Ok(None);
            }
            let facts = Facts {
                id: row.id,
                edition: row.last_edition + 1,
                published_at: match row.last_edition {
                    0 => wanted.published_at.or(row.published_at).unwrap_or(now),
                    _ => row.published_at.unwrap_or(now),
                },
                updated_at: now,
            };
            let (epoch, around) = store::surroundings_of(conn, row.id, &content, &config)?;
            let rendering = render(&content, &facts, &around)?;
            let (revision, last_edition) = (wanted.revision, row.last_edition);
            Ok(Some(Prepared { revision, last_edition, epoch, content, facts, rendering }))
        })
        .await
}

fn revision(conn: &mut Connection, row: &ArticleRow, revision: i64) -> Result<Content> {
    find_revision(conn, row.id, revision)?
        .ok_or_else(|| Error::invalid("/revision", "unknown-revision", "the article has no such revision"))
}

fn overtaken() -> Error {
    Error::conflict("overtaken", "something else happened to this article meanwhile; look, and try again")
}

/// Makes the edition of `revision`, in the transaction of the caller. `prepared` is what [`prepare`] gave.
///
/// # Errors
/// Conflict `in-trash`, `slug-taken`, or `overtaken` by what happened since [`prepare`].
pub fn commit(
    tx: &mut Tx<'_>,
    actor: Actor<PublishArticles>,
    article: &ArticleRef,
    locale: &Locale,
    revision: i64,
    prepared: Option<&Prepared>,
) -> Result<Draft> {
    let mut row = drafts::find_to_write(tx, actor, article, locale)?;
    let Some(prepared) = prepared else {
        let is_live = row.live_edition.is_some() && row.published_revision == Some(revision);
        return if is_live { Draft::load(tx, row) } else { Err(overtaken()) };
    };
    // A slug may name another article by now.
    if row.id != prepared.facts.id || row.last_edition != prepared.last_edition {
        return Err(overtaken());
    }
    let metadata = &prepared.content.metadata;
    slugs::publish(tx, row.id, &metadata.locale, &metadata.slug)?;
    let facts = &prepared.facts;
    let before = store::find_live(tx, row.id)?.map(|(_, content)| content.metadata);
    store::insert(
        tx,
        &EditionRow {
            article_id: row.id,
            edition: facts.edition,
            revision: prepared.revision,
            locale: metadata.locale.clone(),
            slug: metadata.slug.clone(),
            title: metadata.title.clone(),
            published_at: facts.updated_at,
            user_id: tx.actor(),
        },
    )?;
    store::put(tx, facts, &prepared.content, &prepared.rendering, prepared.epoch)?;
    // What its translations embed of it.
    let link = |of: &Metadata| (of.locale.clone(), of.slug.clone(), of.translation_of);
    if before.as_ref().map(link) != Some(link(metadata)) {
        let original = metadata.translation_of.or(before.and_then(|before| before.translation_of));
        if store::has_translations(tx, row.id, original)? {
            render_context::invalidate(tx)?;
        }
    }
    row.live_edition = Some(facts.edition);
    row.last_edition = facts.edition;
    row.published_revision = Some(prepared.revision);
    row.published_at = Some(facts.published_at);
    let event =
        Event::ArticlePublished { article: row.id, edition: facts.edition, revision: prepared.revision };
    drafts::raise(tx, &mut row, event)?;
    Draft::load(tx, row)
}

/// Takes an article from its readers.
///
/// # Errors
/// Conflict `not-published`.
pub fn unpublish(
    tx: &mut Tx<'_>,
    actor: Actor<PublishArticles>,
    article: &ArticleRef,
    locale: &Locale,
) -> Result<Draft> {
    let mut row = drafts::find_to_write(tx, actor, article, locale)?;
    if row.live_edition.is_none() {
        return Err(Error::conflict("not-published", "readers do not have this article"));
    }
    store::withdraw(tx, &mut row)?;
    let article = row.id;
    drafts::raise(tx, &mut row, Event::ArticleUnpublished { article })?;
    Draft::load(tx, row)
}
