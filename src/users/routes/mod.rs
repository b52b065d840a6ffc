//! Users over HTTP.

pub mod me;

crate::operations! {
    get    "/v1/me" => me::get_me;
    patch  "/v1/me" => me::update_me;
}
