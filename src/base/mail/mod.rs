//! Mail: addresses, messages, and sending them.

mod mailer;
mod message;
pub mod smtp;

pub use mailer::{Mailer, MemoryMailer, SentEmail};
pub use message::Message;
pub use smtp::SendError;
