//! Users over HTTP.

pub mod invitation;
mod json;
pub mod me;
pub mod sessions;
pub mod user;
pub mod users;

crate::operations! {
    "users": "Those who can log in: inviting, changing and deleting them.";

    get    "/v1/me"                      => me::get_me;
    patch  "/v1/me"                      => me::update_me;
    get    "/v1/users"                   => users::list_users;
    post   "/v1/users"                   => users::create_user;
    get    "/v1/users/{user}"            => user::get_user;
    patch  "/v1/users/{user}"            => user::update_user;
    delete "/v1/users/{user}"            => user::delete_user;
    post   "/v1/users/{user}/invitation" => invitation::send_invitation;
    delete "/v1/users/{user}/sessions"   => sessions::delete_user_sessions;
}
