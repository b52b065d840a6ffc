//! Tells the cache in front of the server, a CDN or Varnish, what to purge: the keys of every event that readers see, at once
//! and again a moment later, because a replica that is behind may have filled the cache with an old response meanwhile.
//!
//! One server of several does it. It reads the log of events from a stored position, which moves on only when everything
//! before has been purged twice: if the server dies, another repeats some purges and leaves none out.

mod batch;
mod provider;
mod purger;
pub mod store;

pub use purger::{Purger, run_until};
