//! The cache in front of the server: which keys responses have, and what is told to purge.

pub mod fake;
mod keys;
mod killed;
mod purging;
mod varnish;
