//! The folder that emails are written to if there is no mail server: one file for each, named after its id. It belongs
//! to one installation.

use std::io::{ErrorKind, Result};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use uuid::Uuid;

use crate::base::private_files;

/// A folder of emails. Cheap to clone.
#[derive(Debug, Clone)]
pub struct MailFolder(Arc<Path>);

impl MailFolder {
    /// The folder at `path`, which is made with the first email. Emails that are there already become private.
    #[must_use]
    pub fn open(path: &Path) -> Self {
        let folder = Self(path.into());
        match folder.emails() {
            Ok(emails) => emails.iter().for_each(|id| private_files::restrict(&folder.file(*id))),
            Err(error) => log::warn!("{}: {error}", path.display()),
        }
        folder
    }

    fn file(&self, id: Uuid) -> PathBuf {
        self.0.join(format!("{id}.eml"))
    }

    /// Writes an email.
    pub(super) fn write(&self, id: Uuid, bytes: &[u8]) -> Result<()> {
        std::fs::DirBuilder::new().recursive(true).mode(0o700).create(&self.0)?;
        private_files::write(&self.file(id), bytes)
    }

    /// The ids of the emails in the folder.
    pub fn emails(&self) -> Result<Vec<Uuid>> {
        let entries = match std::fs::read_dir(&self.0) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries?,
        };
        let id = |name: &str| Uuid::try_parse(name.strip_suffix(".eml")?).ok();
        let ids = entries.map(|entry| Ok(entry?.file_name().to_str().and_then(id)));
        ids.filter_map(Result::transpose).collect()
    }

    /// Deletes an email.
    pub fn delete(&self, id: Uuid) -> Result<()> {
        std::fs::remove_file(self.file(id))
    }
}
