//! Correcting what readers see while the draft is ahead: the live revision with the correction is published, and the
//! draft takes the correction over where it has not changed the same parts.

use super::publish::{Prepared, Source, Unrendered, make_live, overtaken};
use crate::app::App;
use crate::articles::checks::check_html;
use crate::articles::correction::{Correction, NotInDraft, take_over};
use crate::articles::draft::Draft;
use crate::articles::edit::save_draft;
use crate::articles::equality::{differ, resolve_terms};
use crate::articles::resolve::{check_not_in_trash, lock_article, resolve_article};
use crate::articles::store::{self, ArticleRow};
use crate::articles::{ArticleKey, Content, history, review_store};
use crate::auth::{Actor, PublishArticles};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};

/// Which edition of which article is corrected.
#[derive(Debug, Clone)]
pub struct Target {
    /// The article.
    pub article: ArticleKey,
    /// The edition.
    pub edition: i64,
    /// Whether the article keeps its `updated_at`.
    pub minor: bool,
}

/// A corrected revision that is ready to be published.
#[derive(Debug)]
pub struct Corrected {
    live: Content,
    prepared: Prepared,
}

/// Corrects the live revision, and renders it, outside any write. `None` if the correction changes nothing. Conflict
/// `in-trash` or `stale-edition`; invalid as [`Correction::apply`], `rendering-too-large`, and `revision-unknown` if the
/// live revision cannot be read.
pub async fn prepare(
    app: &App,
    actor: Actor<PublishArticles>,
    target: Target,
    correction: Correction,
) -> Result<Option<Corrected>> {
    let (config, now) = (app.config.clone(), app.clock.now());
    let find = move |conn: &mut Connection| {
        let row = resolve_article(conn, actor, &target.article)?;
        check_live(&row, target.edition)?;
        let mut live = store::find_published(conn, &row)?.ok_or_else(|| {
            Error::invalid("/edition", "revision-unknown", "The revision of this edition cannot be read.")
        })?;
        resolve_terms(conn, &mut live.metadata)?;
        let content = correction.apply(conn, row.id, &live)?;
        if content == live {
            return Ok(None);
        }
        let source = Source { revision: row.version + 1, content, minor: target.minor };
        let first = row.published_at.unwrap_or(now);
        Ok(Some((live, Unrendered::with(conn, &row, source, first, &config, now)?)))
    };
    let Some((live, unrendered)) = app.db.snapshot(find).await? else { return Ok(None) };
    let render = move || {
        check_html(&unrendered.content().passages())?;
        Ok(Some(Corrected { live, prepared: unrendered.render()? }))
    };
    app.compute.run(render).await
}

/// Publishes a corrected revision, and makes the same changes in the draft. Returns the draft, and what it does not have of
/// the correction. `corrected` is what [`prepare`] returned. Conflict `in-trash`, `stale-edition`, `slug-taken`, or
/// `overtaken`.
pub fn correct(
    tx: &mut Tx<'_>,
    actor: Actor<PublishArticles>,
    Target { article, edition, .. }: &Target,
    corrected: Option<&Corrected>,
) -> Result<(Draft, NotInDraft)> {
    let row = lock_article(tx, actor, article)?;
    check_live(&row, *edition)?;
    let before = Draft::load(tx, row)?;
    let Some(Corrected { live, prepared }) = corrected else { return Ok((before, NotInDraft::default())) };
    if !prepared.is_current(&before.row) {
        return Err(overtaken());
    }
    let mut after = before.clone();
    let not_in_draft = take_over(&mut after.content, live, prepared.content())?;
    let is_ahead = differ(tx, &after.content, prepared.content())?;
    // The version may be higher than when it was rendered: edits of the draft do not matter to what is live.
    let (id, revision) = (before.row.id, before.row.version + 1);
    history::insert_revision(tx, id, revision, before.row.published_revision, prepared.content())?;
    after.row.revision = revision;
    make_live(tx, &mut after.row, prepared, revision)?;
    after.has_unpublished_changes = is_ahead;
    if !is_ahead {
        review_store::end_current(tx, id)?;
        return Ok((save_draft(tx, &before, after, &[], revision)?, not_in_draft));
    }
    let after = save_draft(tx, &before, after, &[], revision + 1)?;
    history::insert_revision(tx, id, revision + 1, Some(before.row.revision), &after.content)?;
    Ok((after, not_in_draft))
}

fn check_live(row: &ArticleRow, edition: i64) -> Result<()> {
    check_not_in_trash(row)?;
    if row.live_edition == Some(edition) {
        return Ok(());
    }
    let detail = match row.live_edition {
        Some(live) => format!("The live edition is {live}."),
        None => "The article is not published.".to_owned(),
    };
    Err(Error::conflict("stale-edition", detail))
}
