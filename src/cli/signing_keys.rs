//! `lede signing-keys`: the keys that sign access tokens.

use std::process::ExitCode;

use clap::Subcommand;

use crate::accounts::sessions;
use crate::auth::signing_keys::{self, SigningKey};
use crate::base::config::Config;
use crate::base::events::Event;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// List the keys: id, when it was made, and when another took its place.
    List,
    /// Make a new key, which running servers use within seconds. Access tokens stay valid until they expire.
    Rotate {
        /// Delete the old keys and end every session, because a key may be known to others. Everyone has to log in again.
        #[arg(long)]
        end_sessions: bool,
    },
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    let app = super::open(config).await?;
    match command {
        Command::List => {
            for SigningKey { id, created_at, retired_at } in app.db.read(signing_keys::list).await? {
                let state = retired_at.map_or_else(|| "current".to_owned(), |at| format!("retired {at}"));
                println!("{id} made {created_at} {state}");
            }
        }
        Command::Rotate { end_sessions } => {
            let seal = app.seal.clone();
            let rotate = move |tx: &mut crate::base::db::Tx<'_>| {
                let key = signing_keys::rotate(tx, &seal, end_sessions)?;
                let ended_sessions = end_sessions.then(|| sessions::end_all(tx)).transpose()?;
                tx.append(Event::SigningKeysRotated { key, ended_sessions });
                Ok((key, ended_sessions))
            };
            let (key, ended) = app.db.write(rotate).await?;
            println!("{key} signs from now on");
            if let Some(ended) = ended {
                println!("ended {ended} sessions");
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}
