//! The admin in the settings, who is added to a database without users.

use anyhow::{anyhow, bail};

use super::add::add;
use crate::app::App;
use crate::auth::{Password, PasswordRules, Role};
use crate::base::config::Config;
use crate::base::text::email::EmailAddress;
use crate::users::store;

/// The admin in the settings, who is added to a database without users.
pub(in crate::cli) struct FirstAdmin {
    email: EmailAddress,
    name: String,
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
        let name = super::default_name(&email);
        let rules = PasswordRules::new(config, Role::Admin.as_str(), email.as_str(), &name);
        let password = Password::chosen(text.trim_end_matches(['\r', '\n']), &rules)
            .map_err(|bad| failed(&bad.detail))?;
        Ok(Some(Self { email, name, password }))
    }

    /// Adds the admin, if there are no users yet.
    pub async fn add(self, app: &App) -> anyhow::Result<()> {
        if !app.db.read(store::exist).await? {
            let id = add(app, self.email, Role::Admin, self.name, self.password).await?;
            log::info!("added the first admin, {id}");
        }
        Ok(())
    }
}
