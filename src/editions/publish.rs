//! Publishing and unpublishing. A revision is rendered before the write; inside the write only what the rendering
//! relied on is checked again.

use super::render::{Facts, RenderContext, Rendering, render};
use super::renderings::Link;
use super::store::{self, EditionRow};
use super::{addresses, context, renderings};
use crate::app::App;
use crate::articles::draft::Draft;
use crate::articles::edit::{bump_version, raise_version};
use crate::articles::equality::revisions_differ;
use crate::articles::history::{self, find_revision_content, has_revision};
use crate::articles::resolve::{lock_article, lock_trashed_article, resolve_article};
use crate::articles::schedule::{self, Action};
use crate::articles::store::ArticleRow;
use crate::articles::{ArticleKey, Content, Metadata, review_store, slugs, translation_store};
use crate::auth::{Actor, DeleteArticles, PublishArticles};
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::site;
use crate::terms::of_articles;

/// A rendering that is ready to be published.
#[derive(Debug, Clone)]
pub struct Prepared {
    revision: i64,
    /// When it is published.
    at: Timestamp,
    minor: bool,
    last_edition: i64,
    epoch: i64,
    default_locale: Option<Locale>,
    content: Content,
    facts: Facts,
    rendering: Rendering,
}

/// Which revision of which article is to be published.
#[derive(Debug, Clone)]
pub struct Publication {
    /// The article.
    pub article: ArticleKey,
    /// The revision.
    pub revision: i64,
    /// When it was first published elsewhere, if it was.
    pub published_at: Option<Timestamp>,
    /// Whether the article keeps its `updated_at`; without effect on a first publication.
    pub minor: bool,
}

/// What an edition is made of.
#[derive(Debug)]
pub struct Source {
    /// The number of the revision.
    pub revision: i64,
    /// Its content.
    pub content: Content,
    /// Whether the article keeps its `updated_at`; without effect on a first publication.
    pub minor: bool,
}

/// A revision with everything that its rendering needs.
#[derive(Debug)]
pub struct Unrendered {
    revision: i64,
    at: Timestamp,
    minor: bool,
    last_edition: i64,
    epoch: i64,
    context: RenderContext,
    content: Content,
    facts: Facts,
}

impl Unrendered {
    /// Reads the revision to be published. `None` if it is live already. Invalid `revision-unknown`.
    pub fn find(
        conn: &mut Connection,
        actor: Actor<PublishArticles>,
        publication: &Publication,
        config: &Config,
        now: Timestamp,
    ) -> Result<Option<Self>> {
        let Publication { article, revision, published_at, minor } = publication;
        let row = resolve_article(conn, actor, article)?;
        let first = published_at.or(row.published_at).unwrap_or(now);
        Self::of(conn, &row, *revision, *minor, first, config, now)
    }

    /// Reads a revision of this article, like [`Unrendered::find`]. A first publication has the time `first`.
    pub fn of(
        conn: &mut Connection,
        row: &ArticleRow,
        revision: i64,
        minor: bool,
        first: Timestamp,
        config: &Config,
        now: Timestamp,
    ) -> Result<Option<Self>> {
        let content = find_revision_content(conn, row.id, revision)?.ok_or_else(|| {
            Error::invalid("/revision", "revision-unknown", "The article has no such revision.")
        })?;
        if is_live(row, revision) {
            return Ok(None);
        }
        Self::with(conn, row, Source { revision, content, minor }, first, config, now).map(Some)
    }

    /// Takes a revision of this article that need not be stored yet, like [`Unrendered::of`].
    pub fn with(
        conn: &mut Connection,
        row: &ArticleRow,
        Source { revision, content, minor }: Source,
        first: Timestamp,
        config: &Config,
        now: Timestamp,
    ) -> Result<Self> {
        let minor = minor && row.last_edition > 0;
        let facts = Facts {
            id: row.id,
            edition: row.last_edition + 1,
            published_at: if row.last_edition == 0 { first } else { row.published_at.unwrap_or(now) },
            updated_at: if minor { store::updated_at(conn, row.id, row.last_edition)? } else { now },
        };
        let (epoch, context) = context::find(conn, row.id, &content, config)?;
        let last_edition = row.last_edition;
        Ok(Self { revision, at: now, minor, last_edition, epoch, context, content, facts })
    }

