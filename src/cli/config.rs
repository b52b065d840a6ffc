//! `lede config check`: are the settings right?

use std::process::ExitCode;

use clap::{CommandFactory as _, Subcommand};

use super::Cli;
use crate::config::Config;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the settings in force, without secrets, and fail if any `LEDE_*` variable is unknown.
    Check,
}

pub(super) fn run(config: &Config, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Check = command;
    config.smtp_url().map_err(anyhow::Error::msg)?;
    config.given_secret().map_err(anyhow::Error::msg)?;
    println!("{config:#?}");
    let unknown = unknown_settings();
    for name in &unknown {
        eprintln!("lede: there is no setting called {name}");
    }
    Ok(if unknown.is_empty() { ExitCode::SUCCESS } else { ExitCode::from(1) })
}

/// The `LEDE_*` variables of the environment that no setting reads.
pub(super) fn unknown_settings() -> Vec<String> {
    let command = Cli::command();
    let known: Vec<&str> = command.get_arguments().filter_map(|arg| arg.get_env()?.to_str()).collect();
    std::env::vars_os()
        .filter_map(|(name, _)| name.into_string().ok())
        .filter(|name| name.starts_with("LEDE_") && !known.contains(&name.as_str()))
        .collect()
}
