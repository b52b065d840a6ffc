//! How topics and authors are stored: one table for both. What articles carry is kept by [`super::of_articles`]. Every
//! function runs a constant number of statements.

use std::collections::{BTreeMap, HashMap};

use diesel::prelude::*;

use super::{ArticleTerms, IsTerm, Key, Order, Position, Term, Terms, slugs};
use crate::base::db::schema::{rendering_terms, terms};
use crate::base::db::types::Id;
use crate::base::db::{Connection, Tx, violation};
use crate::base::error::{Error, Result};
use crate::base::ids::{AuthorId, TermId, TopicId};
use crate::base::text::slug::Slug;
use crate::render_context;

fn bare<I: IsTerm>(ids: &[I]) -> Vec<TermId> {
    ids.iter().map(|id| id.term()).collect()
}

/// Finds the term with that id or slug, even if it was merged into another, or had the slug before.
pub fn find<I: IsTerm>(conn: &mut Connection, key: &Key<I>) -> Result<Option<Term<I>>> {
    let rows: Terms<'_> = terms::table.filter(terms::kind.eq(I::KIND)).into_boxed();
    let rows = match key {
        Key::Id(id) => rows.filter(terms::id.eq(id.term())),
        Key::Slug(slug) => rows.filter(terms::slug.eq(slug)),
    };
    let found = I::load(conn, rows)?.pop().map(Term::from);
    let (None, Key::Slug(slug)) = (&found, key) else { return Ok(found) };
    let former = slugs::find_former::<I>(conn, slug)?;
    former.map_or(Ok(None), |id| find(conn, &Key::Id(id)))
}

/// How articles embed these: in their order, merged ones replaced by what they were merged into, removed ones left out,
/// none twice.
pub fn resolve<I: IsTerm>(conn: &mut Connection, ids: &[I]) -> Result<Vec<I::Ref>> {
    Ok(Found::load(conn, bare(ids))?.embedded(ids))
}

/// How each of several articles embeds these, as [`resolve`].
pub fn resolve_each<I: IsTerm>(conn: &mut Connection, groups: &[Vec<I>]) -> Result<Vec<Refs<I>>> {
    let found = Found::load(conn, bare(&groups.concat()))?;
    Ok(groups.iter().map(|ids| found.embedded(ids)).collect())
}

type Refs<I> = Vec<<I as IsTerm>::Ref>;

/// How an article embeds its authors and its topics, as [`resolve`].
pub fn resolve_all(
    conn: &mut Connection,
    authors: &[AuthorId],
    topics: &[TopicId],
) -> Result<(Refs<AuthorId>, Refs<TopicId>)> {
    let found = Found::load(conn, [bare(authors), bare(topics)].concat())?;
    Ok((found.embedded(authors), found.embedded(topics)))
}

/// Terms by id, with their slug and name, and with what they were merged into.
struct Found(BTreeMap<TermId, (Slug, String, Option<TermId>)>);

impl Found {
    /// Finds terms, and what they were merged into.
    fn load(conn: &mut Connection, mut wanted: Vec<TermId>) -> Result<Self> {
        let mut found = BTreeMap::new();
        // The first round finds the terms themselves, the second what they were merged into.
        for _ in 0..2 {
            wanted.retain(|id| !found.contains_key(id));
            if wanted.is_empty() {
                break;
            }
            let rows: Vec<(TermId, Slug, String, Option<TermId>)> = terms::table
                .filter(terms::id.eq_any(&wanted))
                .select((terms::id, terms::slug, terms::name, terms::merged_into))
                .load(conn)?;
            wanted = rows.iter().filter_map(|(.., into)| *into).collect();
            found.extend(rows.into_iter().map(|(id, slug, name, into)| (id, (slug, name, into))));
        }
        Ok(Self(found))
    }

    /// What remains of each of these: itself, or what it was merged into, which is not merged itself.
    fn remaining<I: IsTerm>(&self, ids: &[I]) -> Vec<(I, &Slug, &str)> {
        let Self(found) = self;
        let mut remaining: Vec<(I, &Slug, &str)> = Vec::with_capacity(ids.len());
        for id in ids {
            let into = found.get(&id.term()).and_then(|(.., into)| *into);
            let id = into.map_or(*id, I::of);
            if let Some((slug, name, _)) = found.get(&id.term())
                && remaining.iter().all(|(other, ..)| *other != id)
            {
                remaining.push((id, slug, name));
            }
        }
        remaining
    }

