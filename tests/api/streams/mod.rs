//! The stream of changes: what it tells, where it continues, and what streams may take.

mod ending;
mod filters;
mod limits;
mod resuming;
mod telling;

use serde_json::Value;

use crate::following::Change;
use crate::server::Server;

pub const STREAM: &str = "/v1/changes/stream";

/// What comes between two blank lines.
#[derive(Debug, Default, Clone, PartialEq)]
pub struct Event {
    pub id: Option<String>,
    pub data: Option<String>,
    pub retry: Option<u64>,
    pub is_comment: bool,
}

impl Event {
    fn parse(text: &str) -> Self {
        let mut event = Self::default();
        for line in text.lines() {
            match line.split_once(':').expect("a field or a comment") {
                ("", _) => event.is_comment = true,
                ("id", id) => event.id = Some(id.trim().to_owned()),
                ("data", data) => event.data = Some(data.trim().to_owned()),
                ("retry", retry) => event.retry = Some(retry.trim().parse().expect("a number")),
                (other, _) => panic!("an unexpected field: {other}"),
            }
        }
        event
    }

    pub fn json(&self) -> Value {
        serde_json::from_str(self.data.as_deref().expect("data")).expect("JSON")
    }

    pub fn change(&self) -> Change {
        serde_json::from_str(self.data.as_deref().expect("data")).expect("a change")
    }
}

/// A client that reads a stream.
pub struct Stream {
    response: reqwest::Response,
    text: String,
    /// The id of the last event, which it would continue after.
    pub last: String,
}

impl Stream {
    /// Opens a stream with a query, after an event if one is named.
    pub async fn open(server: &Server, query: &str, last: Option<&str>) -> Self {
        let headers: &[(&str, &str)] = &last.map_or(Vec::new(), |last| vec![("last-event-id", last)]);
        let response = ask(server.address(), query, headers).await;
        assert_eq!(response.status(), 200, "{}", response.text().await.unwrap_or_default());
        Self::of(response).await
    }

    /// Reads a response. Its beginning says how to come back.
    pub async fn of(response: reqwest::Response) -> Self {
        let mut stream = Self { response, text: String::new(), last: String::new() };
        let beginning = stream.next().await.expect("a beginning");
        assert!((1500..=2500).contains(&beginning.retry.expect("when to come back")), "{beginning:?}");
        assert!(beginning.id.is_some() && beginning.data.is_none(), "{beginning:?}");
        stream
    }

    /// The next event or comment; `None` at the end.
    pub async fn next(&mut self) -> Option<Event> {
        loop {
            if let Some((event, rest)) = self.text.split_once("\n\n") {
                let (event, rest) = (Event::parse(event), rest.len());
                self.text.drain(..self.text.len() - rest);
                if let Some(id) = &event.id {
                    self.last.clone_from(id);
                }
                return Some(event);
            }
            let chunk = self.response.chunk().await.expect("no reset")?;
            self.text += std::str::from_utf8(&chunk).expect("whole characters");
        }
    }

    /// The next event.
    pub async fn event(&mut self) -> Event {
        loop {
            let event = self.next().await.expect("the stream goes on");
            if event.data.is_some() {
                return event;
            }
        }
    }

    /// The next events, as what changed and which subject.
    pub async fn told(&mut self, count: usize) -> Vec<(String, String)> {
        let mut told = Vec::new();
        for _ in 0..count {
            let Change { what, id, .. } = self.event().await.change();
            told.push((what, id.unwrap_or_default()));
        }
        told
    }

    /// The next comment, which comes when nothing else has for a while.
    pub async fn comment(&mut self, server: &Server) -> Event {
        loop {
            let waiting = std::pin::pin!(self.next());
            tokio::select! {
                event = waiting => return event.expect("the stream goes on"),
                () = server.answer_others() => server.clock.advance(crate::given::seconds(1)),
            }
        }
    }
}

pub async fn ask(address: &str, query: &str, headers: &[(&str, &str)]) -> reqwest::Response {
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    let mut ask = http.get(format!("{address}{STREAM}{query}"));
    for (name, value) in headers {
        ask = ask.header(*name, *value);
    }
    ask.send().await.expect("a response")
}
