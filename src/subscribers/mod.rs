//! People who receive mail, by their own consent. `consent.rs` is the state machine; `signup.rs`, `confirmations.rs`,
//! `unsubscribe.rs` and `erasure.rs` are its transitions, each recorded by `evidence.rs`. `suppressions.rs` keeps who
//! is sent nothing, and `import` adds lists from elsewhere.
//!
//! Three rules hold throughout. Responses to strangers do not reveal whether an address is known: every sign-up takes
//! the same path and gets the same response. Nothing changes on `GET`. And an address is stored in the subscriber's
//! row, encrypted in waiting emails, in the file of an import until it is finished, and in emails that are written to
//! `LEDE_MAIL_DIR`. A suppression stores only a keyed hash, which tells whether an address is the same.

pub mod confirmations;
pub mod consent;
mod emails;
pub mod erasure;
pub mod evidence;
pub mod import;
mod links;
pub mod list;
mod profile;
pub mod routes;
mod signup;
pub mod stats;
pub mod store;
pub mod suppressions;
mod tokens;
pub mod topics;
pub mod unsubscribe;

pub use confirmations::RequestConfirmation;
pub use consent::Status;
pub use links::Links;
pub use profile::{Custom, Label, Labels, Line, Source};
pub use signup::{SignUp, sign_up};
pub use tokens::{ConfirmToken, LinkScope};
