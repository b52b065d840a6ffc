//! Sends emails to a mail server, to files if no server is configured, or to memory in tests.

use std::sync::{Arc, Mutex, PoisonError};

use super::folder::MailFolder;
use super::message::Message;
use super::smtp::{SendError, Smtp};
use crate::base::config::Config;
use crate::base::error::{Error, Result};

/// Sends emails. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Mailer {
    /// Sends to a mail server.
    Smtp(Smtp),
    /// Writes `.eml` files to a folder, if no mail server is configured.
    File(MailFolder),
    /// Keeps emails in memory, for tests.
    Memory(MemoryMailer),
}

/// Stores sent emails in memory.
#[derive(Debug, Clone, Default)]
pub struct MemoryMailer(Arc<Mutex<Vec<SentEmail>>>);

/// An email stored in memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SentEmail {
    /// The recipient.
    pub to: String,
    /// The subject.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
    /// The headers, not encoded.
    pub headers: Vec<(String, String)>,
    /// The encoded message.
    pub raw: String,
}

impl Mailer {
    /// The mailer for these settings. Does not contact the mail server.
    pub fn open(config: &Config) -> Result<Self> {
        let name = if config.mail.smtp_url.is_some() { "LEDE_SMTP_URL" } else { "LEDE_SMTP_URL_FILE" };
        let Some(url) = config.mail.smtp_url().map_err(Error::unavailable)? else {
            let dir = &config.mail.dir;
            if dir.exists() && !dir.is_dir() {
                let why = format!("LEDE_MAIL_DIR: {} must be a folder, or not exist yet", dir.display());
                return Err(Error::unavailable(why));
            }
            return Ok(Self::File(MailFolder::open(dir)));
        };
        let smtp = Smtp::open(url.expose(), config.mail.from.domain());
        smtp.map(Self::Smtp).map_err(|why| Error::unavailable(format!("{name}: {why}")))
    }

    /// Whether emails reach people: whether a mail server is configured.
    #[must_use]
    pub fn reaches_people(&self) -> bool {
        !matches!(self, Self::File(_))
    }

    /// A mailer that keeps emails in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self::Memory(MemoryMailer::default())
    }

    /// Sends an email. `Ok` means that the mail server accepted it.
    pub async fn send(&self, message: &Message) -> Result<(), SendError> {
        let composed = message.compose().map_err(|e| SendError::Failed(e.to_string()))?;
        match self {
            Self::Smtp(smtp) => smtp.send(composed).await,
            Self::File(folder) => {
                let (folder, id) = (folder.clone(), message.id);
                let written =
                    tokio::task::spawn_blocking(move || folder.write(id, &composed.formatted())).await;
                let written = written.map_err(|error| SendError::Failed(error.to_string()))?;
                written.map_err(|error| SendError::Failed(format!("the mail folder: {error}")))
            }
            Self::Memory(memory) => {
                memory.keep(message, &composed);
                Ok(())
            }
        }
    }
}

impl MemoryMailer {
    /// All emails since the last [`Self::clear`], oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<SentEmail> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Deletes the stored emails.
    pub fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn keep(&self, message: &Message, composed: &lettre::Message) {
        let mut headers = vec![
            ("From".to_owned(), message.from.to_string()),
            ("To".to_owned(), message.to.to_string()),
            ("Subject".to_owned(), message.subject.clone()),
        ];
        headers.extend(message.headers.iter().map(|(name, value)| ((*name).to_owned(), value.clone())));
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(SentEmail {
            to: message.to.to_string(),
            subject: message.subject.clone(),
            text: message.text.clone(),
            html: message.html.clone(),
            headers,
            raw: String::from_utf8_lossy(&composed.formatted()).into_owned(),
        });
    }
}
