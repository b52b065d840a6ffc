//! Rules and pure functions, tried directly: no server, no database. A file here tests the file of `src/` at the same
//! place.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::case_sensitive_file_extension_comparisons, reason = "the names are ours")]

mod accounts;
mod articles;
mod base;
mod breaking;
mod cli;
mod redirects;
mod search;
mod subscribers;
mod terms;
mod users;
mod version_3_0;
