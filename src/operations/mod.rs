//! Background jobs as those who run the server see them: what waits, what has failed and why, and another try for it.

pub mod routes;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// How a job stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = JobStatus)]
pub enum Status {
    /// It is tried when its time has come.
    Waiting,
    /// A worker does it just now.
    Running,
    /// It has failed so often that it is not tried any more.
    Dead,
}
