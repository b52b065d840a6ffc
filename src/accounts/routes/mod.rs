//! Sessions over HTTP.

pub mod sessions;

crate::operations! {
    post   "/v1/auth/sessions" => sessions::create_session;
}
