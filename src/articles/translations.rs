//! Who may put an article into which translation group. Readers see a group as it is, without a publication.

use super::edit::Editor;
use super::resolve::covers;
use super::store::{self, ArticleRow};
use super::translation_store::{self, Group};
use super::{ArticleKey, ArticleRef};
use crate::auth::{PublishArticles, ReadDrafts};
use crate::base::db::Tx;
use crate::base::error::{Invalid, Result};
use crate::base::ids::UserId;

/// The group that an article is to be in: that of the article `wanted` names, or none. [`translation_store::change`] makes
/// it a member. Invalid `article-unknown`, or `translation-of-forbidden` as [`check_live`] says and for an article that the
/// editor may read and not edit.
pub fn choose(
    tx: &mut Tx<'_>,
    editor: &Editor<'_>,
    (row, current): (&ArticleRow, Option<Group>),
    wanted: Option<&ArticleRef>,
) -> Result<Result<Option<Group>, Invalid>> {
    let leaves = current.filter(|_| row.live_edition.is_some());
    let wanted = match (wanted, current) {
        (Some(wanted), _) => wanted,
        (None, Some(_)) => return Ok(check_live(tx, editor, row, leaves)?.map(|()| None)),
        (None, None) => return Ok(Ok(None)),
    };
    let key = wanted.clone().in_locale(editor.locale.clone());
    let Some(original) = lock(tx, &key)?.filter(|original| original.id != row.id) else {
        return Ok(Err(unknown()));
    };
    // What somebody else has set stays without their rights.
    if current.is_some_and(|group| group.source == Some(original.id)) {
        return Ok(Ok(current));
    }
    if original.trashed_at.is_some() {
        return Ok(Err(unknown()));
    }
    if !editor.actor.covers(original.owner_id) {
        let is_known = original.live_edition.is_some() || covers::<ReadDrafts>(tx, &editor.actor, &original)?;
        return Ok(Err(if is_known { forbidden("You may not edit that article.") } else { unknown() }));
    }
    let found = translation_store::find(tx, original.id)?;
    let checked = check_live(tx, editor, &original, found)?.and(check_live(tx, editor, row, leaves)?);
    if let Err(invalid) = checked {
        return Ok(Err(invalid));
    }
    let mut group = found.map_or_else(|| translation_store::create(tx, &original), Ok)?;
    if group.source_of(row.id).is_none() {
        group.source = Some(original.id);
        translation_store::set_source(tx, group.id, original.id)?;
    }
    Ok(Ok(Some(group)))
}

/// The article with that id, or whose draft has that slug, locked: it stays in its group until this unit of work ends.
fn lock(tx: &mut Tx<'_>, key: &ArticleKey) -> Result<Option<ArticleRow>> {
    match key {
        ArticleKey::Id(id) => store::lock(tx, *id),
        ArticleKey::Slug(locale, slug) => store::lock_by_slug(tx, locale, slug),
    }
}

/// Checks that the editor may publish this article and the members of its group, as far as they are live: readers see who
/// joins or leaves. Invalid `translation-of-forbidden`.
fn check_live(
    tx: &mut Tx<'_>,
    editor: &Editor<'_>,
    row: &ArticleRow,
    group: Option<Group>,
) -> Result<Result<(), Invalid>> {
    let mut owners: Vec<UserId> = row.live_edition.map(|_| row.owner_id).into_iter().collect();
    if let Some(group) = group {
        owners.extend(translation_store::live_owners(tx, group.id)?);
    }
    let may_publish = owners.into_iter().all(|owner| editor.actor.identity.covers::<PublishArticles>(owner));
    let detail =
        "Readers see at once who joins or leaves, and you may not publish every live article of the group.";
    Ok(if may_publish { Ok(()) } else { Err(forbidden(detail)) })
}

fn unknown() -> Invalid {
    let detail =
        "There is no other article with this id, or this slug in the site's language, outside the trash.";
    Invalid::new("article-unknown", detail)
}

fn forbidden(detail: &'static str) -> Invalid {
    Invalid::new("translation-of-forbidden", detail)
}
