//! The backups that a server makes by itself.

use std::path::PathBuf;
use std::time::Duration;

use super::parse;

/// Backups.
#[derive(Debug, Clone, clap::Args)]
pub struct BackupConfig {
    /// The folder that servers write backups to by themselves. With several servers it has to be one that all of them
    /// share. Without it they make none.
    #[arg(
        id = "backup_dir",
        long = "backup-dir",
        env = "LEDE_BACKUP_DIR",
        value_name = "DIR",
        global = true
    )]
    pub dir: Option<PathBuf>,

    /// Hours between two backups in `LEDE_BACKUP_DIR`; 0 makes none.
    #[arg(id = "backup_hours", long = "backup-hours", env = "LEDE_BACKUP_HOURS", default_value = "24",
          value_name = "HOURS", global = true, value_parser = parse::number::<u32>(0..=8760))]
    pub hours: u32,

    /// How many backups are kept in `LEDE_BACKUP_DIR`; the oldest are deleted.
    #[arg(id = "backup_keep", long = "backup-keep", env = "LEDE_BACKUP_KEEP", default_value = "14",
          value_name = "N", global = true, value_parser = parse::number::<u32>(1..=10_000))]
    pub keep: u32,
}

impl BackupConfig {
    /// Checks that the folder is one, if it is there already.
    ///
    /// # Errors
    /// It is something else.
    pub fn check(&self) -> Result<(), String> {
        match &self.dir {
            Some(dir) if dir.exists() && !dir.is_dir() => {
                Err(format!("LEDE_BACKUP_DIR: {}: must be a folder", dir.display()))
            }
            _ => Ok(()),
        }
    }

    /// The folder and the time between two backups; `None` if servers make none.
    #[must_use]
    pub fn schedule(&self) -> Option<(PathBuf, Duration)> {
        let interval = Duration::from_secs(u64::from(self.hours) * 3600);
        self.dir.clone().filter(|_| !interval.is_zero()).map(|dir| (dir, interval))
    }
}
