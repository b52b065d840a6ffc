//! Redirects over HTTP.

pub mod redirects;

crate::operations! {
    get    "/v1/redirects"          => redirects::list_redirects;
    delete "/v1/redirects"          => redirects::remove_redirect;
    get    "/v1/redirects/{format}" => redirects::get_redirect_rules;
}
