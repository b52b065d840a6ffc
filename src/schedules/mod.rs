//! Schedules: what is to happen to articles later. A schedule names a revision, which is published at its moment whatever is
//! edited meanwhile, a moment at which the article is unpublished, or both. `articles::schedule` keeps them as rows;
//! [`scheduler`] does what is due.

mod act;
mod emails;
mod failure;
pub mod list;
pub mod plan;
pub mod routes;
pub mod scheduler;
mod store;
pub mod write;

pub use plan::Plan;
