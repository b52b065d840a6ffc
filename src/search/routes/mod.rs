//! The search endpoint.

pub mod search;

crate::operations! {
    get    "/v1/search" => search::search_articles;
}