    /// The content of the revision.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Renders it. It takes time, so it belongs into the pool for the processor.
    pub fn render(self) -> Result<Prepared> {
        let Self { revision, at, minor, last_edition, epoch, context, content, facts } = self;
        let rendering = render(&content, &facts, &context)?;
        let default_locale = context.default_locale;
        Ok(Prepared { revision, at, minor, last_edition, epoch, default_locale, content, facts, rendering })
    }
}

impl Prepared {
    /// The article.
    #[must_use]
    pub fn article(&self) -> ArticleId {
        self.facts.id
    }

    /// The revision.
    #[must_use]
    pub fn revision(&self) -> i64 {
        self.revision
    }

    /// The content of the revision.
    #[must_use]
    pub fn content(&self) -> &Content {
        &self.content
    }

    /// Whether nothing of the article has been published since.
    #[must_use]
    pub fn is_current(&self, row: &ArticleRow) -> bool {
        row.id == self.facts.id && row.last_edition == self.last_edition
    }
}

/// Renders a revision, outside any write. `None` if that revision is live already. Invalid `revision-unknown`.
pub async fn prepare(
    app: &App,
    actor: Actor<PublishArticles>,
    publication: Publication,
) -> Result<Option<Prepared>> {
    let (config, now) = (app.config.clone(), app.clock.now());
    let find = move |conn: &mut Connection| Unrendered::find(conn, actor, &publication, &config, now);
    let Some(unrendered) = app.db.snapshot(find).await? else { return Ok(None) };
    app.compute.run(move || unrendered.render().map(Some)).await
}

/// Whether that revision is live.
#[must_use]
pub fn is_live(row: &ArticleRow, revision: i64) -> bool {
    row.live_edition.is_some() && row.published_revision == Some(revision)
}

/// The error if another request has published the article meanwhile.
#[must_use]
pub fn overtaken() -> Error {
    let detail = "Another request has published or changed this article meanwhile. Read it again, and retry.";
    Error::conflict("overtaken", detail)
}

/// Publishes `revision` of an article, in the transaction of the caller, and returns its row. `prepared` is what [`prepare`]
/// returned. A publication that is scheduled is cancelled. Conflict `in-trash`, `slug-taken`, `address-taken`, or
/// `overtaken` by another write since [`prepare`].
pub fn publish(
    tx: &mut Tx<'_>,
    actor: Actor<PublishArticles>,
    article: &ArticleKey,
    revision: i64,
    prepared: Option<&Prepared>,
) -> Result<ArticleRow> {
    let mut row = lock_article(tx, actor, article)?;
    match prepared {
        Some(prepared) if prepared.is_current(&row) => {
            make_live(tx, &mut row, prepared, revision)?;
            review_store::end_up_to(tx, row.id, revision)?;
            schedule::clear(tx, &row, &[Action::Publish])?;
            raise_version(tx, &mut row)?;
        }
        None if is_live(&row, revision) => {
            if schedule::clear(tx, &row, &[Action::Publish])? {
                raise_version(tx, &mut row)?;
            }
        }
        _ => return Err(overtaken()),
    }
    Ok(row)
}

