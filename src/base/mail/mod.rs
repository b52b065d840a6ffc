//! Composes emails and sends them over SMTP, or writes them to files or memory.

mod folder;
mod mailer;
mod message;
pub mod smtp;

pub use folder::MailFolder;
pub use mailer::{Mailer, MemoryMailer, SentEmail};
pub use message::Message;
pub use smtp::SendError;
