//! The schema: both databases have the same one, `src/base/db/schema/` tells it truly, and every migration can be taken
//! back.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use diesel::sql_types::Text;
use diesel::{Connection as _, QueryableByName, RunQueryDsl, SqliteConnection, sql_query};
use lede::base::db::{Connection, DatabaseUrl, migrate};
use lede::base::error::Error;

use crate::test_database::TestDatabase;

/// What an engine says of a table: its columns, each with type and nullability, and its primary key.
type Tables = BTreeMap<String, BTreeSet<String>>;

#[derive(QueryableByName)]
struct Line {
    #[diesel(sql_type = Text)]
    line: String,
}

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn lines(conn: &mut Connection, sql: &str) -> Vec<String> {
    let rows: Vec<Line> = sql_query(sql).load(conn).unwrap_or_else(|e| panic!("{e}: {sql}"));
    rows.into_iter().map(|row| row.line).collect()
}

/// Everything the engine lists of its schema.
fn listing(database: &TestDatabase) -> Vec<String> {
    let mut conn = database.connect();
    match &mut conn {
        Connection::Sqlite(_) => lines(
            &mut conn,
            "SELECT type || ' ' || name || ' ' || coalesce(sql, '') AS line FROM sqlite_schema \
             WHERE name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' AND tbl_name NOT LIKE '\\_\\_diesel%' ESCAPE '\\' \
             AND name NOT LIKE 'sqlite_sequence' ORDER BY type, name",
        ),
        Connection::Postgres(_) => lines(
            &mut conn,
            "SELECT line FROM ( \
               SELECT concat_ws(' ', 'column', table_name, column_name, data_type, is_nullable, collation_name, \
                                column_default, is_identity) AS line \
                 FROM information_schema.columns WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%' \
               UNION ALL SELECT 'index ' || indexdef FROM pg_indexes \
                 WHERE schemaname = 'public' AND tablename NOT LIKE '\\_\\_diesel%' \
               UNION ALL SELECT concat_ws(' ', 'constraint', conrelid::regclass::text, conname, pg_get_constraintdef(oid)) \
                 FROM pg_constraint WHERE connamespace = 'public'::regnamespace AND conrelid::regclass::text NOT LIKE '\\_\\_diesel%' \
               UNION ALL SELECT 'trigger ' || pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal \
               UNION ALL SELECT 'function ' || pg_get_functiondef(oid) FROM pg_proc \
                 WHERE pronamespace = 'public'::regnamespace AND probin IS NULL AND proname NOT LIKE 'diesel\\_%' \
               UNION ALL SELECT concat_ws(' ', 'sequence', sequence_name) FROM information_schema.sequences \
             ) AS everything ORDER BY line",
        ),
    }
}

#[test]
fn what_goes_up_comes_down_and_goes_up_again_the_same() {
    let database = TestDatabase::empty();
    let up = migrate::run(&database.url).expect("up");
    let first = listing(&database);
    assert!(first.len() > 20, "{first:#?}");
    let mut down = migrate::revert_all(&database.url).expect("down");
    assert_eq!(listing(&database), Vec::<String>::new(), "left behind");
    down.reverse();
    assert_eq!(up, down);
    assert_eq!(migrate::run(&database.url).expect("up again"), up);
    assert_eq!(listing(&database), first);
    assert!(migrate::run(&database.url).expect("nothing to do").is_empty());
}

#[test]
fn processes_that_start_together_migrate_once() {
    let database = TestDatabase::empty();
    let ran: Vec<usize> = std::thread::scope(|scope| {
        let threads: Vec<_> =
            (0..4).map(|_| scope.spawn(|| migrate::run(&database.url).expect("up").len())).collect();
        threads.into_iter().map(|thread| thread.join().expect("a thread")).collect()
    });
    assert_eq!(ran.iter().filter(|count| **count > 0).count(), 1, "{ran:?}");
}

