//! Jobs over HTTP.

pub mod job;
pub mod jobs;
pub mod retry;

crate::operations! {
    get    "/v1/jobs"            => jobs::list_jobs;
    get    "/v1/jobs/{id}"       => job::get_job;
    post   "/v1/jobs/{id}/retry" => retry::retry_job;
}