    fn embedded<I: IsTerm>(&self, ids: &[I]) -> Vec<I::Ref> {
        let remaining = self.remaining(ids).into_iter();
        remaining.map(|(id, slug, name)| id.embedded(slug.clone(), name.to_owned())).collect()
    }

    fn ids<I: IsTerm>(&self, ids: &[I]) -> Vec<I> {
        self.remaining(ids).into_iter().map(|(id, ..)| id).collect()
    }
}

/// Adds to each of these groups whatever was merged into one of its members.
pub fn add_merged<I: IsTerm>(conn: &mut Connection, groups: &mut [Vec<I>]) -> Result<()> {
    let all = bare(&groups.concat());
    if all.is_empty() {
        return Ok(());
    }
    let merged: Vec<(TermId, Option<TermId>)> = terms::table
        .filter(terms::merged_into.eq_any(all))
        .select((terms::id, terms::merged_into))
        .load(conn)?;
    for group in groups {
        let of_group =
            merged.iter().filter(|(_, into)| into.is_some_and(|into| group.contains(&I::of(into))));
        let of_group: Vec<I> = of_group.map(|(id, _)| I::of(*id)).collect();
        group.extend(of_group);
    }
    Ok(())
}

/// At most `limit` terms that are not merged, in `order`, after `after`.
pub fn list<I: IsTerm>(
    conn: &mut Connection,
    order: Order,
    after: Option<Position<I>>,
    limit: i64,
) -> Result<Vec<Term<I>>> {
    use terms::{created_at, id, kind, merged_into, name};
    let rows: Terms<'_> =
        terms::table.filter(kind.eq(I::KIND)).filter(merged_into.is_null()).limit(limit).into_boxed();
    let rows = match order {
        Order::NameAscending => rows.order((name.asc(), id.asc())),
        Order::NameDescending => rows.order((name.desc(), id.desc())),
        Order::OldestFirst => rows.order((created_at.asc(), id.asc())),
        Order::NewestFirst => rows.order((created_at.desc(), id.desc())),
    };
    let descending = matches!(order, Order::NameDescending | Order::NewestFirst);
    let rows = match (after, descending) {
        (None, _) => rows,
        (Some(Position::Name(n, i)), false) => {
            rows.filter(name.gt(n.clone()).or(name.eq(n).and(id.gt(i.term()))))
        }
        (Some(Position::Name(n, i)), true) => {
            rows.filter(name.lt(n.clone()).or(name.eq(n).and(id.lt(i.term()))))
        }
        (Some(Position::CreatedAt(at, i)), false) => {
            rows.filter(created_at.gt(at).or(created_at.eq(at).and(id.gt(i.term()))))
        }
        (Some(Position::CreatedAt(at, i)), true) => {
            rows.filter(created_at.lt(at).or(created_at.eq(at).and(id.lt(i.term()))))
        }
    };
    Ok(I::load(conn, rows)?.into_iter().map(Term::from).collect())
}

/// How many terms of this kind are not merged.
pub fn count<I: IsTerm>(conn: &mut Connection) -> Result<i64> {
    let rows = terms::table.filter(terms::kind.eq(I::KIND)).filter(terms::merged_into.is_null());
    Ok(rows.count().get_result(conn)?)
}

/// How many listed editions carry each of these; those that none carries are left out.
pub fn count_articles<I: IsTerm>(conn: &mut Connection, ids: &[I]) -> Result<HashMap<I, i64>> {
    let counts: Vec<(TermId, i64)> = rendering_terms::table
        .filter(rendering_terms::term_id.eq_any(bare(ids)))
        .group_by(rendering_terms::term_id)
        .select((rendering_terms::term_id, diesel::dsl::count_star()))
        .load(conn)?;
    Ok(counts.into_iter().map(|(id, count)| (I::of(id), count)).collect())
}

