//! `lede resume`: ends the quiet of a restored copy.

use std::process::ExitCode;

use crate::base::config::Config;
use crate::base::db::{connection, migrate, quiet};

pub(super) async fn run(config: Config) -> anyhow::Result<ExitCode> {
    // `open` would create a missing database.
    migrate::check_current(&mut connection::open(&config.database.url)?)?;
    let app = super::open(config).await?;
    let was_quiet = app.db.write(quiet::end).await?;
    println!(
        "{}",
        if was_quiet {
            "resumed: what is scheduled is published, and mail is sent"
        } else {
            "nothing to resume: this is no quiet copy"
        }
    );
    Ok(ExitCode::SUCCESS)
}
