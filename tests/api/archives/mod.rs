//! Archives: they hold everything that is kept, the same from both databases; they are restored whole or not at all; and a
//! restored copy is quiet.

mod chance;
mod damage;
mod folder;
mod journey;
mod quiet;
mod snapshot;
mod tables;
mod taken;
mod waiting;

use std::path::{Path, PathBuf};
use std::sync::{Arc, LazyLock};

use lede::app::App;
use lede::archive::{self, Archive, Options, Silent, Source, Target, Value};
use lede::auth::Seal;
use lede::base::clock::Clock;
use lede::base::config::{Config, Secret};
use lede::base::db::{DatabaseUrl, migrate};
use lede::base::error::Result;

use crate::server::Server;
use crate::test_database::TestDatabase;

/// A folder for archives.
struct Shelf(tempfile::TempDir);

impl Shelf {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    /// Backs a database up.
    fn back_up(&self, database: &TestDatabase, name: &str) -> Archive {
        let path = self.path(name);
        archive::write(&database.url, &path, &Clock::System, &mut Silent).expect("an archive");
        open(&path)
    }
}

fn open(path: &Path) -> Archive {
    Archive::open(path, &mut Silent).unwrap_or_else(|e| panic!("{e}"))
}

fn secret(text: &str) -> Seal {
    Seal::new(&Secret::parse(text).expect("a secret"), None).expect("a seal")
}

/// What opens the keys of every test's database.
static SEAL: LazyLock<Seal> = LazyLock::new(|| secret(crate::server::SECRET));

/// Restores an archive that the test's secret seals, as a quiet copy.
fn restore(archive: &mut Archive, database: &TestDatabase, config: &Config) -> Result<()> {
    restore_with(archive, database, config, |_| {})
}

fn restore_with<'a>(
    archive: &mut Archive,
    database: &TestDatabase,
    config: &'a Config,
    set: impl FnOnce(&mut Options<'a>),
) -> Result<()> {
    let mut options = Options { seal: Some(&SEAL), new_secret: false, quiet: true, config };
    set(&mut options);
    let restored = archive::restore(archive, &Target::open(&database.url)?, options, &mut Silent)?;
    assert_eq!(restored.rendered.failed, []);
    Ok(())
}

/// Everything in an archive that must be the same in another one: the columns, rows and hash of each table.
fn tables(archive: &Archive) -> &[archive::Part] {
    &archive.manifest().tables
}

/// The rows of a table.
fn rows(archive: &mut Archive, table: &str) -> Vec<Vec<Value>> {
    let part = tables(archive).iter().find(|part| part.table == table).expect("a table").clone();
    let mut rows = Vec::new();
    archive
        .rows(&part, &mut |row| {
            rows.push(row);
            Ok(())
        })
        .expect("rows");
    rows
}

/// Starts a server on a restored database, at the time of the one that was backed up.
async fn started_on(database: &Arc<TestDatabase>, app: &App, clock: &Clock) -> Server {
    let (sign_up, backup) = (app.config.limits.sign_up, app.config.backup.clone());
    let webhooks = app.config.webhooks.clone();
    let set = |config: &mut Config| {
        config.limits.sign_up = sign_up;
        config.backup = backup;
        config.webhooks = webhooks;
    };
    Server::start_on(database.clone(), clock.clone(), set).await
}

/// Whether nothing was restored into a database that was empty.
fn is_untouched(database: &TestDatabase) -> bool {
    match &database.url {
        DatabaseUrl::Sqlite(path) => {
            !Path::new(path).exists() && !Path::new(&format!("{path}.restoring")).exists()
        }
        DatabaseUrl::Postgres(_) => migrate::tables(&mut database.connect()).expect("tables").is_empty(),
    }
}
