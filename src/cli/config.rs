//! `lede config check`: validates the settings.

use std::path::Path;
use std::process::ExitCode;

use clap::{ArgMatches, CommandFactory as _, Subcommand};

use super::{Cli, settings};
use crate::app::find_secret;
use crate::base::config::Config;
use crate::base::db::{DatabaseUrl, connection};
use crate::base::mail::Mailer;
use crate::base::templates::Templates;
use crate::base::text::Locale;
use crate::site;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Print each setting as `NAME=value`, and where the value comes from, without secrets. Exits with 1 if a `LEDE_*`
    /// variable is unknown. Warns if articles in several languages may get the same address.
    Check,
}

pub(super) fn run(config: &Config, command: &Command, matches: &ArgMatches) -> anyhow::Result<ExitCode> {
    let Command::Check = command;
    Mailer::open(config)?;
    config.cdn.read().map_err(anyhow::Error::msg)?;
    Templates::open(config).map_err(anyhow::Error::msg)?;
    config.backup.check().map_err(anyhow::Error::msg)?;
    find_secret(config)?;
    print!("{}", settings::show(config, matches));
    if let Some(warning) = warn_of_languages(config) {
        eprintln!("lede: {warning}");
    }
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

/// A warning if several languages are in use, and the path of articles does not say which. A database that does not exist yet
/// has no articles.
fn warn_of_languages(config: &Config) -> Option<String> {
    if config.site.article_path.contains("{locale") || is_missing(&config.database.url) {
        return None;
    }
    let languages = connection::open(&config.database.url)
        .and_then(|mut conn| site::store::locales_set_or_in_use(&mut conn, &config.site.locale));
    match languages {
        Ok(languages) if languages.len() > 1 => {
            let languages: Vec<&str> = languages.iter().map(Locale::as_str).collect();
            Some(format!(
                "warning: LEDE_ARTICLE_PATH has no {{locale}} or {{locale?}}, and there are articles in {}. Articles of different \
                 languages cannot have the same slug",
                languages.join(", ")
            ))
        }
        Ok(_) => None,
        Err(_) => {
            Some("warning: the database cannot be read, so the languages in use were not checked".into())
        }
    }
}

fn is_missing(url: &DatabaseUrl) -> bool {
    matches!(url, DatabaseUrl::Sqlite(path) if !Path::new(path).exists())
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
