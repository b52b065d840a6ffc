//! The endpoints of changes.

pub mod changes;
pub mod stream;

crate::operations! {
    get    "/v1/changes"        => changes::list_changes, public;
    get    "/v1/changes/stream" => stream::stream_changes, open;
}
