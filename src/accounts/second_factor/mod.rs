//! Second factors: one-time codes from an authenticator app, and recovery codes for when it is lost. A user has at most one app
//! that is active, and one that is being set up and then takes its place.

mod codes;
pub mod store;
mod totp;

pub use codes::{Code, RecoveryCode};
pub use totp::Secret;
