//! The page of tables is complete: nobody can add one without saying what archives do with it.

use std::collections::{BTreeMap, BTreeSet};

use diesel::sql_types::Text;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use lede::archive::tables::{LEFT_OUT, TABLES};
use lede::base::db::{Connection, migrate};

use crate::test_database::TestDatabase;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn lines(conn: &mut Connection, sql: &str) -> Vec<String> {
    let rows: Vec<Line> = sql_query(sql).load(conn).expect("rows");
    rows.into_iter().map(|row| row.line).collect()
}

#[test]
fn every_table_is_in_archives_or_left_out_for_a_reason() {
    let database = TestDatabase::fresh();
    let found: BTreeSet<String> =
        migrate::tables(&mut database.connect()).expect("tables").into_iter().collect();
    // Diesel's own, and what SQLite keeps its full-text index in.
    let is_ours = |name: &&String| !name.starts_with("__diesel") && !name.starts_with("search_index");
    let told = TABLES.iter().map(|table| table.name).chain(LEFT_OUT.iter().map(|(name, _)| *name));
    let (told, count) = (told.clone().collect::<BTreeSet<_>>(), told.count());
    assert_eq!(told.len(), count, "a table comes twice");
    assert_eq!(told, found.iter().filter(is_ours).map(String::as_str).collect());
    assert!(LEFT_OUT.iter().all(|(_, why)| !why.is_empty()));
}

#[test]
fn rows_are_ordered_by_the_primary_key_and_come_after_what_they_refer_to() {
    let database = TestDatabase::fresh();
    let mut conn = database.connect();
    let (keys, references) = match conn {
        Connection::Sqlite(_) => (
            "SELECT t.name || ' ' || group_concat(c.name, ' ' ORDER BY c.pk) AS line \
             FROM pragma_table_list AS t, pragma_table_info(t.name) AS c WHERE c.pk > 0 GROUP BY t.name",
            "SELECT DISTINCT t.name || ' ' || f.\"table\" AS line \
             FROM pragma_table_list AS t, pragma_foreign_key_list(t.name) AS f",
        ),
        Connection::Postgres(_) => (
            "SELECT conrelid::regclass::text || ' ' || (SELECT string_agg(attname, ' ' ORDER BY at) \
               FROM unnest(conkey) WITH ORDINALITY AS k (number, at) \
               JOIN pg_attribute ON attrelid = conrelid AND attnum = number) AS line \
             FROM pg_constraint WHERE contype = 'p' AND connamespace = 'public'::regnamespace",
            "SELECT DISTINCT conrelid::regclass::text || ' ' || confrelid::regclass::text AS line \
             FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace",
        ),
    };
    let keys = lines(&mut conn, keys);
    let keys: BTreeMap<&str, &str> = keys.iter().filter_map(|line| line.split_once(' ')).collect();
    for table in TABLES {
        assert_eq!(table.key.join(" "), keys[table.name], "{}", table.name);
    }
    let place = |name: &str| TABLES.iter().position(|table| table.name == name);
    let references = lines(&mut conn, references);
    assert!(references.len() > 20, "{references:?}");
    for line in &references {
        let (from, to) = line.split_once(' ').expect("two tables");
        let Some(own) = place(from) else { continue };
        let other = place(to).unwrap_or_else(|| panic!("{from} refers to {to}, which archives leave out"));
        let refers_to_itself = TABLES[own].refers_to_itself.is_some();
        assert!(
            other < own || other == own && refers_to_itself,
            "{from} comes before {to}, which it refers to"
        );
    }
}