#[test]
fn a_newer_schema_and_another_programs_database_are_refused_and_left_alone() {
    use diesel::connection::SimpleConnection as _;
    let newer = TestDatabase::fresh();
    let note = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    newer.connect().batch_execute(note).expect("a note");
    let before = listing(&newer);
    let refused = migrate::run(&newer.url).expect_err("a refusal").to_string();
    assert!(refused.contains("a newer version of Lede (migration 9999)"), "{refused}");
    assert_eq!(listing(&newer), before);
    for schema in [
        "CREATE TABLE posts (id INTEGER)",
        "CREATE TABLE posts (id INTEGER); CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY); \
         INSERT INTO __diesel_schema_migrations (version) VALUES ('2019')",
        // What is left of one of ours whose notes were lost.
        "CREATE TABLE articles (id INTEGER); CREATE TABLE __diesel_schema_migrations (version VARCHAR(50) PRIMARY KEY)",
    ] {
        let foreign = TestDatabase::empty();
        let created = match &foreign.url {
            // As the other program would: without our settings.
            DatabaseUrl::Sqlite(path) => {
                SqliteConnection::establish(path).expect("a file").batch_execute(schema)
            }
            DatabaseUrl::Postgres(_) => foreign.connect().batch_execute(schema),
        };
        created.expect("tables");
        let bytes = || match &foreign.url {
            DatabaseUrl::Sqlite(path) => std::fs::read(path).expect("a file"),
            DatabaseUrl::Postgres(_) => Vec::new(),
        };
        let before = bytes();
        let refused = migrate::run(&foreign.url).expect_err("a refusal").to_string();
        assert_eq!(refused, "LEDE_DATABASE_URL: the database has tables of another program");
        assert_eq!(bytes(), before);
    }
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("notes.txt");
    std::fs::write(&file, "Not a database. ".repeat(100)).expect("a file");
    let url = DatabaseUrl::parse(&format!("sqlite://{}", file.display())).expect("a URL");
    let refused = migrate::run(&url).expect_err("a refusal").to_string();
    assert_eq!(refused, "LEDE_DATABASE_URL: file is not a database");
    assert!(std::fs::read_to_string(&file).expect("text").starts_with("Not a database."));
}

#[test]
fn what_is_checked_comes_before_what_is_migrated() {
    let database = TestDatabase::fresh();
    assert!(migrate::run_after(&database.url, |_| Ok(())).expect("nothing to do").is_empty());
    let refused = migrate::run_after(&database.url, |_| Err(Error::unavailable("the wrong secret")));
    assert_eq!(refused.expect_err("a refusal").to_string(), "the wrong secret");
    let new = TestDatabase::empty();
    let unchecked = migrate::run_after(&new.url, |_| Err(Error::unavailable("there is nothing to check")));
    assert!(!unchecked.expect("up").is_empty());
}

#[test]
fn both_databases_have_the_same_migrations() {
    let names = |engine: &str| -> BTreeSet<String> {
        let entries = std::fs::read_dir(root().join("migrations").join(engine)).expect("a folder");
        let names = entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8"));
        names.collect()
    };
    assert_eq!(names("sqlite"), names("postgres"));
}

#[test]
fn the_schema_tells_what_the_engine_reports() {
    let database = TestDatabase::fresh();
    let mut conn = database.connect();
    let is_sqlite = matches!(conn, Connection::Sqlite(_));
    let reported = if is_sqlite { reported_by_sqlite(&mut conn) } else { reported_by_postgres(&mut conn) };
    let told = told_by_the_schema(is_sqlite);
    assert!(told.len() > 30, "{told:#?}");
    assert_eq!(told.keys().collect::<Vec<_>>(), reported.keys().collect::<Vec<_>>());
    for (table, columns) in &told {
        assert_eq!(columns, &reported[table], "{table}");
    }
}

#[test]
fn tables_are_strict_and_text_sorts_by_bytes() {
    let database = TestDatabase::fresh();
    let mut conn = database.connect();
    let wrong = match &mut conn {
        Connection::Sqlite(_) => lines(
            &mut conn,
            "SELECT name AS line FROM pragma_table_list WHERE schema = 'main' AND type = 'table' AND NOT strict \
             AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'",
        ),
        Connection::Postgres(_) => lines(
            &mut conn,
            "SELECT table_name || '.' || column_name AS line FROM information_schema.columns \
             WHERE table_schema = 'public' AND table_name NOT LIKE '\\_\\_diesel%' AND data_type = 'text' \
             AND collation_name IS DISTINCT FROM 'C'",
        ),
    };
    assert_eq!(wrong, Vec::<String>::new());
}

