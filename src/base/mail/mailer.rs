//! How mail leaves: to a mail server, into files while there is none, or into memory for tests.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use super::Message;
use super::smtp::Smtp;
use crate::base::config::Config;
use crate::base::error::{Error, Result};

/// Sends mail. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Mailer {
    /// To a mail server.
    Smtp(Smtp),
    /// As `.eml` files in a folder: for trying things out.
    File(Arc<Path>),
    /// Kept for a test to read.
    Memory(Outbox),
}

/// Why a mail did not leave. Says nothing of whom it was for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Undelivered {
    /// The server will not take it, now or later; its reply code.
    Refused(u16),
    /// It may well leave another time.
    Failed(String),
}

/// The mails that left into memory.
#[derive(Debug, Clone, Default)]
pub struct Outbox(Arc<Mutex<Vec<Sent>>>);

/// A mail that left into memory.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Whom it was for.
    pub to: String,
    /// What it was about.
    pub subject: String,
    /// What it said, without markup.
    pub text: String,
    /// What it said, as HTML.
    pub html: String,
    /// Its headers, as `Subject` and the others were given and not as they were encoded.
    pub headers: Vec<(String, String)>,
    /// What would have gone over the wire.
    pub raw: String,
}

impl Mailer {
    /// The mailer that the settings name.
    ///
    /// # Errors
    /// With one sentence for the operator; the server itself is not asked.
    pub fn open(config: &Config) -> Result<Self> {
        match config.mail.smtp_url().map_err(Error::unavailable)? {
            Some(url) => {
                let smtp = Smtp::open(url.expose(), config.mail.from.domain());
                smtp.map(Self::Smtp).map_err(Error::unavailable)
            }
            None => Ok(Self::File(config.mail.dir.as_path().into())),
        }
    }

    /// A mailer that keeps what it is given.
    #[must_use]
    pub fn memory() -> Self {
        Self::Memory(Outbox::default())
    }

    /// Sends a mail: when this returns `Ok`, another has taken it over.
    ///
    /// # Errors
    /// Tells whether another try may help.
    pub async fn send(&self, message: &Message) -> Result<(), Undelivered> {
        let composed = message.compose().map_err(|e| Undelivered::Failed(e.to_string()))?;
        match self {
            Self::Smtp(smtp) => smtp.send(composed).await,
            Self::File(folder) => {
                let file = folder.join(format!("{}.eml", message.id));
                write(folder.to_path_buf(), file, composed.formatted()).await
            }
            Self::Memory(outbox) => {
                outbox.keep(message, &composed);
                Ok(())
            }
        }
    }
}

async fn write(folder: PathBuf, file: PathBuf, bytes: Vec<u8>) -> Result<(), Undelivered> {
    let written = tokio::task::spawn_blocking(move || {
        std::fs::create_dir_all(folder).and_then(|()| std::fs::write(file, bytes))
    })
    .await;
    match written {
        Ok(Ok(())) => Ok(()),
        Ok(Err(error)) => Err(Undelivered::Failed(format!("the mail folder: {error}"))),
        Err(error) => Err(Undelivered::Failed(error.to_string())),
    }
}

impl Outbox {
    /// Every mail so far, the oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Sent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Forgets what has been sent so far.
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
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(Sent {
            to: message.to.to_string(),
            subject: message.subject.clone(),
            text: message.text.clone(),
            html: message.html.clone(),
            headers,
            raw: String::from_utf8_lossy(&composed.formatted()).into_owned(),
        });
    }
}
