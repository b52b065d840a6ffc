//! Schedules over HTTP.

pub mod schedule;
pub mod scheduled_actions;

crate::operations! {
    get    "/v1/schedule"                    => scheduled_actions::list_scheduled_actions;
    get    "/v1/articles/{article}/schedule" => schedule::get_schedule;
    put    "/v1/articles/{article}/schedule" => schedule::schedule_article;
    delete "/v1/articles/{article}/schedule" => schedule::delete_schedule;
}
