//! Requests that stay in memory, for tests that are about something else.

use std::sync::{Arc, Mutex, PoisonError};

use super::guard::Guard;
use super::{Answer, ChosenBy, Failure, Request};

/// Keeps requests, and answers each with the status 200.
#[derive(Debug, Clone, Default)]
pub struct Memory(Arc<Mutex<Vec<Sent>>>);

/// A request that was made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sent {
    /// Where it went.
    pub url: String,
    /// The headers.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Memory {
    /// All requests so far, oldest first.
    #[must_use]
    pub fn all(&self) -> Vec<Sent> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn send(&self, request: Request) -> Result<Answer, Failure> {
        if request.chosen_by == ChosenBy::User {
            Guard::default().check_url(&request.url).map_err(Failure::Refused)?;
        }
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let headers = request.headers.iter();
        let headers = headers.map(|(name, value)| (name.to_string(), text(value.as_bytes()))).collect();
        let sent = Sent { url: request.url.into(), headers, body: text(&request.body) };
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(sent);
        Ok(Answer { status: 200, retry_after: None, body: Vec::new() })
    }
}
