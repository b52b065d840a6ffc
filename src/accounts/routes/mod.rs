//! Sessions and second factors over HTTP.

pub mod email_page;
mod json;
pub mod jwks;
pub mod logout;
mod pages;
pub mod password_page;
pub mod password_request_page;
pub mod password_resets;
pub mod passwords;
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
    post   "/v1/auth/password-resets"    => password_resets::create_password_reset;
    post   "/v1/auth/passwords"          => passwords::set_password;
    post   "/v1/me/password"             => passwords::change_password;
    post   "/v1/me/totp"                 => totp::create_totp;
    post   "/v1/me/totp/confirm"         => totp::confirm_totp;
    post   "/v1/me/totp/disable"         => totp::disable_totp;
    post   "/v1/me/totp/recovery-codes"  => totp::create_recovery_codes;
    delete "/v1/users/{user}/totp"       => user_totp::delete_user_totp;
    get    "/account/password"           => password_request_page::get_password_request_page;
    post   "/account/password"           => password_request_page::submit_password_request_page;
    get    "/account/password/{token}"   => password_page::get_password_page;
    post   "/account/password/{token}"   => password_page::submit_password_page;
    get    "/account/email/{token}"      => email_page::get_email_page;
    post   "/account/email/{token}"      => email_page::submit_email_page;
    get    "/.well-known/jwks.json"      => jwks::get_signing_keys, public;
}
