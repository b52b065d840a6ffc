//! Lets static sites and caches follow changes that readers see: the event log reduced to the newest change of each
//! article, topic and author, and of the site, so that a client that starts at the beginning reads each once.

pub mod routes;
pub mod store;
