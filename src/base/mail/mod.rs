//! Mail: addresses, messages and how they leave.

mod address;
mod mailer;
mod message;
pub mod smtp;

pub use address::EmailAddress;
pub use mailer::{Mailer, Outbox, Sent, Undelivered};
pub use message::{Mailbox, Message};