/// Inserts a term; refuses a slug that another has or had with conflict `slug-taken`.
pub fn insert<I: IsTerm>(tx: &mut Tx<'_>, term: &Term<I>) -> Result<()> {
    slugs::lock(tx)?;
    slugs::check_former(tx, term.id, &term.slug)?;
    diesel::insert_into(terms::table)
        .values((
            terms::id.eq(term.id.term()),
            terms::kind.eq(I::KIND),
            terms::slug.eq(&term.slug),
            terms::name.eq(&term.name),
            terms::created_at.eq(term.created_at),
            terms::updated_at.eq(term.updated_at),
        ))
        .execute(&mut **tx)
        .map_err(taken::<I>)?;
    if term.details != I::Details::default() {
        term.id.save(tx, &term.details)?;
    }
    tx.append(term.id.created());
    Ok(())
}

/// Inserts a term whose slug was free a moment ago; asks to be run again if another has taken it since.
pub fn insert_free<I: IsTerm>(tx: &mut Tx<'_>, term: &Term<I>) -> Result<()> {
    insert(tx, term).map_err(|error| match error {
        Error::Conflict(_) => Tx::retry(),
        error => error,
    })
}

/// Stores a changed term; refuses a slug that another has or had with conflict `slug-taken`. A slug that it had leads
/// on to it. The caller has locked the slugs.
pub fn update<I: IsTerm>(tx: &mut Tx<'_>, old: &Term<I>, new: &Term<I>) -> Result<()> {
    if new.slug != old.slug {
        slugs::check_former(tx, new.id, &new.slug)?;
        slugs::keep_former(tx, old, new)?;
    }
    diesel::update(terms::table.filter(terms::id.eq(new.id.term())))
        .set((terms::slug.eq(&new.slug), terms::name.eq(&new.name), terms::updated_at.eq(new.updated_at)))
        .execute(&mut **tx)
        .map_err(taken::<I>)?;
    if new.details != old.details {
        new.id.save(tx, &new.details)?;
    }
    tx.append(new.id.updated());
    let renderings_differ = new.slug != old.slug || new.name != old.name;
    if renderings_differ { render_context::invalidate(tx) } else { Ok(()) }
}

/// Those of these that remain, as in [`resolve`], and nobody can merge or remove them before this unit of work has
/// ended: for what is about to refer to them.
pub fn hold<I: IsTerm>(tx: &mut Tx<'_>, ids: &[I]) -> Result<Vec<I>> {
    Ok(hold_found(tx, bare(ids))?.ids(ids))
}

/// Those authors and topics that remain, held as in [`hold`].
pub fn hold_all(tx: &mut Tx<'_>, authors: &[AuthorId], topics: &[TopicId]) -> Result<ArticleTerms> {
    let found = hold_found(tx, [bare(authors), bare(topics)].concat())?;
    Ok(ArticleTerms { authors: found.ids(authors), topics: found.ids(topics) })
}

fn hold_found(tx: &mut Tx<'_>, ids: Vec<TermId>) -> Result<Found> {
    let found = Found::load(tx, ids.clone())?;
    let Connection::Postgres(conn) = &mut **tx else { return Ok(found) };
    let present: Vec<TermId> = found.0.into_keys().collect();
    if present.is_empty() {
        return Ok(Found(BTreeMap::new()));
    }
    let rows = terms::table.filter(terms::id.eq_any(present)).order(terms::id);
    rows.select(terms::id).for_key_share().load::<TermId>(conn)?;
    // One may have been merged while we waited for it.
    Found::load(tx, ids)
}

/// Finds a term that is to be changed, and keeps others from changing it; refuses a merged one with conflict
/// `already-merged`, and one that had the slug before with `slug-moved`.
pub fn find_to_change<I: IsTerm>(tx: &mut Tx<'_>, key: &Key<I>) -> Result<Term<I>> {
    let found = find(tx, key)?.ok_or(Error::NotFound(I::KIND))?;
    lock(tx, &[found.id])?;
    let found = find(tx, &Key::Id(found.id))?.ok_or(Error::NotFound(I::KIND))?;
    found.merged_into.map_or(Ok(()), |into| Err(super::already_merged(&into)))?;
    slugs::check_current(key, &found)?;
    Ok(found)
}

