//! Archives: everything that is kept, in one file that both databases write alike and restore alike.
//!
//! An archive is a zip file: a part per table with a JSON object per line, and `manifest.json` last. It is read from one
//! snapshot of the database (`snapshot.rs`), beside a running server, and written under another name until it is whole
//! (`backup.rs`). Restoring (`restore.rs`) checks every hash first (`file.rs`), fills an empty database in one transaction, and
//! renders the articles again. Moving restores from a snapshot without a file between. What is in an archive stands in
//! `tables.rs`; the columns are read from the schema.

mod backup;
mod columns;
mod file;
pub mod folder;
mod manifest;
mod restore;
mod secret;
mod snapshot;
mod statements;
pub mod tables;
mod values;

pub use backup::write;
pub use columns::{Column, Kind};
pub use file::Archive;
pub use manifest::{Manifest, Part};
pub use restore::{Options, Restored, Target, restore, try_restore};
pub use secret::LOST_WITH_A_NEW_SECRET;
pub use snapshot::Snapshot;
pub use values::Value;

use crate::base::error::Result;
pub use crate::base::progress::{Progress, Silent};

/// Where rows come from: an archive, or the snapshot of a database.
pub trait Source {
    /// What there is.
    fn manifest(&self) -> &Manifest;

    /// Calls `each` with every row of a table, in the order of the keys.
    fn rows(&mut self, part: &Part, each: &mut dyn FnMut(Vec<Value>) -> Result<()>) -> Result<()>;
}
