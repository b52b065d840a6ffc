//! Changes to many articles over HTTP.

pub mod bulk;
pub mod filter;

crate::operations! {
    post "/v1/drafts/bulk" => bulk::change_drafts;
}
