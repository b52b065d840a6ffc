//! A server of the executable, as its clients reach it.

use serde_json::{Value, json};

use crate::given::PASSWORD;

/// A server that runs, and a token of ada's for it.
pub struct Remote {
    pub http: reqwest::Client,
    pub address: String,
    pub token: String,
}

impl Remote {
    pub async fn login(address: &str) -> Self {
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let who = json!({"email": "ada@lede.example", "password": PASSWORD});
        let sessions =
            http.post(format!("{address}/v1/auth/sessions")).json(&who).send().await.expect("a response");
        let session: Value = sessions.json().await.expect("JSON");
        let token = session["access_token"].as_str().expect("a token").to_owned();
        Self { http, address: address.to_owned(), token }
    }
}
