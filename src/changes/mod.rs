//! Lets static sites and caches follow changes that readers see: the event log reduced to the newest change of each
//! article, so that a client that starts at the beginning reads every article once.

pub mod routes;
pub mod store;
