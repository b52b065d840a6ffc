//! Sessions over HTTP.

pub mod sessions;

crate::operations! {
    "accounts": "Sessions and the current user.";

    post   "/v1/auth/sessions" => sessions::create_session;
}
