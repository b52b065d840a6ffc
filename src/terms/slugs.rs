//! Who owns a slug: the term that has it, merged ones included, or one that had it before. Old slugs keep leading to
//! their term until they are freed, and no other term of the kind can have them.

use std::collections::HashMap;

use diesel::prelude::*;

use super::{IsTerm, Key, Term};
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::{term_slugs, terms};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::http::details::Details;
use crate::base::ids::TermId;
use crate::base::text::slug::Slug;

/// How many slugs are tried at once when one is derived from a name.
const CANDIDATES: u32 = 50;

/// The terms with these slugs, in their order; a merged one is replaced by what it was merged into.
pub fn find<I: IsTerm>(conn: &mut Connection, slugs: &[Slug]) -> Result<Vec<Option<I>>> {
    if slugs.is_empty() {
        return Ok(Vec::new());
    }
    let known = terms::table.filter(terms::kind.eq(I::KIND));
    let known = known.select((terms::slug, terms::id, terms::merged_into));
    let present: Vec<(Slug, TermId, Option<TermId>)> = match slugs {
        // Prepared once: as a list, it is prepared each time on SQLite.
        [slug] => known.filter(terms::slug.eq(slug)).load(conn)?,
        _ => known.filter(terms::slug.eq_any(slugs)).load(conn)?,
    };
    let mut found: HashMap<Slug, I> =
        present.into_iter().map(|(slug, id, into)| (slug, I::of(into.unwrap_or(id)))).collect();
    let missing: Vec<&Slug> = slugs.iter().filter(|slug| !found.contains_key(*slug)).collect();
    if !missing.is_empty() {
        let old: Vec<(Slug, TermId, Option<TermId>)> = term_slugs::table
            .inner_join(terms::table.on(terms::id.eq(term_slugs::term_id)))
            .filter(term_slugs::kind.eq(I::KIND))
            .filter(term_slugs::slug.eq_any(missing))
            .select((term_slugs::slug, terms::id, terms::merged_into))
            .load(conn)?;
        found.extend(old.into_iter().map(|(slug, id, into)| (slug, I::of(into.unwrap_or(id)))));
    }
    Ok(slugs.iter().map(|slug| found.get(slug).copied()).collect())
}

/// The term that had this slug before.
pub fn find_former<I: IsTerm>(conn: &mut Connection, slug: &Slug) -> Result<Option<I>> {
    let owner: Option<TermId> = term_slugs::table
        .filter(term_slugs::kind.eq(I::KIND))
        .filter(term_slugs::slug.eq(slug))
        .select(term_slugs::term_id)
        .get_result(conn)
        .optional()?;
    Ok(owner.map(I::of))
}

/// Keeps others from choosing slugs before this unit of work has ended. It comes before the locks of terms.
pub fn lock(tx: &mut Tx<'_>) -> Result<()> {
    AdvisoryLock::TermSlugs.take(tx)
}

/// Derives a slug from a name, with a number appended if another term of this kind has or had it. Nobody else derives
/// one before this unit of work has ended.
pub fn derive<I: IsTerm>(tx: &mut Tx<'_>, name: &str) -> Result<Slug> {
    lock(tx)?;
    let base = Slug::from_title(name);
    let mut first = 1;
    loop {
        let candidates: Vec<Slug> = numbered(&base, first, CANDIDATES).collect();
        let mut taken: Vec<Slug> = terms::table
            .filter(terms::kind.eq(I::KIND))
            .filter(terms::slug.eq_any(&candidates))
            .select(terms::slug)
            .load(&mut **tx)?;
        let former: Vec<Slug> = term_slugs::table
            .filter(term_slugs::kind.eq(I::KIND))
            .filter(term_slugs::slug.eq_any(&candidates))
            .select(term_slugs::slug)
            .load(&mut **tx)?;
        taken.extend(former);
        if let Some(free) = candidates.into_iter().find(|slug| !taken.contains(slug)) {
            return Ok(free);
        }
        first += CANDIDATES;
    }
}

/// A slug under `count` numbers from `first` on; under the number 1 it is the slug itself.
pub(super) fn numbered(base: &Slug, first: u32, count: u32) -> impl Iterator<Item = Slug> + '_ {
    (first..first + count).map(|n| if n == 1 { base.clone() } else { base.numbered(n) })
}

/// Refuses a slug that another term had before with conflict `slug-taken`.
pub(super) fn check_former<I: IsTerm>(tx: &mut Tx<'_>, id: I, slug: &Slug) -> Result<()> {
    match find_former::<I>(tx, slug)? {
        Some(owner) if owner != id => Err(taken::<I>()),
        _ => Ok(()),
    }
}

/// Lets the slug that a term had go on leading to it, now that it has another.
pub(super) fn keep_former<I: IsTerm>(tx: &mut Tx<'_>, old: &Term<I>, new: &Term<I>) -> Result<()> {
    free(tx, new.id, &new.slug)?;
    diesel::insert_into(term_slugs::table)
        .values((
            term_slugs::kind.eq(I::KIND),
            term_slugs::slug.eq(&old.slug),
            term_slugs::term_id.eq(new.id.term()),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Frees a slug that a term had before. Returns whether it had.
pub(super) fn free<I: IsTerm>(tx: &mut Tx<'_>, id: I, slug: &Slug) -> Result<bool> {
    let own =
        term_slugs::table.filter(term_slugs::kind.eq(I::KIND)).filter(term_slugs::term_id.eq(id.term()));
    Ok(diesel::delete(own.filter(term_slugs::slug.eq(slug))).execute(&mut **tx)? > 0)
}

/// Refuses a write to a term by a slug that it had before: conflict `slug-moved`, which tells the current one.
pub(super) fn check_current<I: IsTerm>(key: &Key<I>, term: &Term<I>) -> Result<()> {
    match key {
        Key::Slug(slug) if *slug != term.slug => {
            let detail = format!("The slug of the {} is now {}.", I::KIND, term.slug);
            let (id, slug) = (Some(term.id.uuid()), Some(term.slug.clone()));
            let details = Details { id, slug, ..Details::default() };
            Err(details.conflict("slug-moved", detail))
        }
        _ => Ok(()),
    }
}

pub(super) fn taken<I: IsTerm>() -> Error {
    Error::conflict("slug-taken", format!("Another {} has or had this slug. Slugs must be unique.", I::KIND))
}
