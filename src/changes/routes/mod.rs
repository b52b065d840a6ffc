//! The endpoint of changes.

pub mod changes;

crate::operations! {
    get    "/v1/changes" => changes::list_changes, public;
}
