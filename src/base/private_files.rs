//! Files that only the user that the process runs as may read: the database, the secret, emails. They are created with
//! mode 0600 or less, whatever the umask.

use std::fs::{OpenOptions, Permissions};
use std::io::{ErrorKind, Result, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

/// Creates an empty file. One that exists is not even opened: closing it would release the locks that SQLite holds on
/// it (fcntl(2)).
pub fn create_if_missing(path: &Path) -> Result<()> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Err(error) if error.kind() != ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}

/// Writes a file, in place of one that exists.
pub fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    let mut file = OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path)?;
    file.write_all(bytes)?;
    file.sync_all()
}

/// Makes the names in the folder of `path` durable, after one was given or taken.
pub fn sync_folder(path: &Path) -> Result<()> {
    std::fs::File::open(folder_of(path))?.sync_all()
}

/// The folder that a file is in.
#[must_use]
pub fn folder_of(path: &Path) -> &Path {
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    folder.unwrap_or(Path::new("."))
}

/// Takes all permissions on a file from its group and from others, if they have any, and logs that. Logs a warning if
/// it cannot.
pub fn restrict(path: &Path) {
    let Ok(metadata) = std::fs::metadata(path) else { return };
    let (mode, name) = (metadata.permissions().mode() & 0o777, path.display());
    let own = mode & 0o700;
    if mode == own {
        return;
    }
    match std::fs::set_permissions(path, Permissions::from_mode(own)) {
        Ok(()) => {
            log::warn!("{name} had mode {mode:04o} and has mode {own:04o} now: it is nobody else's to read");
        }
        Err(error) => log::warn!("{name} has mode {mode:04o}, and that cannot be changed: {error}"),
    }
}
