//! Sessions and second factors over HTTP.

mod json;
pub mod jwks;
pub mod logout;
pub mod refresh;
pub mod session;
pub mod sessions;
pub mod totp;
pub mod user_totp;

crate::operations! {
    "accounts": "Sessions, second factors and the current user.";

    post   "/v1/auth/sessions"           => sessions::create_session;
    post   "/v1/auth/refresh"            => refresh::refresh_session;
    post   "/v1/auth/logout"             => logout::log_out;
    get    "/v1/auth/sessions"           => sessions::list_sessions;
    delete "/v1/auth/sessions/{session}" => session::delete_session;
    post   "/v1/me/totp"                 => totp::create_totp;
    post   "/v1/me/totp/confirm"         => totp::confirm_totp;
    post   "/v1/me/totp/disable"         => totp::disable_totp;
    post   "/v1/me/totp/recovery-codes"  => totp::create_recovery_codes;
    delete "/v1/users/{user}/totp"       => user_totp::delete_user_totp;
    get    "/.well-known/jwks.json"      => jwks::get_signing_keys;
}
