//! API keys over HTTP.

mod json;
pub mod key;
pub mod keys;
pub mod rotate;

crate::operations! {
    "api-keys": "API keys: credentials of programs, limited to scopes.";

    get    "/v1/api-keys"              => keys::list_api_keys;
    post   "/v1/api-keys"              => keys::create_api_key;
    get    "/v1/api-keys/{id}"        => key::get_api_key;
    patch  "/v1/api-keys/{id}"        => key::update_api_key;
    delete "/v1/api-keys/{id}"        => key::delete_api_key;
    post   "/v1/api-keys/{id}/rotate" => rotate::rotate_api_key;
}
