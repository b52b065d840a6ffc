//! How topics and authors are kept. diesel's tables are types of their own, so code over both would need its private
//! traits; a macro writes the same plain queries for each. Every function is a constant number of statements.

/// Writes the store of one of the two tables, given the names of its parts.
macro_rules! carried_store {
    (
        table: $table:ident, row: $Row:ident, id: $Id:ident, reference: $Ref:ident, what: $what:literal,
        drafts: $drafts:ident, live: $live:ident, column: $column:ident,
        events: $created:ident, $updated:ident, $merged:ident { $from:ident }, $removed:ident,
        $(moved_too: $moved_too:path,)?
    ) => {
        use std::collections::HashMap;

        use diesel::prelude::*;

        use crate::carried::{self, Found, Key, Order, Place};
        use crate::base::db::schema::{renderings, $drafts, $live, $table};
        use crate::base::db::{Connection, Tx, violation};
        use crate::render_context::invalidate;
        use crate::base::error::{Error, Result};
        use crate::base::events::Event;
        use crate::base::text::slug::Slug;

        /// How many slugs are tried at once when one is made.
        const CANDIDATES: u32 = 50;

        /// The one of that id or slug, be it one that has gone up in another.
        ///
        /// # Errors
        /// When the database refuses.
        pub fn find(conn: &mut Connection, key: &Key<$Id>) -> Result<Option<$Row>> {
            let mut rows = $table::table.into_boxed();
            rows = match key {
                Key::Id(id) => rows.filter($table::id.eq(id)),
                Key::Slug(slug) => rows.filter($table::slug.eq(slug)),
            };
            Ok(rows.get_result(conn).optional()?)
        }

        /// Those of these ids, and what those of them that have gone up in another went up in.
        ///
        /// # Errors
        /// When the database refuses.
        pub fn find_refs(conn: &mut Connection, ids: &[$Id]) -> Result<Found<$Id, $Ref>> {
            let mut found = Found::new();
            let mut wanted = ids.to_vec();
            // Merging leaves no chains: the second round finds all that is left.
            for _ in 0..2 {
                wanted.retain(|id| !found.contains_key(id));
                if wanted.is_empty() {
                    break;
                }
                let rows: Vec<($Id, Slug, String, Option<$Id>)> = $table::table
                    .filter($table::id.eq_any(&wanted))
                    .select(($table::id, $table::slug, $table::name, $table::merged_into))
                    .load(conn)?;
                wanted.clear();
                for (id, slug, name, into) in rows {
                    wanted.extend(into);
                    found.insert(id, ($Ref { id, slug, name }, into));
                }
            }
            Ok(found)
        }

        /// How these are embedded: in their order, those merged replaced by what remains, those removed left out, none
        /// twice.
        ///
        /// # Errors
        /// When the database refuses.
        pub fn resolve(conn: &mut Connection, ids: &[$Id]) -> Result<Vec<$Ref>> {
            Ok(carried::follow(ids, &find_refs(conn, ids)?))
        }

        /// Whom each of these slugs belongs to, in their order; a merged one's belongs to what remains.
        ///
        /// # Errors
        /// When the database refuses.
        pub fn find_by_slugs(conn: &mut Connection, slugs: &[Slug]) -> Result<Vec<Option<$Id>>> {
            if slugs.is_empty() {
                return Ok(Vec::new());
            }
            let found: Vec<(Slug, $Id, Option<$Id>)> = $table::table
                .filter($table::slug.eq_any(slugs))
                .select(($table::slug, $table::id, $table::merged_into))
                .load(conn)?;
            let found: HashMap<Slug, $Id> =
                found.into_iter().map(|(slug, id, into)| (slug, into.unwrap_or(id))).collect();
            Ok(slugs.iter().map(|slug| found.get(slug).copied()).collect())
        }

        /// Adds to each of these groups whatever has gone up in one of it.
        ///
        /// # Errors
        /// When the database refuses.
        pub fn add_merged(conn: &mut Connection, groups: &mut [Vec<$Id>]) -> Result<()> {
            let all = groups.concat();
            if all.is_empty() {
                return Ok(());
            }
            let merged: Vec<($Id, Option<$Id>)> = $table::table
                .filter($table::merged_into.eq_any(all))
                .select(($table::id, $table::merged_into))
                .load(conn)?;
            for group in groups {
                let of_group =
                    merged.iter().filter(|(_, into)| into.is_some_and(|into| group.contains(&into)));
                let of_group: Vec<$Id> = of_group.map(|(id, _)| *id).collect();
                group.extend(of_group);
            }
            Ok(())
        }

        /// At most `limit` of those that have not gone up in another, in `order`, from behind `after` on.
        ///
        /// # Errors
        /// When the database refuses.
        pub fn list(
            conn: &mut Connection,
            order: Order,
            after: Option<Place<$Id>>,
            limit: i64,
        ) -> Result<Vec<$Row>> {
            use $table::{created_at, id, name};
            let mut rows = $table::table.filter($table::merged_into.is_null()).limit(limit).into_boxed();
            rows = match order {
                Order::NameAscending => rows.order((name.asc(), id.asc())),
                Order::NameDescending => rows.order((name.desc(), id.desc())),
                Order::OldestFirst => rows.order((created_at.asc(), id.asc())),
                Order::NewestFirst => rows.order((created_at.desc(), id.desc())),
            };
            let descending = matches!(order, Order::NameDescending | Order::NewestFirst);
            rows = match (after, descending) {
                (None, _) => rows,
                (Some(Place::Name(n, i)), false) => {
                    rows.filter(name.gt(n.clone()).or(name.eq(n).and(id.gt(i))))
                }
                (Some(Place::Name(n, i)), true) => {
                    rows.filter(name.lt(n.clone()).or(name.eq(n).and(id.lt(i))))
                }
                (Some(Place::CreatedAt(at, i)), false) => {
                    rows.filter(created_at.gt(at).or(created_at.eq(at).and(id.gt(i))))
                }
                (Some(Place::CreatedAt(at, i)), true) => {
                    rows.filter(created_at.lt(at).or(created_at.eq(at).and(id.lt(i))))
                }
            };
            Ok(rows.load(conn)?)
        }

        /// How many there are that have not gone up in another.
        ///
        /// # Errors
        /// When the database refuses.
        pub fn count(conn: &mut Connection) -> Result<i64> {
            Ok($table::table.filter($table::merged_into.is_null()).count().get_result(conn)?)
        }

        /// How many listed editions carry each of these; those that none carries are left out.
        ///
        /// # Errors
        /// When the database refuses.
        pub fn count_articles(conn: &mut Connection, ids: &[$Id]) -> Result<HashMap<$Id, i64>> {
            let counts: Vec<($Id, i64)> = $live::table
                .inner_join(renderings::table.on(renderings::article_id.eq($live::article_id)))
                .filter($live::$column.eq_any(ids))
                .filter(renderings::listed.eq(true))
                .group_by($live::$column)
                .select(($live::$column, diesel::dsl::count_star()))
                .load(conn)?;
            Ok(counts.into_iter().collect())
        }

        /// A slug made from a name that nobody has. Slugs are made one at a time, so that those who make the same do
        /// not run into each other.
        ///
        /// # Errors
        /// When the database refuses.
        pub fn free_slug(tx: &mut Tx<'_>, name: &str) -> Result<Slug> {
            if let Connection::Postgres(conn) = &mut **tx {
                diesel::sql_query("SELECT pg_advisory_xact_lock(4817302)").execute(conn)?;
            }
            let base = Slug::from_title(name);
            let mut first = 1;
            loop {
                let candidates: Vec<Slug> = (first..first + CANDIDATES)
                    .map(|n| if n == 1 { base.clone() } else { base.numbered(n) })
                    .collect();
                let taken: Vec<Slug> = $table::table
                    .filter($table::slug.eq_any(&candidates))
                    .select($table::slug)
                    .load(&mut **tx)?;
                if let Some(free) = candidates.into_iter().find(|slug| !taken.contains(slug)) {
                    return Ok(free);
                }
                first += CANDIDATES;
            }
        }

        /// Adds one whose slug was given.
        ///
        /// # Errors
        /// Conflict `slug-taken`.
        pub fn insert(tx: &mut Tx<'_>, row: &$Row) -> Result<()> {
            diesel::insert_into($table::table).values(row.clone()).execute(&mut **tx).map_err(taken)?;
            tx.append(Event::$created(row.id));
            Ok(())
        }

        /// Adds one whose slug was free a moment ago.
        ///
        /// # Errors
        /// Asks to be run again when another has taken the slug meanwhile.
        pub fn insert_free(tx: &mut Tx<'_>, row: &$Row) -> Result<()> {
            insert(tx, row).map_err(|error| match error {
                Error::Conflict(_) => Tx::retry(),
                error => error,
            })
        }

        /// Keeps what has been changed of one. Renderings embed its slug and its name: `embedded` says whether either
        /// was changed.
        ///
        /// # Errors
        /// Conflict `slug-taken`.
        pub fn update(
            tx: &mut Tx<'_>,
            row: &$Row,
            embedded: bool,
        ) -> Result<()> {
            diesel::update($table::table.filter($table::id.eq(row.id)))
                .set(row.clone())
                .execute(&mut **tx)
                .map_err(taken)?;
            tx.append(Event::$updated(row.id));
            if embedded { invalidate(tx) } else { Ok(()) }
        }

        /// Makes one that an article names and that nobody has made yet. The slug is free: [`find_by_slugs`] said so.
        ///
        /// # Errors
        /// Asks to be run again when another has made it at the same time.
        pub fn make(tx: &mut Tx<'_>, slug: &Slug, name: &str) -> Result<$Id> {
            let now = tx.now();
            let row = $Row::new(tx.new_id()?, slug.clone(), name.to_owned(), now);
            insert_free(tx, &row)?;
            Ok(row.id)
        }

        /// Those of these that are there, kept from being merged or removed before this unit of work has ended: what an
        /// article that stores them is to store.
        ///
        /// # Errors
        /// When the database refuses.
        pub fn hold(tx: &mut Tx<'_>, ids: &[$Id]) -> Result<Vec<$Ref>> {
            if let Connection::Postgres(_) = &mut **tx {
                let present: Vec<$Id> = resolve(tx, ids)?.iter().map(|carried| carried.id).collect();
                if let Connection::Postgres(conn) = &mut **tx {
                    let rows = $table::table.filter($table::id.eq_any(present)).order($table::id);
                    rows.select($table::id).for_key_share().load::<$Id>(conn)?;
                }
            }
            resolve(tx, ids)
        }

        /// Finds one that is to be changed, and keeps others from changing it.
        ///
        /// # Errors
        /// Not found; conflict `already-merged`.
        pub fn find_to_change(tx: &mut Tx<'_>, key: &Key<$Id>) -> Result<$Row> {
            let found = find(tx, key)?.ok_or(Error::NotFound($what))?;
            lock(tx, &[found.id])?;
            let found = find(tx, &Key::Id(found.id))?.ok_or(Error::NotFound($what))?;
            found.merged_into.map_or(Ok(()), |into| Err(carried::merged(&into)))?;
            Ok(found)
        }

        /// Merges `key` into what remains of `into`, and gives that: drafts and live articles that carry the one now
        /// carry the other, whatever had gone up in the one has now gone up in the other, and its slug stays a signpost.
        ///
        /// # Errors
        /// Not found; invalid at `/into`; conflict `already-merged` or `merge-into-itself`.
        pub fn merge(
            tx: &mut Tx<'_>,
            key: &Key<$Id>,
            into: &Key<$Id>,
        ) -> Result<$Row> {
            let unknown =
                || Error::invalid("/into", concat!("unknown-", $what), "there is none of this id or slug");
            let from = find(tx, key)?.ok_or(Error::NotFound($what))?.id;
            let target = find(tx, into)?.ok_or_else(unknown)?;
            let into = target.merged_into.unwrap_or(target.id);
            carried::check_merge(&from, &into)?;
            lock(tx, &[from, into])?;
            let from = find_to_change(tx, &Key::Id(from))?;
            let remaining = find(tx, &Key::Id(into))?.ok_or_else(unknown)?;
            if remaining.merged_into.is_some() {
                return Err(Tx::retry());
            }
            move_rows(tx, from.id, into)?;
            $($moved_too(tx, from.id, into)?;)?
            let now = tx.now();
            diesel::update($table::table.filter($table::id.eq(from.id).or($table::merged_into.eq(from.id))))
                .set(($table::merged_into.eq(into), $table::updated_at.eq(now)))
                .execute(&mut **tx)?;
            tx.append(Event::$merged { $from: from.id, into });
            invalidate(tx)?;
            Ok(remaining)
        }

        /// Lets every draft and live article that carries `from` carry `into`, once.
        fn move_rows(tx: &mut Tx<'_>, from: $Id, into: $Id) -> Result<()> {
            let (drafts, live) = diesel::alias!($drafts as other_drafts, $live as other_live);
            let have = drafts.filter(drafts.field($drafts::$column).eq(into));
            diesel::delete(
                $drafts::table
                    .filter($drafts::$column.eq(from))
                    .filter($drafts::article_id.eq_any(have.select(drafts.field($drafts::article_id)))),
            )
            .execute(&mut **tx)?;
            diesel::update($drafts::table.filter($drafts::$column.eq(from)))
                .set($drafts::$column.eq(into))
                .execute(&mut **tx)?;
            let have = live.filter(live.field($live::$column).eq(into));
            diesel::delete(
                $live::table
                    .filter($live::$column.eq(from))
                    .filter($live::article_id.eq_any(have.select(live.field($live::article_id)))),
            )
            .execute(&mut **tx)?;
            diesel::update($live::table.filter($live::$column.eq(from)))
                .set($live::$column.eq(into))
                .execute(&mut **tx)?;
            Ok(())
        }

        /// Removes one: articles no longer carry it, and whatever went up in it goes too. Of one that has gone up in
        /// another only the signpost is removed, which frees its slug.
        ///
        /// # Errors
        /// Not found.
        pub fn remove(tx: &mut Tx<'_>, key: &Key<$Id>) -> Result<()> {
            let found = find(tx, key)?.ok_or(Error::NotFound($what))?.id;
            let gone = diesel::delete($table::table.filter($table::id.eq(found))).execute(&mut **tx)?;
            if gone == 0 {
                return Err(Error::NotFound($what));
            }
            tx.append(Event::$removed(found));
            invalidate(tx)
        }

        /// Keeps others from changing these; in the order of their ids, so that no two wait for each other.
        fn lock(tx: &mut Tx<'_>, ids: &[$Id]) -> Result<()> {
            if let Connection::Postgres(conn) = &mut **tx {
                let rows = $table::table.filter($table::id.eq_any(ids)).order($table::id);
                rows.select($table::id).for_update().load::<$Id>(conn)?;
            }
            Ok(())
        }

        fn taken(error: diesel::result::Error) -> Error {
            match violation::unique(&error).as_deref() {
                Some(concat!(stringify!($table), "_slug")) => {
                    Error::conflict("slug-taken", concat!("another ", $what, " has this slug"))
                }
                _ => error.into(),
            }
        }
    };
}

pub(crate) use carried_store;
