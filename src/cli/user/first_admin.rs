//! The admin in the settings, who is added to a database without users.

use std::path::{Path, PathBuf};

use anyhow::{anyhow, bail};

use super::default_name;
use crate::accounts::passwords;
use crate::app::App;
use crate::auth::{Password, Role};
use crate::base::config::Config;
use crate::base::db::Tx;
use crate::base::db::locks::AdvisoryLock;
use crate::base::events::Event;
use crate::base::text::email::EmailAddress;
use crate::users::store::{self, UserRow};

/// The admin in the settings.
pub(in crate::cli) struct FirstAdmin {
    email: EmailAddress,
    file: PathBuf,
}

impl FirstAdmin {
    /// Reads the settings, if they name one.
    pub fn read(config: &Config) -> anyhow::Result<Option<Self>> {
        let (email, file) = match (&config.accounts.admin_email, &config.accounts.admin_password_file) {
            (None, None) => return Ok(None),
            (Some(email), Some(file)) => (email, file.clone()),
            (Some(_), None) => bail!("LEDE_ADMIN_EMAIL: needs LEDE_ADMIN_PASSWORD_FILE"),
            (None, Some(_)) => bail!("LEDE_ADMIN_PASSWORD_FILE: needs LEDE_ADMIN_EMAIL"),
        };
        let email = EmailAddress::parse(email).map_err(|bad| anyhow!("LEDE_ADMIN_EMAIL: {}", bad.detail))?;
        Ok(Some(Self { email, file }))
    }

    /// Adds the admin, if there are no users yet. Once there are, the file is not looked at, so that it can be deleted.
    pub async fn add(self, app: &App) -> anyhow::Result<()> {
        if app.db.read(store::exist).await? {
            return Ok(());
        }
        let now = app.clock.now();
        let name = default_name(&self.email);
        let user = UserRow::new(app.random.id(now)?, &self.email, name, Role::Admin, now);
        let password = read_password(app, &user, &self.file).await?;
        let (id, user) = (user.id, user.with_password(app.passwords.hash(password).await?));
        if app.db.write(move |tx| insert_first(tx, &user)).await? {
            log::info!("added the first admin, {id}");
        }
        Ok(())
    }
}

async fn read_password(app: &App, user: &UserRow, file: &Path) -> anyhow::Result<Password> {
    let failed = |why: &dyn std::fmt::Display| anyhow!("LEDE_ADMIN_PASSWORD_FILE: {}: {why}", file.display());
    let text = std::fs::read_to_string(file).map_err(|error| failed(&error))?;
    let rules = passwords::rules(app, user).await?;
    Password::chosen(text.trim_end_matches(['\r', '\n']), &rules).map_err(|bad| failed(&bad.detail))
}

/// Adds a user, unless there is one by now: of replicas that start together, one adds the admin.
fn insert_first(tx: &mut Tx<'_>, user: &UserRow) -> crate::base::error::Result<bool> {
    AdvisoryLock::FirstUser.take(tx)?;
    if store::exist(tx)? {
        return Ok(false);
    }
    store::insert(tx, user)?;
    tx.append(Event::UserCreated(user.id));
    Ok(true)
}
