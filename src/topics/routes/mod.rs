//! Topics over HTTP.

pub mod topics;

crate::operations! {
    get    "/v1/topics"               => topics::list_topics;
    post   "/v1/topics"               => topics::create_topic;
    get    "/v1/topics/{topic}"       => topics::get_topic;
    patch  "/v1/topics/{topic}"       => topics::update_topic;
    delete "/v1/topics/{topic}"       => topics::delete_topic;
    post   "/v1/topics/{topic}/merge" => topics::merge_topic;
}
