//! The emails about accounts: to whom each goes, what it contains, and where its links lead.

use std::collections::BTreeMap;

use super::links::{LinkToken, NewLink};
use super::sessions::SessionRow;
use crate::api_keys::{ApiKeyFilter, store as api_keys};
use crate::app::App;
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::ids::EmailId;
use crate::base::text::Locale;
use crate::base::text::email::{EmailAddress, masked};
use crate::outbox::{self, Email, Recipient};
use crate::users::store::UserRow;

/// A change to an account that its user is told of, whoever made it.
#[derive(Debug, Clone, Copy)]
pub enum AccountChange<'a> {
    /// A second factor was set up.
    SecondFactorEnabled,
    /// Another second factor took the place of the active one.
    SecondFactorReplaced,
    /// The second factor was removed.
    SecondFactorDisabled,
    /// New recovery codes replaced the old ones.
    RecoveryCodesCreated,
    /// The API key with that name was created.
    ApiKeyCreated(&'a str),
    /// Another key took the place of the API key with that name.
    ApiKeyRotated(&'a str),
    /// The API key with that name may do more, or works for longer.
    ApiKeyWidened(&'a str),
}

/// Writes emails about accounts. Cheap to clone.
#[derive(Debug, Clone)]
pub struct AccountEmails {
    keys: Keys,
    base_url: String,
    /// Where people choose passwords: a console, or the pages of this server.
    account_url: String,
    /// The language of users who have chosen none.
    locale: Locale,
    reaches_people: bool,
}

impl AccountEmails {
    /// Emails of this installation. Without a mail server they are written to files.
    #[must_use]
    pub fn new(app: &App) -> Self {
        let base_url = app.config.base_url();
        let own = || format!("{base_url}/account");
        Self {
            keys: app.keys.clone(),
            account_url: app.config.accounts.account_url.clone().unwrap_or_else(own),
            locale: app.config.site.locale.clone(),
            reaches_people: app.mailer.reaches_people(),
            base_url,
        }
    }

    /// Checks that emails reach people, before one is sent that an admin asks for.
    ///
    /// # Errors
    /// Conflict `mail-not-configured`.
    pub fn check_reach(&self) -> Result<()> {
        if self.reaches_people {
            return Ok(());
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
    pub fn password_url(&self, token: &LinkToken) -> String {
        format!("{}/password/{}", self.account_url, token.expose())
    }

    /// The page that asks for a link to choose another password.
    #[must_use]
    pub fn reset_url(&self) -> String {
        format!("{}/password", self.account_url)
    }

    /// The page that confirms a new address: always one of this server.
    fn confirm_url(&self, token: &LinkToken) -> String {
        format!("{}/account/email/{}", self.base_url, token.expose())
    }

    pub(super) fn invitation(&self, tx: &mut Tx<'_>, user: &UserRow, link: &NewLink) -> Result<EmailId> {
        let context = [("password_url", self.password_url(&link.token))];
        self.enqueue(tx, user, None, "invitation_email", context, Some(link.email_expires_at()))
    }

    pub(super) fn password_reset(&self, tx: &mut Tx<'_>, user: &UserRow, link: &NewLink) -> Result<EmailId> {
        let context = [("password_url", self.password_url(&link.token))];
        self.enqueue(tx, user, None, "password_reset_email", context, Some(link.email_expires_at()))
    }

    pub(super) fn password_changed(&self, tx: &mut Tx<'_>, user: &UserRow) -> Result<EmailId> {
        let has_keys = api_keys::count(tx, &ApiKeyFilter::default(), Some(user.id))? > 0;
        let keys_url = if has_keys { self.keys_url() } else { String::new() };
        let context = [("reset_url", self.reset_url()), ("keys_url", keys_url)];
        self.enqueue(tx, user, None, "password_changed_email", context, None)
    }

    /// Tells a user of a change that others could use to get into the account or to stay in it.
    ///
    /// # Errors
    /// Those of the database.
    pub fn account_changed(&self, tx: &mut Tx<'_>, user: &UserRow, change: AccountChange<'_>) -> Result<()> {
        let (change, key) = match change {
            AccountChange::SecondFactorEnabled => ("second_factor_enabled", ""),
            AccountChange::SecondFactorReplaced => ("second_factor_replaced", ""),
            AccountChange::SecondFactorDisabled => ("second_factor_disabled", ""),
            AccountChange::RecoveryCodesCreated => ("recovery_codes_created", ""),
            AccountChange::ApiKeyCreated(name) => ("api_key_created", name),
            AccountChange::ApiKeyRotated(name) => ("api_key_rotated", name),
            AccountChange::ApiKeyWidened(name) => ("api_key_widened", name),
        };
        let context = [
            ("change", change.to_owned()),
            ("key", key.to_owned()),
            ("reset_url", self.reset_url()),
            ("keys_url", self.keys_url()),
        ];
        self.enqueue(tx, user, None, "account_changed_email", context, None).map(drop)
    }

    /// Where an API key is revoked.
    fn keys_url(&self) -> String {
        format!("{}/v1/api-keys/{{id}}", self.base_url)
    }

    /// Asks for a confirmation at the new address.
    pub(super) fn email_change(
        &self,
        tx: &mut Tx<'_>,
        user: &UserRow,
        to: &EmailAddress,
        link: &NewLink,
    ) -> Result<EmailId> {
        let context = [("confirm_url", self.confirm_url(&link.token))];
        self.enqueue(tx, user, Some(to), "email_change_email", context, Some(link.email_expires_at()))
    }

    /// Tells the present address of `user` that another one is to replace it.
    pub(super) fn email_change_requested(
        &self,
        tx: &mut Tx<'_>,
        user: &UserRow,
        new: &EmailAddress,
    ) -> Result<EmailId> {
        self.enqueue(tx, user, None, "email_change_requested_email", [("email", masked(new.as_str()))], None)
    }

    /// Tells the old address of `user`, as the row was before, that it was replaced.
    pub(super) fn email_changed(
        &self,
        tx: &mut Tx<'_>,
        user: &UserRow,
        new: &EmailAddress,
    ) -> Result<EmailId> {
        self.enqueue(tx, user, None, "email_changed_email", [("email", masked(new.as_str()))], None)
    }

    pub(super) fn new_device(
        &self,
        tx: &mut Tx<'_>,
        user: &UserRow,
        session: &SessionRow,
    ) -> Result<EmailId> {
        let context = [
            ("device", session.device.clone()),
            ("network", session.network.clone()),
            ("at", session.created_at.minute()),
            ("reset_url", self.reset_url()),
        ];
        self.enqueue(tx, user, None, "new_device_email", context, None)
    }

    /// Sends an email to a user, at their address or at another one.
    fn enqueue<const N: usize>(
        &self,
        tx: &mut Tx<'_>,
        user: &UserRow,
        to: Option<&EmailAddress>,
        template: &'static str,
        context: [(&str, String); N],
        expires_at: Option<Timestamp>,
    ) -> Result<EmailId> {
        let own = || {
            EmailAddress::parse(&user.email)
                .map_err(|_| Error::internal(format!("user {} has a malformed address", user.id)))
        };
        let context: BTreeMap<String, String> =
            context.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        let email = Email {
            recipient: Some(Recipient::User(user.id)),
            article: None,
            to: to.cloned().map_or_else(own, Ok)?,
            locale: user.locale().unwrap_or_else(|| self.locale.clone()),
            template,
            context,
            unsubscribe_url: None,
            expires_at,
        };
        outbox::enqueue(tx, &self.keys, &email)
    }
}
