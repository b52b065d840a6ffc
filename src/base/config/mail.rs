//! The mail server, the sender, and the texts of emails and of the sign-up pages.

use std::path::PathBuf;

use super::parse;
use super::secret::Secret;
use crate::base::text::email::Mailbox;

/// Mail.
#[derive(Debug, Clone, clap::Args)]
pub struct MailConfig {
    /// The mail server. `smtps://USER:PASSWORD@HOST` uses TLS from the start. `smtp://USER:PASSWORD@HOST:PORT` uses
    /// STARTTLS, which is required if the URL has a password and optional otherwise; a server on this machine is
    /// contacted without TLS. `?tls=required`, `?tls=opportunistic` or `?tls=none` overrides this. Without a mail
    /// server, emails are written as files to `LEDE_MAIL_DIR`. Can also be read from the file in
    /// `LEDE_SMTP_URL_FILE`.
    #[arg(long, env = "LEDE_SMTP_URL", value_name = "URL", global = true, hide_env_values = true,
          value_parser = smtp_url)]
    pub smtp_url: Option<Secret>,

    /// A file that holds the mail server's URL.
    #[arg(long, env = "LEDE_SMTP_URL_FILE", value_name = "FILE", global = true)]
    pub smtp_url_file: Option<PathBuf>,

    /// The folder for emails when there is no mail server. It belongs to one installation; an email is deleted after
    /// 30 days, or when its recipient is erased.
    #[arg(
        id = "mail_dir",
        long = "mail-dir",
        env = "LEDE_MAIL_DIR",
        default_value = "./lede-mail",
        value_name = "DIR",
        global = true
    )]
    pub dir: PathBuf,

    /// The sender of emails, as in `News <news@website.example>`.
    #[arg(id = "mail_from", long = "mail-from",
        env = "LEDE_MAIL_FROM",
        default_value = "Lede <lede@localhost>",
        value_name = "MAILBOX",
        global = true,
        value_parser = Mailbox::parse
    )]
    pub from: Mailbox,

    /// Whether subscribers get a welcome email when they have confirmed.
    #[arg(id = "welcome_mail", long = "welcome-mail", env = "LEDE_WELCOME_MAIL", default_value = "false", value_name = "BOOLEAN", global = true,
          action = clap::ArgAction::Set, value_parser = parse::boolean)]
    pub welcome: bool,

    /// A folder of templates and translations for pages and emails. A file in it replaces the built-in file of the
    /// same name; `fr.toml` adds French.
    #[arg(long = "templates", env = "LEDE_TEMPLATES", value_name = "DIR", global = true)]
    pub templates_dir: Option<PathBuf>,
}

impl MailConfig {
    /// The mail server's URL, from the setting or its file; `None` if neither is set.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn smtp_url(&self) -> Result<Option<Secret>, String> {
        match (&self.smtp_url, &self.smtp_url_file) {
            (Some(url), _) => Ok(Some(url.clone())),
            (None, Some(file)) => parse::file("LEDE_SMTP_URL_FILE", file, smtp_url).map(Some),
            (None, None) => Ok(None),
        }
    }
}

#[expect(clippy::unnecessary_wraps, reason = "parsers of settings return a Result")]
fn smtp_url(text: &str) -> Result<Secret, String> {
    Ok(Secret::opaque(text.to_owned()))
}
