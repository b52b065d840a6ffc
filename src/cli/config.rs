//! `lede config check`: validates the settings.

use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory as _, Subcommand};

use super::{Cli, settings};
use crate::app::find_secret;
use crate::base::config::Config;
use crate::base::mail::Mailer;
use crate::base::templates::Templates;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print each setting as `NAME=value`, and where the value comes from, without secrets. Exits with 1 if a `LEDE_*`
    /// variable is unknown.
    Check,
}

pub(super) fn run(config: &Config, command: &Command, matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let Command::Check = command;
    Mailer::open(config)?;
    Templates::open(config).map_err(anyhow::Error::msg)?;
    config.backup.check().map_err(anyhow::Error::msg)?;
    find_secret(config)?;
    print!("{}", settings::show(config, matches));
    if let Some((dir, _)) = config.backup.schedule().filter(|_| !config.database.url.is_sqlite()) {
        eprintln!(
            "lede: LEDE_BACKUP_DIR: with several servers, {} has to be a folder that all of them share",
            dir.display()
        );
    }
    let unknown = unknown_settings();
    for name in &unknown {
        eprintln!("lede: unknown setting {name}");
    }
    Ok(if unknown.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The `LEDE_*` environment variables that are not settings.
pub(super) fn unknown_settings() -> Vec<String> {
    let command = Cli::command();
    let known: Vec<&str> = command.get_arguments().filter_map(|arg| arg.get_env()?.to_str()).collect();
    std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with("LEDE_") && !known.contains(&name.as_str()))
        .collect()
}
