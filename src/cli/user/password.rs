//! `lede user password`: gives a user another password.

use std::io::Read as _;

use anyhow::{anyhow, bail};

use crate::accounts::management;
use crate::app::App;
use crate::auth::Password;

pub(super) async fn run(app: &App, email: &str, password_stdin: bool) -> anyhow::Result<()> {
    let user = super::find(app, email).await?;
    let hash = app.passwords.hash(read(password_stdin)?).await?;
    app.db.write(move |tx| management::set_password(tx, user.id, hash.clone())).await?;
    println!("{} has another password", user.email);
    Ok(())
}

/// Reads a password that is good enough, twice if it is prompted for.
pub(super) fn read(from_stdin: bool) -> anyhow::Result<Password> {
    let text = if from_stdin { read_line()? } else { prompt()? };
    Password::chosen(&text).map_err(|invalid| anyhow!("{}", invalid.detail))
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
