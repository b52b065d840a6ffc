//! Sessions as those who log in hold them: the body of the response, with both tokens.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::given::{self, PASSWORD};
use crate::server::Server;

pub const SESSIONS: &str = "/v1/auth/sessions";
pub const REFRESH: &str = "/v1/auth/refresh";

/// Starts a session of the user `name@lede.example`, who is made as an editor if need be.
pub async fn log_in(server: &Server, name: &str) -> Value {
    given::user(server, name, Role::Editor).await;
    let body = json!({"email": format!("{name}@lede.example"), "password": PASSWORD});
    server.client().post(SESSIONS).json(body).await.expect(201)
}

pub fn text<'a>(session: &'a Value, member: &str) -> &'a str {
    session[member].as_str().expect("a text")
}

pub async fn refresh(client: &Client, token: &str) -> Response {
    client.post(REFRESH).json(json!({"refresh_token": token})).await
}

/// A client with the access token of a session.
pub fn with_token(server: &Server, session: &Value) -> Client {
    server.client().with_token(text(session, "access_token"))
}
