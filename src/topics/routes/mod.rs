//! Topics over HTTP.

mod json;
pub mod merge;
pub mod topic;
pub mod topics;

crate::operations! {
    "topics": "The topics that articles are about.";

    get    "/v1/topics"               => topics::list_topics, public;
    post   "/v1/topics"               => topics::create_topic;
    get    "/v1/topics/{topic}"       => topic::get_topic, public;
    patch  "/v1/topics/{topic}"       => topic::update_topic;
    delete "/v1/topics/{topic}"       => topic::delete_topic;
    post   "/v1/topics/{topic}/merge" => merge::merge_topic;
}
