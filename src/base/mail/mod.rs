//! Mail: addresses, messages and how they leave.

mod mailer;
mod message;
pub mod smtp;

pub use mailer::{Mailer, Outbox, Sent, Undelivered};
pub use message::Message;
