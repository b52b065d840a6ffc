//! Users: an email address, a name, a role and the hash of a password.

pub mod routes;
pub mod store;

pub use crate::base::mail::EmailAddress;
