//! Restores a source into an empty database: all of it, or nothing. An SQLite database is filled as another file, which gets
//! its name at the end; on PostgreSQL it is one transaction.

use std::fs::File;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::sql_types::Bool;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};

use super::columns::Kind;
use super::manifest::{Manifest, Part};
use super::statements::{Filled, insert};
use super::tables::{self, TABLES, Table};
use super::values::Value;
use super::{Source, secret};
use crate::auth::Seal;
use crate::base::clock::Clock;
use crate::base::config::Config;
use crate::base::db::presence::Alone;
use crate::base::db::{
    Connection, DatabaseUrl, Tx, connection, long_write, migrate, quiet, real_path, settle,
};
use crate::base::error::{Error, Result};
use crate::base::private_files;
use crate::base::progress::Progress;
use crate::base::random::Random;
use crate::editions::restored::{Rendered, render_all};
use crate::on_each;

/// How many rows one statement inserts.
const BATCH: usize = 16;

/// What is to be restored how.
#[derive(Clone, Copy)]
pub struct Options<'a> {
    /// What opens the keys, if there is a secret.
    pub seal: Option<&'a Seal>,
    /// Whether the keys are to be made anew under another secret.
    pub new_secret: bool,
    /// Whether the database is to be a quiet copy.
    pub quiet: bool,
    /// The settings, for rendering articles if the source has none.
    pub config: &'a Config,
}

/// What was restored.
#[derive(Debug)]
pub struct Restored {
    /// What was in the source.
    pub manifest: Manifest,
    /// The articles that were rendered.
    pub rendered: Rendered,
}

/// An empty database that nobody else uses.
pub struct Target {
    url: DatabaseUrl,
    _alone: Alone,
}

impl Target {
    /// The database at `url`, if it is empty and no server runs on it.
    ///
    /// # Errors
    /// Unavailable, with a sentence for the operator.
    pub fn open(url: &DatabaseUrl) -> Result<Self> {
        let alone = Alone::with(url)?;
        let url = match url {
            DatabaseUrl::Sqlite(path) => DatabaseUrl::Sqlite(real_path(path)?),
            DatabaseUrl::Postgres(_) => url.clone(),
        };
        let target = Self { url, _alone: alone };
        target.check()?;
        Ok(target)
    }

    /// Whether it is empty, and an SQLite file can be replaced.
    fn check(&self) -> Result<()> {
        migrate::inspect(&self.url, check_empty)?;
        match &self.url {
            DatabaseUrl::Sqlite(path) => settle(path),
            DatabaseUrl::Postgres(_) => Ok(()),
        }
    }
}

/// Refuses a database with anything in it that a new installation has not.
fn check_empty(conn: &mut Connection) -> Result<()> {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = Bool)]
        found: bool,
    }
    // A schema of an older version lacks some.
    for name in migrate::tables(conn)? {
        let Some(table) = tables::find(&name).filter(|table| !table.is_seeded) else { continue };
        let sql = format!("SELECT EXISTS (SELECT 1 FROM \"{name}\"{}) AS found", table.condition());
        if sql_query(sql).get_result::<Found>(conn)?.found {
            return Err(Error::unavailable(format!(
                "the database is not empty: there are rows in {name}; an empty one is needed"
            )));
        }
    }
    Ok(())
}

/// Fills an empty database.
///
/// # Errors
/// Unavailable, with a sentence for the operator. The database is as it was then.
pub fn restore(
    source: &mut dyn Source,
    target: &Target,
    options: Options<'_>,
    progress: &mut dyn Progress,
) -> Result<Restored> {
    match &target.url {
        DatabaseUrl::Sqlite(path) => {
            let draft = PathBuf::from(format!("{path}.restoring"));
            let restored = fill_file(source, &draft, options, progress).and_then(|restored| {
                let failed = |error: std::io::Error| Error::unavailable(format!("{path}: {error}"));
                File::open(&draft).and_then(|file| file.sync_all()).map_err(failed)?;
                target.check()?;
                std::fs::rename(&draft, path).map_err(failed)?;
                private_files::sync_folder(Path::new(path)).map_err(failed)?;
                Ok(restored)
            });
            if restored.is_err() {
                remove(&draft);
            }
            restored
        }
        DatabaseUrl::Postgres(_) => fill(source, &mut connection::open(&target.url)?, options, progress),
    }
}

/// Fills an SQLite database in `folder`, as a trial.
///
/// # Errors
/// As [`restore`].
pub fn try_restore(
    source: &mut dyn Source,
    folder: &Path,
    options: Options<'_>,
    progress: &mut dyn Progress,
) -> Result<Restored> {
    fill_file(source, &folder.join("trial.db"), options, progress)
}

/// Fills a new SQLite database that nobody knows yet, so its changes need not be durable one by one.
fn fill_file(
    source: &mut dyn Source,
    path: &Path,
    options: Options<'_>,
    progress: &mut dyn Progress,
) -> Result<Restored> {
    let failed = |error: std::io::Error| Error::unavailable(format!("{}: {error}", path.display()));
    remove(path);
    private_files::create_if_missing(path).map_err(failed)?;
    let mut conn = connection::open(&DatabaseUrl::Sqlite(path.to_string_lossy().into_owned()))?;
    conn.batch_execute(
        "PRAGMA journal_mode = MEMORY; PRAGMA synchronous = OFF; PRAGMA cache_size = -65536; \
         PRAGMA temp_store = MEMORY",
    )?;
    fill(source, &mut conn, options, progress)
}