/// Merges a term into what remains of `into`, and returns that: drafts and live articles that carry the one carry the
/// other, subscribers that follow the one follow the other, and whatever was merged into the one counts as merged into
/// the other. Refused with conflict `already-merged` or `merge-into-itself`, and as invalid at `/into` if there is no
/// such term.
pub fn merge<I: IsTerm>(tx: &mut Tx<'_>, key: &Key<I>, into: &Key<I>) -> Result<Term<I>> {
    let unknown = || Error::invalid("/into", I::UNKNOWN, "Nothing has this id or slug.");
    let from = find(tx, key)?.ok_or(Error::NotFound(I::KIND))?;
    if from.merged_into.is_none() {
        slugs::check_current(key, &from)?;
    }
    let from = from.id;
    let target = find(tx, into)?.ok_or_else(unknown)?;
    let into = target.merged_into.unwrap_or(target.id);
    super::check_merge(&from, &into)?;
    lock(tx, &[from, into])?;
    let from = find_to_change(tx, &Key::Id(from))?.id;
    let remaining = find(tx, &Key::Id(into))?.ok_or_else(unknown)?;
    if remaining.merged_into.is_some() {
        return Err(Tx::retry());
    }
    move_rows(tx, "article_terms", ("article_id", "term_id"), from.term(), into.term())?;
    move_rows(tx, "rendering_terms", ("article_id", "term_id"), from.term(), into.term())?;
    if I::HAS_FOLLOWERS {
        move_rows(tx, "subscriber_topics", ("subscriber_id", "topic_id"), from.term(), into.term())?;
    }
    let now = tx.now();
    diesel::update(terms::table.filter(terms::id.eq(from.term()).or(terms::merged_into.eq(from.term()))))
        .set((terms::merged_into.eq(into.term()), terms::updated_at.eq(now)))
        .execute(&mut **tx)?;
    tx.append(from.merged(into));
    render_context::invalidate(tx)?;
    Ok(remaining)
}

/// Lets every row of a table that names `from` name `into`; an owner that names both keeps one row.
fn move_rows(
    tx: &mut Tx<'_>,
    table: &str,
    (owner, column): (&str, &str),
    from: TermId,
    into: TermId,
) -> Result<()> {
    let twice = format!(
        "DELETE FROM {table} WHERE {column} = $1 AND {owner} IN (SELECT {owner} FROM {table} WHERE {column} = $2)"
    );
    diesel::sql_query(twice).bind::<Id, _>(from).bind::<Id, _>(into).execute(&mut **tx)?;
    // SQLite numbers parameters as they appear.
    let rest = format!("UPDATE {table} SET {column} = $1 WHERE {column} = $2");
    diesel::sql_query(rest).bind::<Id, _>(into).bind::<Id, _>(from).execute(&mut **tx)?;
    Ok(())
}

/// Removes a term: articles no longer carry it, and whatever was merged into it goes too. Removing a merged term only
/// frees its slug: editions that name the term still lead to what it was merged into. Removing one by a slug that it
/// had before only frees that slug.
pub fn remove<I: IsTerm>(tx: &mut Tx<'_>, key: &Key<I>) -> Result<()> {
    let unknown = || Error::NotFound(I::KIND);
    let found = find(tx, key)?.ok_or_else(unknown)?.id;
    lock(tx, &[found])?;
    if let Key::Slug(slug) = key
        && slugs::free(tx, found, slug)?
    {
        tx.append(found.updated());
        return Ok(());
    }
    let is_merged = find(tx, &Key::Id(found))?.ok_or_else(unknown)?.merged_into.is_some();
    let row = terms::table.filter(terms::id.eq(found.term()));
    if is_merged {
        // No slug that anybody may choose looks like an id.
        let freed = Slug::from_stored(found.to_string());
        let had_one = diesel::update(row.filter(terms::slug.ne(&freed))).set(terms::slug.eq(&freed));
        if had_one.execute(&mut **tx)? == 0 {
            return Err(unknown());
        }
        tx.append(found.removed());
        return Ok(());
    }
    diesel::delete(row).execute(&mut **tx)?;
    tx.append(found.removed());
    render_context::invalidate(tx)
}

/// Keeps others from changing these; in the order of their ids, so that no two wait for each other.
fn lock<I: IsTerm>(tx: &mut Tx<'_>, ids: &[I]) -> Result<()> {
    if let Connection::Postgres(conn) = &mut **tx {
        let rows = terms::table.filter(terms::id.eq_any(bare(ids))).order(terms::id);
        rows.select(terms::id).for_update().load::<TermId>(conn)?;
    }
    Ok(())
}

fn taken<I: IsTerm>(error: diesel::result::Error) -> Error {
    match violation::unique(&error).as_deref() {
        Some("terms_kind_slug") => slugs::taken::<I>(),
        _ => error.into(),
    }
}
