//! The files of an SQLite database: itself, its write-ahead log and the index of that.

use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use diesel::{Connection as _, SqliteConnection};

use crate::base::error::{Error, Result};
use crate::base::private_files;

/// The files of the database at `path`.
fn files(path: &str) -> [PathBuf; 3] {
    ["", "-wal", "-shm"].map(|suffix| PathBuf::from(format!("{path}{suffix}")))
}

/// Creates the database at `path` if there is none. Takes all permissions on its files from others; SQLite makes
/// further ones with the permissions of the first.
pub(super) fn create(path: &str) -> Result<()> {
    let failed = |error: std::io::Error| Error::unavailable(format!("{path}: {error}"));
    private_files::create_if_missing(Path::new(path)).map_err(failed)?;
    for file in files(path).into_iter().chain([format!("{path}-lock").into()]) {
        private_files::restrict(&file);
    }
    Ok(())
}

/// Resolves links. A path that does not exist is returned as it is.
///
/// # Errors
/// Unavailable, if a link leads to nothing.
pub fn real_path(path: &str) -> Result<String> {
    let failed = |why: &dyn std::fmt::Display| Error::unavailable(format!("{path}: {why}"));
    if std::fs::symlink_metadata(path).is_err() {
        return Ok(path.to_owned());
    }
    let real = std::fs::canonicalize(path).map_err(|error| failed(&error))?;
    real.into_os_string().into_string().map_err(|_| failed(&"the path is not UTF-8"))
}

/// Merges the write-ahead log into the database and removes it, so that SQLite does not apply it to a file that replaces this
/// one.
///
/// # Errors
/// Unavailable, if there is a log without a database, or somebody has the database open.
pub fn settle(path: &str) -> Result<()> {
    if Path::new(path).exists() {
        let failed = |error: &dyn std::fmt::Display| Error::unavailable(format!("{path}: {error}"));
        let mut conn = SqliteConnection::establish(path).map_err(|error| failed(&error))?;
        // Fails while another connection is there.
        conn.batch_execute("PRAGMA journal_mode = DELETE; BEGIN EXCLUSIVE; ROLLBACK")
            .map_err(|error| failed(&error))?;
    }
    for suffix in ["-wal", "-journal"] {
        let log = format!("{path}{suffix}");
        if Path::new(&log).exists() {
            return Err(Error::unavailable(format!(
                "{log} is there without its database: move it away first"
            )));
        }
    }
    Ok(())
}

/// The files that a connection has open. While it is open, SQLite keeps all three; what is written after one was
/// removed or replaced is lost when the connection closes.
pub(super) struct OpenFiles(Vec<(PathBuf, Identity)>);

/// The device and the number of a file on it.
type Identity = (u64, u64);

impl OpenFiles {
    /// The files of the database at `path`, which a connection has open.
    pub fn of(path: &str) -> Result<Self> {
        let identify = |file: PathBuf| {
            let identity = identity(&file);
            identity.map(|identity| (file, identity)).map_err(Error::unavailable)
        };
        files(path).into_iter().map(identify).collect::<Result<_>>().map(Self)
    }

    /// Whether each is still where it was opened.
    pub fn are_in_place(&self) -> bool {
        self.0.iter().all(|(file, opened)| identity(file).is_ok_and(|found| found == *opened))
    }
}

fn identity(file: &Path) -> std::io::Result<Identity> {
    std::fs::metadata(file).map(|metadata| (metadata.dev(), metadata.ino()))
}
