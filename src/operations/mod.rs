//! Background jobs as a resource: operators list the ones that wait, run or are dead, and retry dead ones.

pub mod routes;
pub mod store;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// The status of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum JobStatus {
    /// It runs when it is due.
    Waiting,
    /// A worker is running it.
    Running,
    /// It failed too often or gave up, and runs again only if it is retried.
    Dead,
}

/// Filters for a list of jobs.
#[derive(Debug, Clone, Default, PartialEq, Eq, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct JobFilter {
    /// Returns only jobs with this status.
    #[param(inline, nullable = false)]
    pub status: Option<JobStatus>,
    /// Returns only jobs of this kind.
    #[param(
        nullable = false,
        pattern = "^[a-z-]+$",
        min_length = 1,
        max_length = 60,
        example = "send-email"
    )]
    pub kind: Option<String>,
}
