//! People who receive mail, by their own consent. `consent.rs` says who may be asked to confirm and what a response changes;
//! `evidence.rs` records what was shown and done, `suppressions.rs` who is sent nothing, `confirmations.rs` who was asked
//! to confirm. `import` moves lists in.
//!
//! Three rules hold throughout. What a stranger can send gives nothing away: every sign-up takes the same way and gets the
//! same response. Nothing changes on `GET`. And an address stands in the subscriber's row and nowhere else, so that
//! erasing the row erases the person; what stays is a keyed hash that only tells whether an address is the same.

pub mod confirmations;
pub mod consent;
pub mod delivery;
pub mod evidence;
pub mod form_tokens;
pub mod import;
mod languages;
pub mod list;
pub mod outbox;
mod profile;
pub mod routes;
pub mod stats;
pub mod store;
pub mod suppressions;
mod tokens;
pub mod topics;

pub use consent::Status;

pub use profile::{Custom, Label, Labels, Line, Source};
pub use tokens::{ConfirmToken, Grant};

use serde::{Deserialize, Serialize};

use crate::base::ids::SubscriberId;
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::base::text::slug::Slug;
use evidence::Evidence;

/// The job that decides whether someone who signed up is asked to confirm.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestConfirmation {
    /// Who signed up.
    pub subscriber: SubscriberId,
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
    /// The topics they chose; those that cannot be followed are left out.
    pub topics: Vec<Slug>,
    /// What is kept as evidence: where and how they signed up.
    pub evidence: Evidence,
}
