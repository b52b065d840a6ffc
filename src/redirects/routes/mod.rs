//! The endpoints of redirects.

pub mod redirects;
pub mod rules;

crate::operations! {
    get    "/v1/redirects"          => redirects::list_redirects, public;
    post   "/v1/redirects"          => redirects::create_redirect;
    delete "/v1/redirects"          => redirects::delete_redirect;
    get    "/v1/redirects/{format}" => rules::get_redirect_rules, public;
}
