//! `lede restore`: restores an archive into an empty database.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::Args;

use super::archive_report::{contents, warn_of_failures};
use super::progress::Bar;
use crate::app::find_secret;
use crate::archive::{self, Archive, Options, Source as _, Target};
use crate::auth::Seal;
use crate::base::config::Config;

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The archive.
    file: PathBuf,
    /// Restore without the secret that the archive was made under. Everyone has to log in again, second factors are removed,
    /// unsubscribe links already sent stop working, webhooks are deleted, and addresses on the suppression list are only
    /// recognised while their subscriber is kept.
    #[arg(long)]
    new_secret: bool,
    /// Let the restored server publish what is scheduled and send mail at once. Without this it is a quiet copy until `lede
    /// resume`.
    #[arg(long)]
    live: bool,
}

pub(super) fn run(config: &Config, arguments: &Arguments) -> anyhow::Result<ExitCode> {
    let mut bar = Bar::new();
    let secret = find_secret(config)?;
    let seal = secret.map(|secret| Seal::new(&secret, config.secret.previous.as_ref())).transpose()?;
    let mut archive = Archive::open(&arguments.file, &mut bar)?;
    let target = Target::open(&config.database.url)?;
    let options =
        Options { seal: seal.as_ref(), new_secret: arguments.new_secret, quiet: !arguments.live, config };
    let restored = archive::restore(&mut archive, &target, options, &mut bar)?;
    drop(bar);
    let manifest = archive.manifest();
    println!(
        "restored {} into {:?}, from an archive made at {} by Lede {}",
        contents(manifest),
        config.database.url,
        manifest.created_at,
        manifest.lede.escape_debug()
    );
    warn_of_failures(&restored.rendered);
    if !arguments.live {
        println!(
            "it is a quiet copy: scheduled articles are not published and nothing is sent until `lede resume`"
        );
    }
    Ok(ExitCode::SUCCESS)
}
