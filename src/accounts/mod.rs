//! How users authenticate. A session is one login on one device; it hands out short access tokens for as long as its refresh
//! token is exchanged, and ends at once when it is revoked.

pub mod attempts;
pub mod confirm;
mod cookie;
pub mod email_changes;
pub mod emails;
pub mod invitations;
pub mod links;
mod login;
mod new_devices;
pub mod passwords;
mod refresh;
pub mod resets;
pub mod routes;
pub mod sessions;
mod verify;
