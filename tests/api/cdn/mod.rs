//! The cache in front of the server: which keys responses have, and what is told to purge.

mod fake;
mod keys;
mod killed;
mod purging;
mod varnish;
