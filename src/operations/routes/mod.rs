//! Jobs over HTTP.

pub mod jobs;

crate::operations! {
    get    "/v1/jobs"            => jobs::list_jobs;
    get    "/v1/jobs/{id}"       => jobs::get_job;
    post   "/v1/jobs/{id}/retry" => jobs::retry_job;
}
