//! The command line: a file a command. A command says what it did on standard output; on failure it says why in one line
//! on standard error and ends with 1, or 2 if nothing could be done at all.

mod config;
mod demo;
mod doctor;
mod health;
mod import;
mod serve;
mod user;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::app::{App, Seams};
use crate::base::config::Config;
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
    /// Run a throw-away publication with articles in it, for looking around.
    Demo,
    /// Run the server.
    Serve,
    /// Bring in Markdown files. Ends with 0 if all came in, 1 if some failed, 2 if nothing could be done.
    Import(import::Arguments),
    /// Add those who can log in.
    #[command(subcommand)]
    User(user::Command),
    /// Bring the database to the schema of this version.
    Migrate,
    /// Print the OpenAPI document.
    Openapi,
    /// Look at the settings.
    #[command(subcommand)]
    Config(config::Command),
    /// Find out what is wrong.
    #[command(subcommand)]
    Doctor(doctor::Command),
    /// Ask a running server whether it is ready; for container health checks.
    Health,
}

/// Runs a command to its end.
#[must_use]
pub fn run(mut cli: Cli) -> ExitCode {
    logger::start(&cli.config.log);
    if let Err(why) = cli.config.read_database_url() {
        eprintln!("lede: LEDE_DATABASE_URL_FILE: {why}");
        return ExitCode::from(2);
    }
    let outcome = actix_web::rt::System::new().block_on(async {
        match cli.command {
            Command::Demo => demo::run(cli.config).await,
            Command::Serve => serve::run(cli.config).await,
            Command::Import(arguments) => import::run(cli.config, arguments).await,
            Command::User(command) => user::run(cli.config, command).await,
            Command::Migrate => migrate(&cli.config),
            Command::Openapi => {
                print!("{}", crate::server::openapi::DOCUMENT);
                Ok(ExitCode::SUCCESS)
            }
            Command::Config(command) => config::run(&cli.config, &command),
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
    let names = crate::base::db::migrate::run(&config.database_url)?;
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
    Ok(App::open(config, Seams::default()).await?)
}
