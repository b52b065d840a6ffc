//! The emails about accounts.

use crate::app::App;
use crate::auth::Keys;
use crate::base::error::{Error, Result};

/// Writes emails about accounts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AccountEmails {
    keys: Keys,
    account_url: String,
}

impl AccountEmails {
    /// Emails of this installation.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let own = || format!("{}/account", app.config.base_url());
        let account_url = app.config.accounts.account_url.clone().unwrap_or_else(own);
        Self { keys: app.keys.clone(), account_url }
    }

    /// Emails that an admin asks for, who has to know if they cannot be sent.
    ///
    /// # Errors
    /// Conflict `mail-not-configured`.
    pub fn by_admin(app: &App) -> Result<Self> {
        if app.mailer.reaches_people() {
            return Ok(Self::new(app));
        }
        Err(Error::conflict("mail-not-configured", "This server has no mail server to send the email to."))
    }

    /// The keys that tokens in links are made with.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The page on which the owner of a link chooses a password.
    #[must_use]
    pub fn password_url(&self, token: &str) -> String {
        format!("{}/password/{token}", self.account_url)
    }
}
