//! `lede backup`: writes an archive of everything that is kept, and checks one.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::bail;
use clap::{Args, Subcommand};

use super::archive_report::{self, contents};
use super::progress::Bar;
use super::temporary::Folder;
use crate::app::find_secret;
use crate::archive::{self, Archive, Manifest, Options, Source as _};
use crate::auth::Seal;
use crate::base::clock::Clock;
use crate::base::config::Config;
use crate::base::db::presence::Present;

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true, subcommand_negates_reqs = true)]
pub(super) struct Arguments {
    /// The file to write. There must be none of that name.
    #[arg(required = true)]
    file: Option<PathBuf>,
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Check an archive: its hashes, and a trial restore into a temporary database. Exits with 1 if it cannot be restored.
    Verify {
        /// The archive.
        file: PathBuf,
    },
}

pub(super) fn run(config: &Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    match (arguments.command, arguments.file) {
        (Some(Command::Verify { file }), _) => Ok(verify(config, &file)),
        (None, Some(file)) => back_up(config, &file),
        (None, None) => bail!("a file is required"),
    }
}

fn back_up(config: &Config, file: &Path) -> anyhow::Result<ExitCode> {
    if file.exists() {
        bail!("{} is there already", file.display());
    }
    let _present = Present::open(&config.database.url)?;
    let manifest = archive::write(&config.database.url, file, &Clock::System, &mut Bar::new())?;
    println!("backed up {} to {}", contents(&manifest), file.display());
    Ok(ExitCode::SUCCESS)
}

fn verify(config: &Config, file: &Path) -> ExitCode {
    match try_archive(config, file) {
        Ok(manifest) => {
            println!(
                "{} can be restored: {}, made at {} by Lede {}",
                file.display(),
                contents(&manifest),
                manifest.created_at,
                manifest.lede.escape_debug()
            );
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("lede: {error:#}");
            ExitCode::from(1)
        }
    }
}

/// Restores an archive into a temporary database. Without a secret, the keys in it are taken as they are.
fn try_archive(config: &Config, file: &Path) -> anyhow::Result<Manifest> {
    let mut bar = Bar::new();
    let mut archive = Archive::open(file, &mut bar)?;
    let secret = find_secret(config).ok().flatten();
    let seal = secret.map(|secret| Seal::new(&secret, config.secret.previous.as_ref())).transpose()?;
    let folder = Folder::make("verify")?;
    let options = Options { seal: seal.as_ref(), new_secret: seal.is_none(), quiet: true, config };
    let restored = archive::try_restore(&mut archive, folder.path(), options, &mut bar)?;
    drop(bar);
    if seal.is_none() {
        eprintln!("lede: no secret is set, so whether it opens the keys was not checked");
    }
    archive_report::warn_of_failures(&restored.rendered);
    if !restored.rendered.failed.is_empty() {
        bail!("{}: {} articles cannot be rendered", file.display(), restored.rendered.failed.len());
    }
    Ok(archive.manifest().clone())
}
