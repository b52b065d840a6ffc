//! The folder of the archives that a server makes by itself: how they are named, when the next is due, and which are deleted.
//! The folder itself is the record: an archive has its name only once it is whole.

use std::path::{Path, PathBuf};
use std::time::Duration;

use super::{Manifest, backup};
use crate::base::clock::{Clock, Timestamp};
use crate::base::db::DatabaseUrl;
use crate::base::error::{Error, Result};
use crate::base::progress::Silent;

/// How far the clocks of servers that share a folder may be apart.
const TOLERANCE: Duration = Duration::from_secs(60);
/// How old what is unfinished has to be before it is deleted.
const ABANDONED: Duration = Duration::from_secs(24 * 3600);

/// An archive, and the moment in its name.
type Named = (Timestamp, PathBuf);

/// A folder of archives.
#[derive(Debug, Clone)]
pub struct Folder(pub PathBuf);

impl Folder {
    /// The archives that servers have made until `now`, oldest first, with the moment of each. Those with a later moment in
    /// their name are ignored, because they would keep the next from being made.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn archives(&self, now: Timestamp) -> std::io::Result<Vec<(Timestamp, PathBuf)>> {
        Ok(self.by_time(now)?.0)
    }

    /// The archives until `now`, and those that have a later moment in their name.
    fn by_time(&self, now: Timestamp) -> std::io::Result<(Vec<Named>, Vec<Named>)> {
        let mut found = Vec::new();
        for entry in std::fs::read_dir(&self.0)? {
            let path = entry?.path();
            found.extend(made_at(&path).map(|at| (at, path)));
        }
        found.sort();
        Ok(found.into_iter().partition(|(at, _)| *at <= now.plus(TOLERANCE)))
    }

    /// When the newest archive was made; `None` if there is none, or no such folder.
    #[must_use]
    pub fn newest(&self, now: Timestamp) -> Option<Timestamp> {
        self.archives(now).ok()?.pop().map(|(at, _)| at)
    }

    /// When the next archive is due, if they are so far apart.
    #[must_use]
    pub fn next(&self, interval: Duration, now: Timestamp) -> Timestamp {
        self.newest(now).map_or(now, |newest| newest.plus(interval))
    }

    /// Makes an archive and deletes the oldest beyond `keep`, and what was left unfinished by a process that was killed.
    ///
    /// # Errors
    /// Unavailable: the folder cannot be written, or the database not read. Nothing is deleted then.
    pub fn add(&self, url: &DatabaseUrl, clock: &Clock, keep: usize) -> Result<(PathBuf, Manifest)> {
        let failed = |error: std::io::Error| Error::unavailable(format!("{}: {error}", self.0.display()));
        std::fs::create_dir_all(&self.0).map_err(failed)?;
        let now = clock.now();
        let path = self.0.join(name(now));
        let manifest = backup::write(url, &path, clock, &mut Silent)?;
        let (archives, later) = self.by_time(now).map_err(failed)?;
        for (_, path) in later {
            log::warn!("{} is ignored: its name has a later time than now", path.display());
        }
        let surplus = archives.len().saturating_sub(keep);
        for (_, old) in archives.iter().filter(|(_, old)| *old != path).take(surplus) {
            std::fs::remove_file(old).map_err(failed)?;
        }
        for entry in std::fs::read_dir(&self.0).map_err(failed)? {
            let unfinished = entry.map_err(failed)?.path();
            if begun_at(&unfinished).is_some_and(|begun| begun.plus(ABANDONED) < now) {
                std::fs::remove_file(unfinished).map_err(failed)?;
            }
        }
        Ok((path, manifest))
    }
}

/// The name of an archive that is made at that moment, such as `lede-2026-01-31T09-30-00Z.zip`.
fn name(at: Timestamp) -> String {
    let text = at.to_string();
    format!("lede-{}Z.zip", text.get(..19).unwrap_or(&text).replace(':', "-"))
}

/// The moment in the name of an archive; `None` for other files.
fn made_at(path: &Path) -> Option<Timestamp> {
    let name = path.file_name()?.to_str()?;
    let (date, time) = name.strip_prefix("lede-")?.strip_suffix("Z.zip")?.split_once('T')?;
    Timestamp::parse(&format!("{date}T{}Z", time.replace('-', ":")))
}

/// The moment in the name of an archive that is not finished; `None` for other files.
fn begun_at(path: &Path) -> Option<Timestamp> {
    let (name, _) = path.file_name()?.to_str()?.strip_suffix(".part")?.split_once(".zip")?;
    made_at(Path::new(&format!("{name}.zip")))
}
