//! The command line: a file a command. A command prints its result on standard output. When it fails, it prints one line
//! on standard error and exits with 1, or with 2 if it did nothing at all.

mod api_key;
mod archive_report;
mod backup;
mod config;
mod demo;
pub mod doctor;
mod health;
mod import;
mod move_to;
mod progress;
mod restore;
mod resume;
mod serve;
mod settings;
mod signing_keys;
mod temporary;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::{App, Overrides};
use crate::base::config::Config;
use crate::base::db::migrate as migrations;
use crate::base::db::presence::Present;
use crate::base::logger;

/// A headless CMS for publications: articles, sections and subscribers behind one JSON API.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true)]
pub struct Cli {
    #[command(flatten)]
    config: Config,
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run a temporary publication with sample articles. All its data is deleted when it stops.
    Demo,
    /// Run the server.
    Serve,
    /// Import Markdown files. Exits with 0 if all were imported, 1 if some failed, 2 if none could be imported.
    Import(import::Arguments),
    /// Manage users.
    #[command(subcommand)]
    User(user::Command),
    /// Manage API keys.
    #[command(subcommand)]
    ApiKey(api_key::Command),
    /// Manage the keys that sign access tokens.
    #[command(subcommand)]
    SigningKeys(signing_keys::Command),
    /// Write an archive of everything that is kept, beside running servers, or check one.
    Backup(backup::Arguments),
    /// Restore an archive into an empty database, while no server runs on it.
    Restore(restore::Arguments),
    /// Move everything that is kept to another database, while no server runs on either.
    Move(move_to::Arguments),
    /// Let a quiet copy, which `lede restore` makes, publish what is scheduled and send mail.
    Resume,
    /// Migrate the database to the schema of this version.
    Migrate,
    /// Print the OpenAPI document.
    Openapi,
    /// Check the settings.
    #[command(subcommand)]
    Config(config::Command),
    /// Diagnose problems.
    #[command(subcommand)]
    Doctor(doctor::Command),
    /// Check whether a running server is ready. For container health checks.
    Health,
}

/// Runs the command of this process to its end.
#[must_use]
pub fn run() -> ExitCode {
    let (mut cli, matches) = match settings::parse() {
        Ok(parsed) => parsed,
        Err(status) => return status,
    };
    // The demo prints its own text, so it logs warnings only unless a log filter is set.
    let is_quiet = matches!(cli.command, Command::Demo) && cli.config.server.log == "info";
    logger::start(if is_quiet { "warn" } else { &cli.config.server.log });
    if let Err(why) = cli.config.database.read_url_file() {
        eprintln!("lede: {why}");
        return ExitCode::from(2);
    }
    let outcome = actix_web::rt::System::new().block_on(async {
        match cli.command {
            Command::Demo => demo::run(cli.config).await,
            Command::Serve => serve::run(cli.config).await,
            Command::Import(arguments) => import::run(cli.config, arguments).await,
            Command::User(command) => user::run(cli.config, command).await,
            Command::ApiKey(command) => api_key::run(cli.config, command).await,
            Command::SigningKeys(command) => signing_keys::run(cli.config, command).await,
            Command::Backup(arguments) => backup::run(&cli.config, arguments),
            Command::Restore(arguments) => restore::run(&cli.config, &arguments),
            Command::Move(arguments) => move_to::run(&cli.config, &arguments),
            Command::Resume => resume::run(cli.config).await,
            Command::Migrate => migrate(&cli.config),
            Command::Openapi => {
                print!("{}", crate::server::openapi::DOCUMENT);
                Ok(ExitCode::SUCCESS)
            }
            Command::Config(command) => config::run(&cli.config, &command, &matches),
            Command::Doctor(command) => doctor::run(cli.config, command).await,
            Command::Health => health::run(&cli.config).await,
        }
    });
    logger::finish();
    outcome.unwrap_or_else(|error| {
        eprintln!("lede: {error:#}");
        ExitCode::from(2)
    })
}

fn migrate(config: &Config) -> anyhow::Result<ExitCode> {
    let url = &config.database.url;
    let _present = Present::open(url).map_err(migrations::named)?;
    let names = migrations::run(url)?;
    println!(
        "{}",
        if names.is_empty() {
            "nothing to migrate".to_owned()
        } else {
            format!("migrated: {}", names.join(", "))
        }
    );
    Ok(ExitCode::SUCCESS)
}

async fn open(config: Config) -> anyhow::Result<App> {
    Ok(App::open(config, Overrides::default()).await?)
}
