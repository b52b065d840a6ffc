//! The search endpoint.

pub mod search;

crate::operations! {
    "search": "Full-text search over published articles and their sections.";

    get    "/v1/search" => search::search_articles, public;
}
