//! Those who receive mail, by their own consent. `consent.rs` says who may be asked and what an answer changes, `pages.rs`
//! is what people see, `letters.rs` asks them by mail, and `routes.rs` is the list as editors see it.
//!
//! Three rules hold throughout. What a stranger can send gives nothing away: every sign-up takes the same way and gets the
//! same answer. Nothing changes on `GET`. And an address stands in the subscriber's row and nowhere else, so that
//! erasing the row erases the person.

pub mod consent;
mod languages;
pub mod letters;
pub mod list;
pub mod pages;
mod profile;
pub mod questions;
pub mod routes;
pub mod store;
mod tokens;

pub use consent::Status;
pub use profile::{Custom, Label, Labels, Line};
pub use tokens::{ConfirmToken, leave_token, read_leave_token};

use crate::mail::EmailAddress;
use crate::text::Locale;

crate::id! {
    /// Names a subscriber.
    SubscriberId
}

crate::id! {
    /// Names one time that someone was asked to confirm.
    ConfirmationId
}

/// What someone says who wants to receive mail.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// Where to.
    pub email: EmailAddress,
    /// What they are called.
    pub name: Option<Line>,
    /// The language they read; the site's, if they do not say.
    pub locale: Locale,
    /// Where they signed up, as in `footer`.
    pub source: Option<Line>,
}
