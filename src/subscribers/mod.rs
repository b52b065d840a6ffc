//! Those who receive mail, by their own consent. `consent.rs` says who may be asked and what an answer changes; `evidence.rs`
//! keeps what was shown and done, and `suppressions.rs` who is sent nothing. People join by `joining.rs` and `form_page.rs`,
//! confirm and leave by `pages.rs`, and choose by `preferences.rs`; `letters.rs` writes to them. `routes.rs`, `keeping.rs`,
//! `stats.rs`, `export.rs` and `import` are the list as those see it who keep it.
//!
//! Three rules hold throughout. What a stranger can send gives nothing away: every sign-up takes the same way and gets the
//! same answer. Nothing changes on `GET`. And an address stands in the subscriber's row and nowhere else, so that
//! erasing the row erases the person; what stays is a keyed hash that only tells whether an address is the same.

pub mod consent;
pub mod evidence;
pub mod import;
mod languages;
pub mod letters;
pub mod list;
pub mod mails;
mod profile;
pub mod questions;
pub mod routes;
pub mod stamps;
pub mod store;
pub mod suppressions;
mod tokens;

pub use consent::Status;

pub use profile::{Custom, Label, Labels, Line, Source};
pub use tokens::{ConfirmToken, Grant};

use crate::base::mail::EmailAddress;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use evidence::Evidence;

/// What someone says who wants to receive mail.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// Where to.
    pub email: EmailAddress,
    /// What they are called.
    pub name: Option<Line>,
    /// The language they read; the site's, if they do not say.
    pub locale: Locale,
    /// The topics they chose; those that cannot be followed are left out.
    pub topics: Vec<Slug>,
    /// What is kept as evidence: where and how they signed up.
    pub evidence: Evidence,
}
