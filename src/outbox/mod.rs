//! Emails on their way out, whoever they are for: a subscriber, a user, or an address that belongs to neither. Each is a row
//! written in the transaction that causes it, and a job sends it, so that a crash loses none.
//!
//! The address and the links of an email are sealed while it waits and deleted once it is sent: a copy of the database
//! opens nothing, and an erased person's address is not left behind here.

mod content;
mod files;
mod job;
mod store;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use files::delete_files;
pub use store::{cancel, enqueue, forget, purge};

use crate::base::clock::Timestamp;
use crate::base::ids::{EmailId, IsId as _, SubscriberId, UserId};
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;

/// Whom an email is for, so that their emails can be cancelled and deleted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recipient {
    /// A subscriber.
    Subscriber(SubscriberId),
    /// A user.
    User(UserId),
}

impl Recipient {
    /// The `recipient_kind` and `recipient_id` columns.
    fn columns(self) -> (&'static str, Uuid) {
        match self {
            Self::Subscriber(id) => ("subscriber", id.uuid()),
            Self::User(id) => ("user", id.uuid()),
        }
    }
}

/// An email to be sent.
#[derive(Debug, Clone)]
pub struct Email {
    /// Whom it is for; `None` for an address that belongs to nobody known here.
    pub recipient: Option<Recipient>,
    /// Where it is sent.
    pub to: EmailAddress,
    /// The language it is written in; the nearest one that there are translations for.
    pub locale: Locale,
    /// The templates it is rendered from, without their extension: `confirmation_email` stands for
    /// `confirmation_email.txt` and `.html`.
    pub template: &'static str,
    /// The variables of the templates.
    pub context: BTreeMap<String, String>,
    /// Where the recipient unsubscribes. Emails that have it are list mail and carry the headers of RFC 8058; their
    /// templates get it as `unsubscribe_url`.
    pub unsubscribe_url: Option<String>,
    /// After this it is no longer sent.
    pub expires_at: Option<Timestamp>,
}

/// Sends an email of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendEmail {
    /// Which.
    pub email: EmailId,
}