/// Removes a file that was not finished, now or by a process that was killed.
fn remove(path: &Path) {
    for suffix in ["", "-wal", "-shm", "-journal"] {
        // It may not be there.
        let _ = std::fs::remove_file(format!("{}{suffix}", path.display()));
    }
}

fn fill(
    source: &mut dyn Source,
    conn: &mut Connection,
    options: Options<'_>,
    progress: &mut dyn Progress,
) -> Result<Restored> {
    connection::check(conn)?;
    long_write::write(conn, &Clock::System, &Random::System, |tx| {
        let manifest = source.manifest().clone();
        migrate::rebuild(tx, &manifest.schema, check_empty)?;
        check_complete(tx, &manifest)?;
        for part in &manifest.tables {
            progress.begin(&part.table, part.rows);
            fill_table(tx, source, part, progress)?;
            if part.table == "keys" && !options.new_secret {
                secret::check(tx, options.seal)?;
            }
        }
        migrate::run_rest(tx)?;
        if options.new_secret {
            secret::forget(tx)?;
        }
        if options.quiet {
            quiet::begin(tx)?;
        }
        if let Connection::Postgres(conn) = &mut **tx {
            conn.batch_execute("ANALYZE")?;
        }
        let rendered = render_all(tx, options.config, progress)?;
        Ok(Restored { manifest, rendered })
    })
}

/// Refuses a source that lacks a table which its version of the schema has.
fn check_complete(conn: &mut Connection, manifest: &Manifest) -> Result<()> {
    let there = migrate::tables(conn)?;
    let is_missing = |name: &str| {
        there.iter().any(|own| own == name) && !manifest.tables.iter().any(|part| part.table == name)
    };
    match TABLES.iter().find(|table| is_missing(table.name)) {
        None => Ok(()),
        Some(table) => Err(Error::unavailable(format!("the archive lacks the table {}", table.name))),
    }
}

/// Inserts the rows of a table. A reference to another row of the table is set once all are there.
fn fill_table(
    tx: &mut Tx<'_>,
    source: &mut dyn Source,
    part: &Part,
    progress: &mut dyn Progress,
) -> Result<()> {
    let name = part.table.as_str();
    let table = tables::find(name).ok_or_else(|| Error::unavailable("an unknown table"))?;
    let position = |column: &str| part.columns.iter().position(|own| own.name == column);
    let reference = table.refers_to_itself.and_then(position);
    let (statement, mut rows, mut references) = (insert(name, &part.columns), Vec::new(), Vec::new());
    // A new installation has a row in some.
    tx.batch_execute(&format!("DELETE FROM \"{name}\""))?;
    let only = table.only.and_then(|(column, values)| Some((position(column)?, values)));
    source.rows(part, &mut |mut row| {
        if let Some((at, values)) = only
            && !matches!(row.get(at), Some(Value::Text(text)) if values.contains(&text.as_str()))
        {
            return Ok(());
        }
        if let Some(value) = reference.and_then(|at| row.get_mut(at))
            && !matches!(value, Value::Null(_))
        {
            let value = std::mem::replace(value, Value::Null(Kind::Uuid));
            references.push(row.iter().take(1).cloned().chain([value]).collect::<Vec<_>>());
        }
        rows.push(row);
        if rows.len() == BATCH {
            run(tx, name, &statement, &rows, "")?;
            progress.advance(rows.len() as u64);
            rows.clear();
        }
        Ok(())
    })?;
    for row in rows.chunks(1) {
        run(tx, name, &statement, row, "")?;
        progress.advance(1);
    }
    if let Some(column) = reference.and_then(|at| part.columns.get(at)) {
        let key = table.key.first().copied().unwrap_or_default();
        let head = format!("UPDATE \"{name}\" SET \"{}\" = later.column2 FROM (VALUES ", column.name);
        let tail = format!(") AS later WHERE \"{name}\".\"{key}\" = later.column1");
        for row in references.chunks(1) {
            run(tx, name, &head, row, &tail)?;
        }
    }
    set_sequence(tx, table, part)
}

fn run(tx: &mut Tx<'_>, table: &str, head: &str, rows: &[Vec<Value>], tail: &str) -> Result<()> {
    let filled = Filled { head, rows, tail };
    let outcome = on_each!(&mut **tx, conn => filled.execute(conn));
    outcome.map(drop).map_err(|error| match Error::from(error) {
        Error::Internal(why) => Error::unavailable(format!("{table}: {why}")),
        other => other,
    })
}

/// Lets PostgreSQL number further rows after those that are there. SQLite does by itself.
fn set_sequence(tx: &mut Tx<'_>, table: &Table, part: &Part) -> Result<()> {
    let [key] = table.key else { return Ok(()) };
    let is_numbered = part.columns.iter().any(|column| column.name == *key && column.kind == Kind::Integer);
    let Connection::Postgres(conn) = &mut **tx else { return Ok(()) };
    if is_numbered {
        let name = &part.table;
        conn.batch_execute(&format!(
            "SELECT setval(sequence, newest) FROM (SELECT pg_get_serial_sequence('\"{name}\"', '{key}') AS sequence, \
             (SELECT max(\"{key}\") FROM \"{name}\") AS newest) AS numbers WHERE sequence IS NOT NULL AND newest IS NOT NULL"
        ))?;
    }
    Ok(())
}
