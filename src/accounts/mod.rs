//! How users authenticate. A session is one login on one device; it hands out short access tokens for as long as its refresh
//! token is exchanged, and ends at once when it is revoked.

pub mod attempts;
pub mod confirm;
mod cookie;
mod login;
mod refresh;
pub mod routes;
pub mod second_factor;
pub mod sessions;
mod verify;
