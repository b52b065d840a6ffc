//! Who is at work on a database: any number of servers and commands, or one that replaces its content or moves it away. On SQLite
//! this is a lock on a file beside the database, on PostgreSQL an advisory lock; either ends with its process, however that
//! ends.

use std::fs::{File, OpenOptions, TryLockError};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Mutex;

use diesel::sql_types::Bool;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};

use super::connection::{self, AnyConnection as Connection, DatabaseUrl};
use super::locks::AdvisoryLock;
use super::sqlite_files::real_path;
use crate::base::error::{Error, Result};

/// Keeps a process at work on a database, from before it migrates until it ends: nothing replaces the content meanwhile.
pub struct Present {
    _conn: Option<Mutex<Connection>>,
    _file: Option<File>,
}

impl Present {
    /// Takes the lock, which all but commands that have the database alone share.
    ///
    /// # Errors
    /// Unavailable, if such a command has the database.
    pub fn open(url: &DatabaseUrl) -> Result<Self> {
        match url {
            DatabaseUrl::Sqlite(path) => {
                let file = lock_file(path, File::try_lock_shared)?.ok_or_else(taken)?;
                Ok(Self { _conn: None, _file: Some(file) })
            }
            DatabaseUrl::Postgres(_) => {
                let server = Server::open(url)?.ok_or_else(taken)?;
                Ok(Self { _conn: Some(Mutex::new(server.conn)), _file: None })
            }
        }
    }
}

fn taken() -> Error {
    Error::unavailable("the database is being restored or moved")
}

/// A server at work on a database, with the connection that it follows the log on.
pub struct Server {
    /// The connection. On PostgreSQL it holds the lock.
    pub conn: Connection,
    _file: Option<File>,
}

impl Server {
    /// Opens a connection and takes the lock, which servers share; `None` if a command has the database alone.
    ///
    /// # Errors
    /// Those of the database.
    pub fn open(url: &DatabaseUrl) -> Result<Option<Self>> {
        let file = match url {
            DatabaseUrl::Sqlite(path) => {
                let Some(file) = lock_file(path, File::try_lock_shared)? else { return Ok(None) };
                Some(file)
            }
            DatabaseUrl::Postgres(_) => None,
        };
        let mut conn = connection::open(url)?;
        let has_lock = try_lock(&mut conn, "pg_try_advisory_lock_shared")?;
        Ok(has_lock.then_some(Self { conn, _file: file }))
    }
}

/// A command that has a database alone.
pub struct Alone {
    _conn: Option<Connection>,
    _file: Option<File>,
}

impl Alone {
    /// Takes the lock alone.
    ///
    /// # Errors
    /// Unavailable, if anything else is at work on the database.
    pub fn with(url: &DatabaseUrl) -> Result<Self> {
        let taken = || Error::unavailable(format!("{url:?} is in use: stop its servers first"));
        match url {
            DatabaseUrl::Sqlite(path) => {
                let file = lock_file(path, File::try_lock)?.ok_or_else(taken)?;
                Ok(Self { _conn: None, _file: Some(file) })
            }
            DatabaseUrl::Postgres(_) => {
                let mut conn = connection::open(url)?;
                if !try_lock(&mut conn, "pg_try_advisory_lock")? {
                    return Err(taken());
                }
                Ok(Self { _conn: Some(conn), _file: None })
            }
        }
    }
}

/// Opens the file that is locked instead of the database itself: closing that would release SQLite's own locks (fcntl(2)).
/// `None` if somebody else has it.
fn lock_file(path: &str, lock: fn(&File) -> Result<(), TryLockError>) -> Result<Option<File>> {
    let path = PathBuf::from(format!("{}-lock", real_path(path)?));
    let failed = |error: std::io::Error| Error::unavailable(format!("{}: {error}", path.display()));
    let file = open(&path).map_err(failed)?;
    match lock(&file) {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(error)) => Err(failed(error)),
    }
}

fn open(path: &Path) -> std::io::Result<File> {
    OpenOptions::new().write(true).create(true).truncate(false).mode(0o600).open(path)
}

#[derive(QueryableByName)]
struct Taken {
    #[diesel(sql_type = Bool)]
    taken: bool,
}

/// Takes the lock for as long as the connection is open. On SQLite there is none to take.
fn try_lock(conn: &mut Connection, function: &str) -> Result<bool> {
    let Connection::Postgres(conn) = conn else { return Ok(true) };
    let sql = format!("SELECT {function}({}) AS taken", AdvisoryLock::Presence as i64);
    Ok(sql_query(sql).get_result::<Taken>(conn)?.taken)
}
