//! `lede user totp`: the last resort for a user who has lost the second factor and whom no admin can help.

use anyhow::anyhow;

use crate::accounts::emails::AccountEmails;
use crate::accounts::second_factor::store as second_factor;
use crate::accounts::sessions::{self, Which};
use crate::app::App;
use crate::base::text::email::EmailAddress;
use crate::users::store;

pub(super) async fn run(app: &App, email: &str, remove: bool) -> anyhow::Result<()> {
    let address = EmailAddress::parse(email).map_err(|invalid| anyhow!("{email}: {}", invalid.detail))?;
    let found = app.db.read(move |conn| store::find_active_by_email(conn, &address)).await?;
    let user = found.ok_or_else(|| anyhow!("no active user has the address {email}"))?;
    if !remove {
        match user.second_factor_at {
            Some(at) => println!("{email} has had a second factor since {at}"),
            None => println!("{email} has no second factor"),
        }
        return Ok(());
    }
    let emails = AccountEmails::new(app);
    let removed = app
        .db
        .write(move |tx| {
            let Some(user) = store::lock(tx, user.id)? else { return Ok(None) };
            let is_removed = second_factor::remove(tx, &emails, &user)?;
            Ok(if is_removed { Some(sessions::end(tx, user.id, Which::All)?) } else { None })
        })
        .await?;
    match removed {
        Some(ended) => println!("removed the second factor of {email} and ended {ended} sessions"),
        None => println!("{email} has no second factor"),
    }
    Ok(())
}
