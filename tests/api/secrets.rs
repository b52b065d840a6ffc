//! Secrets stay where they belong: after every test, those that went through its server are looked for in log lines,
//! responses, metrics, events and refusals.

use std::collections::BTreeSet;

use diesel::prelude::*;
use lede::base::db::schema::{events, refusals};
use lede::base::db::types::Json;
use lede::base::db::{Connection, connection};
use serde_json::Value;

use crate::client::Exchange;
use crate::given::PASSWORD;
use crate::log;
use crate::server::Server;

/// The members of requests and responses that hold secrets.
const MEMBERS: &[&str] = &[
    "access_token",
    "code",
    "current_password",
    "key",
    "new_password",
    "otpauth_url",
    "password",
    "recovery_codes",
    "refresh_token",
    "secret",
    "token",
];
/// The paths whose requests have such members; elsewhere they may be anybody's words.
const ACCOUNTS: &[&str] = &["/account/", "/v1/api-keys", "/v1/auth/", "/v1/me"];
/// Shorter texts are words that occur anyway.
const MIN_LENGTH: usize = 20;
/// The characters of 256 random bits in base64url: refresh tokens, and the tokens of links.
const RANDOM: usize = 43;

/// Fails if a secret of this server is where it does not belong.
pub fn check(server: &Server) {
    let leaks = log::leaks();
    assert!(leaks.is_empty(), "secrets are logged: {leaks:#?}");
    let exchanges = server.exchanges.lock().expect("a lock");
    let mut secrets = BTreeSet::new();
    let mut shown = vec![("the metrics".to_owned(), server.app.metrics.text())];
    // The document has examples of secrets.
    for exchange in exchanges.iter().filter(|exchange| !exchange.path.starts_with("/openapi")) {
        take(&mut sent(exchange), &mut secrets);
        take(&mut received(exchange), &mut secrets);
        shown.push((
            format!("the response of {} {}", exchange.method, exchange.path),
            without_secrets(exchange),
        ));
    }
    // Some tests take the database away.
    if let Ok(mut conn) = connection::open(&server.database().url) {
        shown.extend(rows(&mut conn));
    }
    for (place, text) in shown {
        let found = secrets.iter().find(|secret| text.contains(secret.as_str()));
        assert!(found.is_none(), "{place} has a secret: {text}");
    }
}

/// What a response shows besides the members that hold secrets.
fn without_secrets(exchange: &Exchange) -> String {
    let headers = exchange.headers.iter().filter(|(name, _)| *name != "set-cookie");
    let text =
        headers.fold(String::new(), |text, (_, value)| text + &String::from_utf8_lossy(value.as_bytes()));
    let mut body = received(exchange);
    take(&mut body, &mut BTreeSet::new());
    text + &body.to_string()
}

/// The body of a request about accounts: of JSON or a form.
fn sent(exchange: &Exchange) -> Value {
    if !ACCOUNTS.iter().any(|start| exchange.path.starts_with(start)) {
        return Value::Null;
    }
    serde_json::from_slice(&exchange.request_body).unwrap_or_else(|_| {
        let pairs = url::form_urlencoded::parse(&exchange.request_body);
        Value::Object(pairs.map(|(name, value)| (name.into_owned(), value.into())).collect())
    })
}

/// The body of a response. The `code` of a problem is no secret.
fn received(exchange: &Exchange) -> Value {
    let text = || String::from_utf8_lossy(&exchange.body).into();
    let mut body: Value = serde_json::from_slice(&exchange.body).unwrap_or_else(|_| text());
    if exchange.status >= 400
        && let Some(problem) = body.as_object_mut()
    {
        problem.remove("code");
        problem.remove("errors");
    }
    body
}

/// Takes the secrets out of JSON.
fn take(value: &mut Value, secrets: &mut BTreeSet<String>) {
    match value {
        Value::Object(members) => {
            // A preview link is shown with the URL that has its token.
            let has_token = members.contains_key("token");
            for (name, value) in members {
                if MEMBERS.contains(&name.as_str()) || has_token && name == "url" {
                    strings(&value.take(), secrets);
                } else {
                    take(value, secrets);
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(|item| take(item, secrets)),
        _ => {}
    }
}

fn strings(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        // Data of events names API keys by their ids, and some tests send the same wrong value everywhere.
        Value::String(text)
            if text.len() >= MIN_LENGTH && uuid::Uuid::parse_str(text).is_err() && is_varied(text) =>
        {
            found.insert(text.clone());
        }
        Value::Array(items) => items.iter().for_each(|item| strings(item, found)),
        _ => {}
    }
}

/// Whether a text has as many different characters as a password has to have.
fn is_varied(text: &str) -> bool {
    text.chars().collect::<BTreeSet<_>>().len() >= 5
}

/// What the tables that admins read hold.
fn rows(conn: &mut Connection) -> Vec<(String, String)> {
    let data: Vec<Json<Value>> = events::table.select(events::data).load(conn).unwrap_or_default();
    let operations: Vec<String> = refusals::table.select(refusals::operation).load(conn).unwrap_or_default();
    let events = data.iter().map(|data| ("an event".to_owned(), format!("{data:?}")));
    let refusals = operations.into_iter().map(|operation| ("a refusal".to_owned(), operation));
    events.chain(refusals).collect()
}

/// Whether a line has the usual password of tests, an access token, an API key or as much as 256 random bits in it.
pub fn looks_secret(line: &str) -> bool {
    let is_of_token = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    let is_secret = |word: &str| {
        word.starts_with("eyJ") || (word.starts_with("lede_") && word.len() > RANDOM) || word.len() == RANDOM
    };
    line.contains(PASSWORD) || line.split(|c| !is_of_token(c)).any(is_secret)
}

#[test]
fn secrets_are_told_from_other_words() {
    for secret in [
        "the password is correct horse battery staple",
        "token=eyJhbGciOiJFZERTQSJ9.eyJzdWIiOiIxIn0.c2ln",
        "'lede_4djtEMtO_BaQ0gZM2QrLzRYg6CsZWcrbykYBgaxudqxL7bYxFcCw0AVumh'",
        "/account/password/BaQ0gZM2QrLzRYg6CsZWcrbykYBgaxudqxL7bYxFcCw:",
    ] {
        assert!(looks_secret(secret), "{secret}");
    }
    for line in [
        "GET /v1/me 01a22b7d-190e-7ecc-a357-35314506f070: invalid-token",
        "lede_http_requests_total",
        "lede_4djtEMtO",
    ] {
        assert!(!looks_secret(line), "{line}");
    }
}
