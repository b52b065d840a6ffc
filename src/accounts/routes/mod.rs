//! Sessions over HTTP.

mod json;
pub mod jwks;
pub mod logout;
pub mod refresh;
pub mod session;
pub mod sessions;

crate::operations! {
    "accounts": "Sessions and the current user.";

    post   "/v1/auth/sessions"           => sessions::create_session;
    post   "/v1/auth/refresh"            => refresh::refresh_session;
    post   "/v1/auth/logout"             => logout::log_out;
    get    "/v1/auth/sessions"           => sessions::list_sessions;
    delete "/v1/auth/sessions/{session}" => session::delete_session;
    get    "/.well-known/jwks.json"      => jwks::get_signing_keys;
}
