//! `lede api-key`: the API keys of all users.

use std::process::ExitCode;

use anyhow::anyhow;
use clap::Subcommand;

use crate::accounts::emails::{AccountChange, AccountEmails};
use crate::api_keys::{ApiKeyFilter, NewApiKey, store};
use crate::app::App;
use crate::auth::api_key::{ApiKeyText, START};
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::{ApiKeyId, UserId};
use crate::base::text::email::EmailAddress;
use crate::users::Actors;
use crate::users::store as users;

/// How many keys are read at a time.
const BATCH: i64 = 100;

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add an API key and print it, once.
    Add {
        /// The email address of the user for whom the key acts.
        owner: String,
        /// What the key is for.
        #[arg(long)]
        name: String,
        /// A right that the key has, such as articles:write. Repeat it for more, or separate them by commas.
        #[arg(long = "scope", value_name = "SCOPE", required = true, value_delimiter = ',')]
        scopes: Vec<String>,
        /// When the key stops working, as in 2027-01-31T00:00:00Z. Default: never.
        #[arg(long, value_name = "TIME", value_parser = |text: &str| Timestamp::parse(text).ok_or("a time such as 2027-01-31T00:00:00Z"))]
        expires_at: Option<Timestamp>,
    },
    /// List the API keys that are not revoked: id, beginning, name, owner, scopes, expiry and last use.
    List {
        /// Only those of the user with this email address.
        #[arg(long, value_name = "EMAIL")]
        owner: Option<String>,
    },
    /// Revoke an API key. It is refused from the next request on.
    Revoke {
        /// Its id, how it begins (lede_ and eight characters), or the whole key.
        key: String,
    },
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    let app = super::open(config).await?;
    match command {
        Command::Add { owner, name, scopes, expires_at } => {
            let owner = find_user(&app, &owner).await?;
            let new = NewApiKey::parse(&name, &scopes, expires_at, app.clock.now())?;
            let (id, text) = add(&app, owner, new, Some(AccountEmails::new(&app))).await?;
            println!("added {id}\n{}", text.expose());
        }
        Command::List { owner } => {
            let owner = match owner {
                Some(owner) => Some(find_user(&app, &owner).await?),
                None => None,
            };
            list(&app, ApiKeyFilter { owner }).await?;
        }
        Command::Revoke { key } => {
            let id = app.db.write(move |tx| revoke(tx, &key)).await?;
            println!("revoked {id}");
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// Adds a key and returns its id and the key itself. With `emails` its owner is told.
pub(super) async fn add(
    app: &App,
    owner: UserId,
    new: NewApiKey,
    emails: Option<AccountEmails>,
) -> Result<(ApiKeyId, ApiKeyText)> {
    let create = move |tx: &mut Tx<'_>| {
        let (row, text) = store::create(tx, owner, &new)?;
        if let (Some(emails), Some(user)) = (&emails, users::find(tx, owner)?) {
            emails.account_changed(tx, &user, AccountChange::ApiKeyCreated(&row.name))?;
        }
        Ok((row.id, text))
    };
    app.db.write(create).await
}

async fn list(app: &App, filter: ApiKeyFilter) -> anyhow::Result<()> {
    let mut after = None;
    loop {
        let filter = filter.clone();
        let read = move |conn: &mut Connection| {
            let rows = store::list(conn, &filter, None, after, BATCH)?;
            let owners = Actors::load(conn, rows.iter().map(|row| row.user_id))?;
            Ok((rows, owners))
        };
        let (rows, owners) = app.db.read(read).await?;
        let Some(last) = rows.last().map(|row| row.id) else { return Ok(()) };
        for row in rows {
            let owner = owners.get(row.user_id).name.unwrap_or_default();
            let scopes = row.scopes.read(format_args!("api_keys.scopes of {}", row.id)).unwrap_or_default();
            let time = |at: Option<Timestamp>| at.map_or_else(|| "never".to_owned(), |at| at.to_string());
            println!(
                "{} {START}{} {:?} owner {owner:?} {} expires {} last used {}",
                row.id,
                row.prefix,
                row.name,
                scopes.join(","),
                time(row.expires_at),
                time(row.last_used_at)
            );
        }
        after = Some(last);
    }
}

fn revoke(tx: &mut Tx<'_>, named: &str) -> Result<ApiKeyId> {
    let id = store::find_named(tx, named)?;
    let row = store::lock(tx, id)?;
    store::revoke(tx, &row)?;
    Ok(id)
}

async fn find_user(app: &App, email: &str) -> anyhow::Result<UserId> {
    let address = EmailAddress::parse(email).map_err(|invalid| anyhow!("{email}: {}", invalid.detail))?;
    let found = app.db.read(move |conn| users::find_active_by_email(conn, &address)).await?;
    Ok(found.ok_or(Error::NotFound("active user"))?.id)
}
