//! Sessions, second factors, and the first user of a new installation.

use std::path::PathBuf;

use super::parse;
use crate::base::text::email::EmailAddress;

/// Sessions, second factors, and the first user of a new installation.
#[derive(Debug, Clone, clap::Args)]
pub struct AccountsConfig {
    /// Days after which a session ends that was not refreshed.
    #[arg(
        id = "session_idle_days",
        long = "session-idle-days",
        env = "LEDE_SESSION_IDLE_DAYS",
        default_value = "7",
        value_name = "DAYS",
        global = true,
        value_parser = parse::number::<u32>(1..=365)
    )]
    pub session_idle_days: u32,

    /// Days after which a session ends in any case.
    #[arg(
        id = "session_days",
        long = "session-days",
        env = "LEDE_SESSION_DAYS",
        default_value = "30",
        value_name = "DAYS",
        global = true,
        value_parser = parse::number::<u32>(1..=365)
    )]
    pub session_days: u32,

    /// Roles whose users must have a second factor, separated by commas, as in `admin,editor`. Until they have one, they
    /// can only set it up.
    #[arg(
        id = "require_second_factor",
        long = "require-second-factor",
        env = "LEDE_REQUIRE_SECOND_FACTOR",
        value_name = "ROLES",
        global = true,
        value_delimiter = ',',
        value_parser = role
    )]
    pub require_second_factor: Vec<String>,

    /// The URL that account emails link to, such as a console's, without a slash at the end. `/password/{token}` is added to
    /// it. Default: `/account` of this server.
    #[arg(
        id = "account_url",
        long = "account-url",
        env = "LEDE_ACCOUNT_URL",
        value_name = "URL",
        global = true,
        value_parser = parse::base_url
    )]
    pub account_url: Option<String>,

    /// The email address of the first admin, who is added when a server starts on a database without users. Needs
    /// `LEDE_ADMIN_PASSWORD_FILE`.
    #[arg(
        id = "admin_email",
        long = "admin-email",
        env = "LEDE_ADMIN_EMAIL",
        value_name = "EMAIL",
        global = true,
        value_parser = email
    )]
    pub admin_email: Option<String>,

    /// A file that holds the password of the first admin.
    #[arg(
        id = "admin_password_file",
        long = "admin-password-file",
        env = "LEDE_ADMIN_PASSWORD_FILE",
        value_name = "FILE",
        global = true
    )]
    pub admin_password_file: Option<PathBuf>,
}

impl AccountsConfig {
    /// Whether the users of that role must have a second factor.
    #[must_use]
    pub fn requires_second_factor(&self, role: &str) -> bool {
        self.require_second_factor.iter().any(|required| required == role)
    }
}

fn email(text: &str) -> Result<String, String> {
    EmailAddress::parse(text).map(|_| text.to_owned()).map_err(|invalid| invalid.detail.into_owned())
}

fn role(name: &str) -> Result<String, String> {
    if ["contributor", "author", "editor", "admin"].contains(&name) {
        return Ok(name.to_owned());
    }
    Err("must be roles separated by commas: contributor, author, editor, admin".into())
}
