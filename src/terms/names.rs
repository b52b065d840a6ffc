//! Finds topics and authors by the names that documents have for them. Slugs are no measure of that: they leave out
//! what distinguishes `C`, `C++` and `C#`, or two names in one romanisation.

use diesel::prelude::*;
use unicode_normalization::UnicodeNormalization as _;

use super::{IsTerm, Key, Term, slugs, store};
use crate::base::db::schema::terms;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::TermId;
use crate::base::text::slug::Slug;

/// How many terms whose names have the same slug are compared. Beyond that only the very same name is found.
const COMPARED: u32 = 10;

/// A topic or an author as a request or a document names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Named {
    /// The slug, if it is named by that: the one that has it, or a new one of this slug and name.
    pub slug: Option<Slug>,
    /// The name. Without a slug: the one of that name, or a new one under a slug that is free.
    pub name: String,
}

/// A term that may be meant by a name.
#[derive(Debug, Clone, Queryable)]
struct Candidate {
    id: TermId,
    slug: Slug,
    name: String,
    merged_into: Option<TermId>,
}

/// The terms that are named, in their order; a merged one is replaced by what it was merged into.
pub fn find<I: IsTerm>(conn: &mut Connection, named: &[Named]) -> Result<Vec<Option<I>>> {
    let by_slug: Vec<Slug> = named.iter().filter_map(|named| named.slug.clone()).collect();
    let mut by_slug = slugs::find(conn, &by_slug)?.into_iter();
    let names: Vec<&str> =
        named.iter().filter(|one| one.slug.is_none()).map(|one| one.name.as_str()).collect();
    let candidates = candidates::<I>(conn, &names)?;
    let mut found = Vec::with_capacity(named.len());
    for one in named {
        found.push(match &one.slug {
            Some(_) => by_slug.next().flatten(),
            None => match choose(&candidates, &one.name) {
                Some(term) => Some(I::of(term.merged_into.unwrap_or(term.id))),
                None => find_by_former_slug(conn, &one.name)?,
            },
        });
    }
    Ok(found)
}

/// Creates a term that [`find`] has not found, unless there is one by now: another unit of work may have created it
/// before this one had the lock, or this one under another spelling.
pub fn create<I: IsTerm>(tx: &mut Tx<'_>, named: &Named) -> Result<I> {
    let now = tx.now();
    if named.slug.is_none() {
        slugs::lock(tx)?;
    }
    if let [Some(found)] = find::<I>(tx, std::slice::from_ref(named))?.as_slice() {
        return Ok(*found);
    }
    let slug = named.slug.clone().map_or_else(|| slugs::derive::<I>(tx, &named.name), Ok)?;
    let term = Term::new(tx.new_id()?, slug, named.name.clone(), now);
    store::insert_free(tx, &term)?;
    Ok(term.id)
}

/// The terms that may have one of these names: those of exactly that name, and those under its slug.
fn candidates<I: IsTerm>(conn: &mut Connection, names: &[&str]) -> Result<Vec<Candidate>> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let slugs: Vec<Slug> = names
        .iter()
        .flat_map(|name| slugs::numbered(&Slug::from_title(name), 1, COMPARED).collect::<Vec<_>>())
        .collect();
    Ok(terms::table
        .filter(terms::kind.eq(I::KIND))
        .filter(terms::name.eq_any(names).or(terms::slug.eq_any(slugs)))
        .order(terms::id)
        .select((terms::id, terms::slug, terms::name, terms::merged_into))
        .load(conn)?)
}

/// The term that a name means: the one of that name, or of the same apart from case and blanks. Or else, if the name is
/// spelled like a slug, the one that has it, unless that slug is only what is left of another name.
fn choose<'a>(candidates: &'a [Candidate], name: &str) -> Option<&'a Candidate> {
    let same = |of: fn(&str) -> String| {
        let wanted = of(name);
        candidates.iter().find(move |term| of(&term.name) == wanted)
    };
    let slug = Slug::parse(name).ok();
    let by_slug = || candidates.iter().find(|term| Some(&term.slug) == slug.as_ref());
    let is_chosen = |term: &&Candidate| {
        let derived = Slug::from_title(&term.name);
        let is_derived = slugs::numbered(&derived, 1, COMPARED).any(|slug| slug == term.slug);
        !is_derived || words(&term.name) == words(name)
    };
    same(str::to_owned).or_else(|| same(fold)).or_else(|| by_slug().filter(is_chosen))
}

fn find_by_former_slug<I: IsTerm>(conn: &mut Connection, name: &str) -> Result<Option<I>> {
    let Ok(slug) = Slug::parse(name) else { return Ok(None) };
    let Some(former) = slugs::find_former::<I>(conn, &slug)? else { return Ok(None) };
    let term = store::find(conn, &Key::Id(former))?;
    Ok(term.map(|term| term.merged_into.unwrap_or(term.id)))
}

/// A name without case, and with single blanks.
fn fold(name: &str) -> String {
    let name: String = name.nfc().flat_map(char::to_lowercase).collect();
    name.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a name, however they are joined: `Sea & shore` and `sea-shore` have the same.
fn words(name: &str) -> String {
    let is_joint = |c: char| {
        c.is_whitespace() || matches!(c, '-' | '_' | '&' | ',' | '/' | ':' | '\'' | '’' | '(' | ')')
    };
    fold(name).split(is_joint).filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
