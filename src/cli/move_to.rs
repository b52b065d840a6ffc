//! `lede move`: moves everything that is kept from one database to another, without a file between.

use std::process::ExitCode;

use anyhow::bail;
use clap::Args;

use super::archive_report::warn_of_failures;
use super::progress::Bar;
use crate::app::find_secret;
use crate::archive::{self, Options, Snapshot, Target};
use crate::auth::Seal;
use crate::base::clock::Clock;
use crate::base::config::Config;
use crate::base::db::presence::Alone;
use crate::base::db::{DatabaseUrl, quiet};

#[derive(Debug, Args)]
pub(super) struct Arguments {
    /// The database to move to, which must be empty: `sqlite://FILE`, or `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(long, value_name = "URL", value_parser = DatabaseUrl::parse)]
    to: DatabaseUrl,
}

pub(super) fn run(config: &Config, Arguments { to }: &Arguments) -> anyhow::Result<ExitCode> {
    let from = &config.database.url;
    if from == to {
        bail!("--to: names the database to move from");
    }
    let _alone = Alone::with(from)?;
    let target = Target::open(to)?;
    let mut bar = Bar::new();
    let secret = find_secret(config)?;
    let seal = secret.map(|secret| Seal::new(&secret, config.secret.previous.as_ref())).transpose()?;
    let mut source = Snapshot::take(from, &Clock::System)?;
    let is_quiet = quiet::since(source.connection())?.is_some();
    let options = Options { seal: seal.as_ref(), new_secret: false, quiet: is_quiet, config };
    let moved = archive::restore(&mut source, &target, options, &mut bar);
    source.end()?;
    let moved = moved?;
    drop(bar);
    println!(
        "moved {} published articles and everything else from {from:?} to {to:?}",
        moved.rendered.articles
    );
    warn_of_failures(&moved.rendered);
    println!(
        "not moved: sessions, so everyone logs in again; links of invitations, password resets and sign-ups that are not confirmed; \
         queued emails; stored responses for retries; and webhook deliveries that have ended"
    );
    println!(
        "start servers with LEDE_DATABASE_URL for the new database and the same LEDE_SECRET; {from:?} is as it was"
    );
    Ok(ExitCode::SUCCESS)
}
