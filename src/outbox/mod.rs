//! Outgoing emails, to subscribers, users and other addresses. Each is a row written in the transaction that causes
//! it, and a job sends it, so that a crash loses none.
//!
//! The address and the links of an email are encrypted while it waits and deleted once it is sent, so that a copy of
//! the database contains no usable link, and no address outlives the person's data here.

mod content;
mod files;
mod job;
mod store;
mod traces;

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

pub use files::delete_files;
pub use store::{cancel, cancel_emails, enqueue, forget, forget_about, purge, sent_at};
pub use traces::{DeleteTraces, delete_traces};

use crate::base::clock::Timestamp;
use crate::base::ids::{ArticleId, EmailId, IsId as _, SubscriberId, UserId};
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;

/// The recipient of an email, so that their emails can be cancelled and deleted.
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
    /// The recipient; `None` for an address that belongs to no subscriber or user.
    pub recipient: Option<Recipient>,
    /// The article whose texts it contains, with which it is deleted.
    pub article: Option<ArticleId>,
    /// The address.
    pub to: EmailAddress,
    /// The preferred language; the nearest one with translations is used.
    pub locale: Locale,
    /// The templates it is rendered from, without their extension: `confirmation_email` stands for
    /// `confirmation_email.txt` and `.html`.
    pub template: &'static str,
    /// The variables of the templates.
    pub context: BTreeMap<String, String>,
    /// Where the recipient unsubscribes. Emails that have it are list mail and carry the headers of RFC 8058; their
    /// templates get it as `unsubscribe_url`.
    pub unsubscribe_url: Option<String>,
    /// It is not sent after this time.
    pub expires_at: Option<Timestamp>,
}

/// Sends an email of the outbox.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendEmail {
    /// Which.
    pub email: EmailId,
}
