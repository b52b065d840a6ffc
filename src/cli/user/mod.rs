//! `lede user`: users from the command line, a file a command, beside a running server. What an admin can do, an operator can
//! do here even if no admin can log in; only that an active admin remains holds here, too.

mod add;
mod change;
mod first_admin;
mod invite;
mod list;
mod password;
mod sessions;
mod totp;

use std::process::ExitCode;

use anyhow::anyhow;
use clap::{Args, Subcommand};

pub(super) use add::add;
pub(super) use first_admin::FirstAdmin;

use crate::app::App;
use crate::auth::Role;
use crate::base::config::Config;
use crate::base::text::email::EmailAddress;
use crate::users::store::{self, UserRow};

#[derive(Debug, Subcommand)]
pub(super) enum Command {
    /// Add a user with a password. Fails if another user has the address.
    Add {
        #[command(flatten)]
        user: NewUser,
        /// Read the password from standard input instead of prompting for it.
        #[arg(long)]
        password_stdin: bool,
    },
    /// Invite a user and print the link with which they choose a password; no email is sent. A user who is invited
    /// already gets a new link, and the role and name that are given.
    Invite(NewUser),
    /// List all users: address, role, state, name.
    List,
    /// Give a user another role.
    Role {
        /// The email address of the user.
        email: String,
        /// The role: contributor, author, editor or admin.
        #[arg(value_parser = role)]
        role: Role,
    },
    /// Disable a user and end their sessions.
    Disable {
        /// The email address of the user.
        email: String,
    },
    /// Enable a disabled user.
    Enable {
        /// The email address of the user.
        email: String,
    },
    /// Give a user another password and end their sessions.
    Password {
        /// The email address of the user.
        email: String,
        /// Read the password from standard input instead of prompting for it.
        #[arg(long)]
        password_stdin: bool,
    },
    /// List the sessions of a user: since when, last used, network, device.
    Sessions {
        /// The email address of the user.
        email: String,
        /// End all of them instead.
        #[arg(long)]
        end: bool,
    },
    /// Show whether a user has a second factor.
    Totp {
        /// The email address of the user.
        email: String,
        /// Remove it and end the user's sessions, when the authenticator app and the recovery codes are lost.
        #[arg(long)]
        remove: bool,
    },
}

/// A user who is not there yet.
#[derive(Debug, Args)]
pub(super) struct NewUser {
    /// The email address to log in with.
    email: String,
    /// The role: contributor, author, editor or admin.
    #[arg(long, value_parser = role)]
    role: Role,
    /// The name. Default: the part of the address before the @.
    #[arg(long)]
    name: Option<String>,
}

pub(super) async fn run(config: Config, command: Command) -> anyhow::Result<ExitCode> {
    let app = super::open(config).await?;
    match command {
        Command::Add { user, password_stdin } => add::run(&app, user, password_stdin).await?,
        Command::Invite(user) => invite::run(&app, user).await?,
        Command::List => list::run(&app).await?,
        Command::Role { email, role } => change::role(&app, &email, role).await?,
        Command::Disable { email } => change::disabled(&app, &email, true).await?,
        Command::Enable { email } => change::disabled(&app, &email, false).await?,
        Command::Password { email, password_stdin } => password::run(&app, &email, password_stdin).await?,
        Command::Sessions { email, end } => sessions::run(&app, &email, end).await?,
        Command::Totp { email, remove } => totp::run(&app, &email, remove).await?,
    }
    Ok(ExitCode::SUCCESS)
}

fn role(name: &str) -> Result<Role, &'static str> {
    Role::parse(name).ok_or("contributor, author, editor or admin")
}

fn parse_email(text: &str) -> anyhow::Result<EmailAddress> {
    EmailAddress::parse(text).map_err(|invalid| anyhow!("{text}: {}", invalid.detail))
}

/// The user with that address.
async fn find(app: &App, email: &str) -> anyhow::Result<UserRow> {
    let address = parse_email(email)?;
    let found = app.db.read(move |conn| store::find_by_email(conn, &address)).await?;
    found.ok_or_else(|| anyhow!("no user has the address {email}"))
}

impl NewUser {
    fn parse(self, app: &App) -> anyhow::Result<UserRow> {
        let email = parse_email(&self.email)?;
        let now = app.clock.now();
        let name = self.name.unwrap_or_else(|| default_name(&email));
        let name =
            crate::users::parse_name(&name).map_err(|invalid| anyhow!("--name: {}", invalid.detail))?;
        Ok(UserRow::new(app.random.id(now)?, &email, name, self.role, now))
    }
}

/// The part of an address before the @.
fn default_name(email: &EmailAddress) -> String {
    email.as_str().split('@').next().unwrap_or_default().to_owned()
}