fn reported_by_sqlite(conn: &mut Connection) -> Tables {
    let sql = "SELECT t.name || ' ' || c.name || ' ' || c.type || ' ' || (CASE WHEN c.\"notnull\" OR c.pk THEN 'not null' ELSE 'null' END) \
               || (CASE WHEN c.pk THEN ' key' ELSE '' END) AS line \
               FROM pragma_table_list AS t, pragma_table_info(t.name) AS c WHERE t.schema = 'main' AND t.type = 'table' \
               AND t.name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND t.name NOT LIKE '\\_\\_diesel%' ESCAPE '\\'";
    tables(lines(conn, sql))
}

/// What only serves full-text search, `tsvector` columns, diesel does not see.
fn reported_by_postgres(conn: &mut Connection) -> Tables {
    let sql = "SELECT c.table_name || ' ' || c.column_name || ' ' || c.udt_name || ' ' || \
               (CASE c.is_nullable WHEN 'NO' THEN 'not null' ELSE 'null' END) || \
               (CASE WHEN k.column_name IS NULL THEN '' ELSE ' key' END) AS line \
               FROM information_schema.columns AS c JOIN information_schema.tables AS t USING (table_schema, table_name) \
               LEFT JOIN (information_schema.key_column_usage AS k JOIN information_schema.table_constraints AS p \
                 ON p.constraint_name = k.constraint_name AND p.table_name = k.table_name AND p.constraint_type = 'PRIMARY KEY') \
                 ON k.table_name = c.table_name AND k.column_name = c.column_name \
               WHERE c.table_schema = 'public' AND t.table_type = 'BASE TABLE' AND c.udt_name <> 'tsvector' \
               AND c.table_name NOT LIKE '\\_\\_diesel%'";
    tables(lines(conn, sql))
}

fn tables(lines: Vec<String>) -> Tables {
    let mut tables = Tables::new();
    for line in lines {
        let (table, column) = line.split_once(' ').expect("a table and a column");
        tables.entry(table.to_owned()).or_default().insert(column.to_owned());
    }
    tables
}

/// Reads the files themselves: `name (key, …) { column -> Type, … }`.
fn told_by_the_schema(is_sqlite: bool) -> Tables {
    let mut tables = Tables::new();
    for entry in std::fs::read_dir(root().join("src/base/db/schema")).expect("a folder") {
        let source = std::fs::read_to_string(entry.expect("an entry").path()).expect("a file");
        let mut open: Option<(String, Vec<String>)> = None;
        for line in source.lines().map(str::trim) {
            if let Some((name, key)) = line.strip_suffix(") {").and_then(|line| line.split_once(" (")) {
                open = Some((name.to_owned(), key.split(", ").map(str::to_owned).collect()));
            } else if let Some((column, kind)) = line.trim_end_matches(',').split_once(" -> ") {
                let (table, key) = open.as_ref().unwrap_or_else(|| panic!("{line} stands in no table"));
                let (kind, null) = match kind.strip_prefix("Nullable<") {
                    Some(kind) => (kind.trim_end_matches('>'), "null"),
                    None => (kind, "not null"),
                };
                let key = if key.iter().any(|part| part == column) { " key" } else { "" };
                let told = format!("{column} {} {null}{key}", spelled(kind, is_sqlite));
                tables.entry(table.clone()).or_default().insert(told);
            } else if line == "}" {
                open = None;
            }
        }
    }
    tables
}

fn spelled(kind: &str, is_sqlite: bool) -> &'static str {
    let (sqlite, postgres) = match kind {
        "Id" => ("BLOB", "uuid"),
        "Instant" => ("INTEGER", "timestamptz"),
        "JsonText" => ("TEXT", "json"),
        "Text" => ("TEXT", "text"),
        "BigInt" => ("INTEGER", "int8"),
        "Integer" => ("INTEGER", "int4"),
        "Double" => ("REAL", "float8"),
        "Bool" => ("INTEGER", "bool"),
        "Binary" => ("BLOB", "bytea"),
        other => panic!("how do the engines spell {other}?"),
    };
    if is_sqlite { sqlite } else { postgres }
}
