//! The response of a test's server, and what tests ask of it.
#![allow(dead_code, reason = "more is offered than today's tests take")]

use serde_json::Value;

use crate::client::Exchange;

/// An answer that keeps to the document.
#[derive(Debug, Clone)]
pub struct Response {
    pub exchange: Exchange,
}

impl Response {
    pub fn status(&self) -> u16 {
        self.exchange.status
    }

    /// The value of a header, which comes at most once.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.exchange.headers.get(name).map(|value| value.to_str().expect("a header in ASCII"))
    }

    /// The `ETag`, quotes and all.
    pub fn etag(&self) -> &str {
        self.header("etag").expect("the answer has an ETag")
    }

    /// The version that the `ETag` of a draft names.
    pub fn version(&self) -> i64 {
        self.etag().trim_matches('"').parse().expect("the ETag is a version")
    }

    /// Where the new thing is.
    pub fn location(&self) -> &str {
        self.header("location").expect("the answer has a Location")
    }

    pub fn text(&self) -> &str {
        std::str::from_utf8(&self.exchange.body).expect("UTF-8")
    }

    /// The body; null if there is none.
    pub fn json(&self) -> Value {
        if self.exchange.body.is_empty() {
            return Value::Null;
        }
        serde_json::from_slice(&self.exchange.body).unwrap_or_else(|e| panic!("{e}: {}", self.text()))
    }

    /// The body of an answer of that status, which is the only right one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        self.is(status);
        self.json()
    }

    /// Insists on a status.
    #[track_caller]
    pub fn is(&self, status: u16) -> &Self {
        let Exchange { method, path, body, .. } = &self.exchange;
        assert_eq!(self.status(), status, "{method} {path}: {}", String::from_utf8_lossy(body));
        self
    }

    /// Insists on a problem of that status and code, and returns it.
    #[track_caller]
    pub fn problem(&self, status: u16, code: &str) -> Value {
        let problem = self.expect(status);
        assert_eq!(problem["code"], code, "{problem:#}");
        problem
    }

    /// The broken rules that a problem names, as `place code`, where a place is a pointer or a parameter.
    #[track_caller]
    pub fn violations(&self) -> Vec<String> {
        let problem = self.json();
        let place =
            |error: &Value| error.get("pointer").or(error.get("parameter")).cloned().unwrap_or_default();
        problem["errors"]
            .as_array()
            .unwrap_or_else(|| panic!("no errors in {problem:#}"))
            .iter()
            .map(|error| {
                format!(
                    "{} {}",
                    place(error).as_str().unwrap_or_default(),
                    error["code"].as_str().unwrap_or_default()
                )
            })
            .collect()
    }
}
