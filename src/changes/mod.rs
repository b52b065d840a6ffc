//! Lets static sites and caches follow changes that readers see: the event log reduced to the newest change of each
//! article, topic and author, and of the site, so that a client that starts at the beginning reads each once. Who stays
//! connected is told by a stream.

mod filter;
mod frame;
pub mod item;
pub mod live;
mod ring;
pub mod routes;
pub mod store;
mod stream;
