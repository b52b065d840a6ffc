//! `lede user`: users from the command line, the first one included.

mod totp;

use std::io::Read as _;
use std::process::ExitCode;

use anyhow::{anyhow, bail};
use clap::Subcommand;

use crate::app::App;
use crate::auth::{Password, Role};
use crate::base::config::Config;
use crate::base::events::Event;
use crate::base::ids::UserId;
use crate::base::text::email::EmailAddress;
use crate::users::store::{self, UserRow};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add a user. Fails if another user has the address.
    Add {
        /// The email address to log in with.
        email: String,
        /// The role: contributor, author, editor or admin.
        #[arg(long, value_parser = |name: &str| Role::parse(name).ok_or("contributor, author, editor or admin"))]
        role: Role,
        /// The name. Default: the part of the address before the @.
        #[arg(long)]
        name: Option<String>,
        /// Read the password from standard input instead of prompting for it.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Tell whether a user has a second factor.
    Totp {
        /// The email address of the user.
        email: String,
        /// Remove it and end the user's sessions, when the authenticator app and the recovery codes are lost.
        #[arg(long)]
        remove: bool,
    },
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    let (email, role, name, password_stdin) = match command {
        Command::Add { email, role, name, password_stdin } => (email, role, name, password_stdin),
        Command::Totp { email, remove } => {
            totp::run(&super::open(config).await?, &email, remove).await?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let email = EmailAddress::parse(&email).map_err(|invalid| anyhow!("{email}: {}", invalid.detail))?;
    let password =
        Password::chosen(&read_password(password_stdin)?).map_err(|invalid| anyhow!("{}", invalid.detail))?;
    let app = super::open(config).await?;
    let id = add(&app, email.clone(), role, name, password).await?;
    println!("added {} {email} as {}", id, role.as_str());
    Ok(ExitCode::SUCCESS)
}

/// Adds a user and returns the id.
pub(super) async fn add(
    app: &App,
    email: EmailAddress,
    role: Role,
    name: Option<String>,
    password: Password,
) -> anyhow::Result<UserId> {
    let password_hash = app.passwords.hash(password).await?;
    let now = app.clock.now();
    let id: UserId = app.random.id(now)?;
    let name = name.unwrap_or_else(|| email.as_str().split('@').next().unwrap_or_default().to_owned());
    if name.is_empty() || name.chars().count() > 200 || name.contains(char::is_control) {
        bail!("a name has 1 to 200 characters, none of them a control character");
    }
    let row = UserRow::new(id, &email, name, role, now).with_password(password_hash);
    app.db
        .write(move |tx| {
            store::insert(tx, &row)?;
            tx.append(Event::UserCreated(id));
            Ok(())
        })
        .await?;
    Ok(id)
}

/// The admin in the settings, who is added to a database without users.
pub(super) struct FirstAdmin {
    email: EmailAddress,
    password: Password,
}

impl FirstAdmin {
    /// Reads the settings, if they name one.
    pub fn read(config: &Config) -> anyhow::Result<Option<Self>> {
        let (email, file) = match (&config.accounts.admin_email, &config.accounts.admin_password_file) {
            (None, None) => return Ok(None),
            (Some(email), Some(file)) => (email, file),
            (Some(_), None) => bail!("LEDE_ADMIN_EMAIL: needs LEDE_ADMIN_PASSWORD_FILE"),
            (None, Some(_)) => bail!("LEDE_ADMIN_PASSWORD_FILE: needs LEDE_ADMIN_EMAIL"),
        };
        let email = EmailAddress::parse(email).map_err(|bad| anyhow!("LEDE_ADMIN_EMAIL: {}", bad.detail))?;
        let failed =
            |why: &dyn std::fmt::Display| anyhow!("LEDE_ADMIN_PASSWORD_FILE: {}: {why}", file.display());
        let text = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
        let password =
            Password::chosen(text.trim_end_matches(['\r', '\n'])).map_err(|bad| failed(&bad.detail))?;
        Ok(Some(Self { email, password }))
    }

    /// Adds the admin, if there are no users yet.
    pub async fn add(self, app: &App) -> anyhow::Result<()> {
        if !app.db.read(store::exist).await? {
            let id = add(app, self.email, Role::Admin, None, self.password).await?;
            log::info!("added the first admin, {id}");
        }
        Ok(())
    }
}

fn read_password(from_stdin: bool) -> anyhow::Result<String> {
    if from_stdin {
        let mut text = String::new();
        std::io::stdin().take(4096).read_to_string(&mut text)?;
        return Ok(text.trim_end_matches(['\r', '\n']).to_owned());
    }
    let password = rpassword::prompt_password("Password: ")?;
    if password != rpassword::prompt_password("Repeat the password: ")? {
        bail!("the two passwords differ");
    }
    Ok(password)
}
