//! `lede config check`: validates the settings.

use std::process::ExitCode;

use clap::{CommandFactory as _, Subcommand};

use super::Cli;
use crate::base::config::Config;
use crate::base::mail::Mailer;
use crate::base::templates::Templates;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print the settings without secrets. Exits with 1 if a `LEDE_*` variable is unknown.
    Check,
}

pub(super) fn run(config: &Config, command: &Command) -> anyhow::Result<ExitCode> {
    let Command::Check = command;
    Mailer::open(config)?;
    Templates::open(config).map_err(anyhow::Error::msg)?;
    config.given_secret().map_err(anyhow::Error::msg)?;
    println!("{config:#?}");
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

#[cfg(test)]
mod tests {
    use super::*;

    /// A line of the README's table for a setting: its variable, its default and what it means.
    fn line(arg: &clap::Arg) -> Option<String> {
        let name = arg.get_env()?.to_str()?.to_owned();
        let default = arg.get_default_values().first().and_then(|value| value.to_str());
        let default = default.map(|value| format!("`{value}`")).unwrap_or_default();
        let meaning = arg.get_long_help().or(arg.get_help())?.to_string();
        Some(format!(
            "| `{name}` | {default} | {} |",
            meaning.split_whitespace().collect::<Vec<_>>().join(" ")
        ))
    }

    #[test]
    fn the_readme_has_every_setting_as_it_is() {
        let readme = include_str!("../../README.md");
        let lines: Vec<String> = Cli::command().get_arguments().filter_map(line).collect();
        let missing: Vec<&String> = lines.iter().filter(|line| !readme.contains(line.as_str())).collect();
        assert!(missing.is_empty(), "lines that the README lacks:\n{missing:#?}");
        assert_eq!(readme.matches("| `LEDE_").count(), lines.len(), "the README has settings that are none");
    }
}
