//! The settings as the command line and the environment give them: read, refused by name, and shown.

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::error::{ContextKind, ContextValue, ErrorKind};
use clap::parser::ValueSource;
use clap::{Arg, ArgMatches, CommandFactory as _, FromArgMatches as _};

use super::Cli;
use crate::base::config::Config;

/// Parses the command line and the environment. What is wrong has been printed when it fails.
pub(super) fn parse() -> Result<(Cli, ArgMatches), ExitCode> {
    let parsed =
        Cli::command().try_get_matches().and_then(|matches| Ok((Cli::from_arg_matches(&matches)?, matches)));
    parsed.map_err(|error| {
        match refusal(&error) {
            Some(line) => eprintln!("lede: {line}"),
            // Help and version, too, which are printed to standard output.
            None => error.print().unwrap_or_default(),
        }
        ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
    })
}

/// The line that says which setting has a bad value, and what is allowed. The value of a secret is not shown.
fn refusal(error: &clap::Error) -> Option<String> {
    let text = |kind| match error.get(kind) {
        Some(ContextValue::String(text)) => Some(text.as_str()),
        _ => None,
    };
    if error.kind() != ErrorKind::ValueValidation {
        return None;
    }
    let flag = text(ContextKind::InvalidArg)?.split(' ').next()?;
    let command = Cli::command();
    let arg =
        command.get_arguments().find(|arg| arg.get_long().is_some_and(|long| flag == format!("--{long}")))?;
    let why = std::error::Error::source(error)?;
    let value = match text(ContextKind::InvalidValue) {
        Some(value) if !arg.is_hide_env_values_set() => format!("{value:?} "),
        _ => String::new(),
    };
    Some(format!("{} ({flag}): {value}{why}", arg.get_env()?.to_str()?))
}

/// Every setting on a line of its own, as `NAME=value`, and where the value comes from. Secrets are hidden.
pub(super) fn show(config: &Config, matches: &ArgMatches) -> String {
    let mut out = String::new();
    for arg in Cli::command().get_arguments() {
        let Some(name) = arg.get_env().and_then(|name| name.to_str()) else { continue };
        let source = match matches.value_source(arg.get_id().as_str()) {
            Some(ValueSource::CommandLine) => "command line",
            Some(ValueSource::EnvVariable) => "environment",
            Some(_) => "default",
            None => "not set",
        };
        let value = match name {
            // Without its password.
            "LEDE_DATABASE_URL" => format!("{:?}", config.database.url),
            _ => value(arg, matches),
        };
        // Writing to a string does not fail.
        let _ = writeln!(out, "{:<45} # {source}", format!("{name}={value}"));
    }
    out
}

fn value(arg: &Arg, matches: &ArgMatches) -> String {
    let Some(values) = matches.get_raw(arg.get_id().as_str()) else { return String::new() };
    if arg.is_hide_env_values_set() {
        return "***".to_owned();
    }
    values.map(|value| value.to_string_lossy().into_owned()).collect::<Vec<_>>().join(",")
}
