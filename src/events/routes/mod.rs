//! `/v1/events`.

pub mod events;

crate::operations! {
    "webhooks": "What happened, as a list, and as requests to other servers.";

    get "/v1/events" => events::list_events;
}
