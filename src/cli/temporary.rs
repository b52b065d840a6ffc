//! A folder for a command's own files.

use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use anyhow::Context as _;

/// A folder that is deleted when it is dropped.
pub(super) struct Folder(PathBuf);

impl Folder {
    /// Creates the folder of the command of that name.
    pub fn make(command: &str) -> anyhow::Result<Self> {
        let folder = std::env::temp_dir().join(format!("lede-{command}-{}", std::process::id()));
        std::fs::DirBuilder::new()
            .mode(0o700)
            .create(&folder)
            .with_context(|| folder.display().to_string())?;
        Ok(Self(folder))
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.0
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_dir_all(&self.0) {
            log::warn!("{} could not be deleted: {error}", self.0.display());
        }
    }
}
