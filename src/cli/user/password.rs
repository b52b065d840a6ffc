//! `lede user password`: gives a user another password, and lets the user try it at once, whatever failed before.

use std::io::Read as _;

use anyhow::{anyhow, bail};

use crate::accounts::emails::AccountEmails;
use crate::accounts::sessions::Which;
use crate::accounts::{attempts, passwords};
use crate::app::App;
use crate::auth::Password;
use crate::base::db::Tx;
use crate::users::store::UserRow;

pub(super) async fn run(app: &App, email: &str, password_stdin: bool) -> anyhow::Result<()> {
    let user = super::find(app, email).await?;
    let hash = app.passwords.hash(read(app, &user, password_stdin).await?).await?;
    let (emails, email) = (AccountEmails::new(app), user.email.clone());
    let account = attempts::account(&app.keys, &user.email_key);
    let replace = move |tx: &mut Tx<'_>| {
        passwords::replace(tx, &emails, &user, &hash, Which::All)?;
        attempts::forget(tx, account)
    };
    app.db.write(replace).await?;
    println!("{email} has another password");
    Ok(())
}

/// Reads a password that is good enough for a user, twice if it is prompted for.
pub(super) async fn read(app: &App, user: &UserRow, from_stdin: bool) -> anyhow::Result<Password> {
    let text = if from_stdin { read_line()? } else { prompt()? };
    let rules = passwords::rules(app, user).await?;
    Password::chosen(&text, &rules).map_err(|invalid| anyhow!("{}", invalid.detail))
}

fn read_line() -> anyhow::Result<String> {
    let mut text = String::new();
    std::io::stdin().take(4096).read_to_string(&mut text)?;
    Ok(text.trim_end_matches(['\r', '\n']).to_owned())
}

fn prompt() -> anyhow::Result<String> {
    let password = rpassword::prompt_password("Password: ")?;
    if password != rpassword::prompt_password("Repeat the password: ")? {
        bail!("the two passwords differ");
    }
    Ok(password)
}
