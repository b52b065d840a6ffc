//! What has changed for readers, for static sites and caches that follow: the event log with all but the newest word on
//! each article left out, so that a reader from the beginning reads every article once.

pub mod routes;
pub mod store;
