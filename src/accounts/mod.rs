//! How users authenticate. A session is one login on one device; it hands out short access tokens for as long as its refresh
//! token is exchanged, and ends at once when it is revoked.

pub mod attempts;
pub mod confirm;
mod cookie;
pub mod email_changes;
pub mod emails;
pub mod erasure;
mod forget_names;
mod hand_over;
pub mod invitations;
pub mod links;
mod login;
pub mod management;
mod new_devices;
pub mod passwords;
mod refresh;
pub mod resets;
pub mod routes;
pub mod second_factor;
pub mod sessions;
mod verify;

pub use forget_names::ForgetNames;
pub use hand_over::HandOver;