/// Makes `revision`, whose rendering is [current](Prepared::is_current), the live edition of a locked article. `row` is changed,
/// and left to the caller to save. Conflict `slug-taken`, `address-taken`, `translation-exists`, or `overtaken` if the
/// revision is deleted by now.
pub fn make_live(tx: &mut Tx<'_>, row: &mut ArticleRow, prepared: &Prepared, revision: i64) -> Result<()> {
    // The revision may have been deleted for its age since it was read.
    if revision != row.revision && !has_revision(tx, row.id, revision)? {
        return Err(overtaken());
    }
    let Prepared { content, facts, rendering, .. } = prepared;
    let metadata = &content.metadata;
    // The slug may be another article's by now.
    slugs::publish(tx, row.id, &metadata.locale, &metadata.slug)?;
    let before = if row.live_edition.is_some() { renderings::find_live(tx, row.id)? } else { None };
    let (before, terms) = before.unzip();
    let terms = renderings::terms_told(terms.unwrap_or_default(), rendering);
    store::insert(
        tx,
        &EditionRow {
            article_id: row.id,
            edition: facts.edition,
            revision,
            locale: metadata.locale.clone(),
            slug: metadata.slug.clone(),
            title: metadata.title.clone(),
            published_at: prepared.at,
            actor_id: tx.actor(),
            minor: prepared.minor,
        },
    )?;
    if before.is_some() {
        renderings::update(tx, facts, content, rendering, prepared.epoch)?;
    } else {
        renderings::insert(tx, facts, content, rendering, prepared.epoch)?;
    }
    let link = Link::of(metadata);
    if before.as_ref() != Some(&link) {
        let Metadata { locale, slug, .. } = metadata;
        addresses::check_free(tx, row.id, locale, slug, facts.published_at, &rendering.website)?;
        let left = before.as_ref().map(|before| &before.locale);
        if left != Some(&link.locale) {
            for locale in left.into_iter().chain([&link.locale]) {
                site::store::tell_languages(tx, row.id, locale, prepared.default_locale.as_ref())?;
            }
        }
    }
    if let Some(group) = translation_store::find(tx, row.id)? {
        translation_store::claim(tx, row.id, group.id, &[&row.locale, &link.locale])?;
        translation_store::update_behind(tx, group.id)?;
        if before.as_ref() != Some(&link) {
            renderings::relink(tx, row.id, group)?;
        }
    }
    row.live_edition = Some(facts.edition);
    row.last_edition = facts.edition;
    row.published_revision = Some(revision);
    if row.revision != revision && !revisions_differ(tx, row.id, row.revision, revision)? {
        history::set_same(tx, row.id, row.revision, row.published_revision)?;
    }
    row.published_at = Some(facts.published_at);
    tx.append(Event::ArticlePublished { article: row.id, edition: facts.edition, revision, terms });
    Ok(())
}

/// Unpublishes an article, and cancels what is scheduled for it. Conflict `not-published`.
pub fn unpublish(tx: &mut Tx<'_>, actor: Actor<PublishArticles>, article: &ArticleKey) -> Result<Draft> {
    let mut row = lock_article(tx, actor, article)?;
    if row.live_edition.is_none() {
        return Err(Error::conflict("not-published", "The article is not published."));
    }
    schedule::clear(tx, &row, Action::ALL)?;
    take_down(tx, &mut row)?;
    raise_version(tx, &mut row)?;
    Draft::load(tx, row)
}

/// Unpublishes a locked article, if it is live. `row` is changed, and left to the caller to save.
pub fn take_down(tx: &mut Tx<'_>, row: &mut ArticleRow) -> Result<()> {
    if row.live_edition.is_some() {
        let (_, terms) = renderings::find_live(tx, row.id)?.unzip();
        renderings::withdraw(tx, row)?;
        tx.append(Event::ArticleUnpublished { article: row.id, terms: terms.unwrap_or_default() });
    }
    Ok(())
}

/// Moves an article to the trash, cancels what is scheduled for it, and unpublishes it, which both take the right to
/// publish. Returns its version.
pub fn trash(tx: &mut Tx<'_>, actor: Actor<DeleteArticles>, article: &ArticleKey) -> Result<i64> {
    let mut row = lock_article(tx, actor, article)?;
    let article = row.id;
    if row.live_edition.is_some() || !schedule::find(tx, article)?.is_empty() {
        Actor::<PublishArticles>::new(actor.identity)?;
    }
    schedule::clear(tx, &row, Action::ALL)?;
    take_down(tx, &mut row)?;
    row.trashed_at = Some(tx.now());
    claim_languages(tx, &row)?;
    let terms = of_articles::find(tx, article)?.all().collect();
    bump_version(tx, &mut row, Event::ArticleTrashed { article, terms })?;
    Ok(row.version)
}

/// Restores an article from the trash, as an unpublished draft. Conflict `translation-exists`.
pub fn restore(tx: &mut Tx<'_>, actor: Actor<DeleteArticles>, article: &ArticleKey) -> Result<Draft> {
    let mut row = lock_trashed_article(tx, actor, article)?;
    row.trashed_at = None;
    claim_languages(tx, &row)?;
    let article = row.id;
    bump_version(tx, &mut row, Event::ArticleRestored { article })?;
    Draft::load(tx, row)
}

/// Frees the languages of an article in its translation group, or takes them, as it goes to the trash and comes back.
fn claim_languages(tx: &mut Tx<'_>, row: &ArticleRow) -> Result<()> {
    let Some(group) = translation_store::find(tx, row.id)? else { return Ok(()) };
    translation_store::claim_all(tx, row, group.id)
}
