//! The endpoint of a CDN, as its documentation describes it: what it is sent, and what it refuses.

use std::collections::VecDeque;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

use lede::base::clock::{Clock, Timestamp};
use serde_json::Value;
use tokio::sync::watch;

use crate::given::seconds;

/// Whose endpoint it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Fastly,
    Cloudflare,
    Http,
}

/// A request that was accepted.
#[derive(Debug, Clone)]
pub struct Purge {
    pub at: Timestamp,
    pub keys: Vec<String>,
}

/// An endpoint for one test.
pub struct Cdn {
    pub url: String,
    kind: Kind,
    seen: Arc<Mutex<Seen>>,
    /// Changes with each request.
    requests: watch::Sender<()>,
}

#[derive(Default)]
struct Seen {
    purges: Vec<Purge>,
    /// What was refused, by its status.
    refused: Vec<u16>,
    /// How many of the next requests fail.
    failing: usize,
    /// When the last ones came, for limits.
    times: VecDeque<Timestamp>,
}

pub const TOKEN: &str = "a-token-of-the-cdn";

impl Cdn {
    pub fn start(kind: Kind, clock: &Clock) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let path = match kind {
            Kind::Fastly => "/service/SU1Z0isxPaozGVKXdv0eY/purge",
            Kind::Cloudflare => "/client/v4/zones/023e105f4ecef8ad9ca31a8372d0c353/purge_cache",
            Kind::Http => "/",
        };
        let url = format!("http://{}{path}", listener.local_addr().expect("an address"));
        let (seen, clock, requests) =
            (Arc::<Mutex<Seen>>::default(), clock.clone(), watch::Sender::default());
        let (kept, counted) = (seen.clone(), requests.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (kept, clock, counted) = (kept.clone(), clock.clone(), counted.clone());
                std::thread::spawn(move || answer_all(&stream, kind, path, &clock, &kept, &counted));
            }
        });
        Self { url, kind, seen, requests }
    }

    pub fn name(&self) -> &'static str {
        match self.kind {
            Kind::Fastly => "fastly",
            Kind::Cloudflare => "cloudflare",
            Kind::Http => "http",
        }
    }

    /// Lets the next requests fail.
    pub fn fail(&self, count: usize) {
        self.seen.lock().expect("a lock").failing = count;
    }

    pub fn purges(&self) -> Vec<Purge> {
        self.seen.lock().expect("a lock").purges.clone()
    }

    /// Waits until the requests that were accepted are what a test waits for.
    pub async fn until(&self, is_enough: impl Fn(&[Purge]) -> bool) {
        let mut requests = self.requests.subscribe();
        let waiting = async {
            while !is_enough(&self.purges()) {
                requests.changed().await.expect("an endpoint");
            }
        };
        let patience = tokio::time::timeout(seconds(60), waiting).await;
        assert!(patience.is_ok(), "not enough: {:?}", self.purges());
    }

    pub fn refused(&self) -> Vec<u16> {
        self.seen.lock().expect("a lock").refused.clone()
    }

    /// The keys of all requests so far, each as often as it was purged; and forgets them.
    pub fn take(&self) -> Vec<Purge> {
        std::mem::take(&mut self.seen.lock().expect("a lock").purges)
    }
}

fn answer_all(
    stream: &TcpStream,
    kind: Kind,
    path: &str,
    clock: &Clock,
    seen: &Mutex<Seen>,
    requests: &watch::Sender<()>,
) -> Option<()> {
    let mut reader = BufReader::new(stream);
    loop {
        let (mut head, mut line) = (Vec::new(), String::new());
        while reader.read_line(&mut line).ok()? > 2 {
            head.push(std::mem::take(&mut line));
        }
        let header = |name: &str| {
            let found = head.iter().filter_map(|line| line.split_once(':'));
            let mut found =
                found.filter(|(key, _)| key.eq_ignore_ascii_case(name)).map(|(_, value)| value.trim());
            found.next_back().map(str::to_owned)
        };
        let mut body = vec![0; header("content-length")?.parse().ok()?];
        reader.read_exact(&mut body).ok()?;
        let is_post = head.first()?.starts_with(&format!("POST {path} HTTP/1.1"));
        let body: Value = serde_json::from_slice(&body).unwrap_or_default();
        let status =
            if is_post { judge(kind, &header, &body, clock, &mut seen.lock().expect("a lock")) } else { 404 };
        requests.send_replace(());
        let retry = if status == 429 { "retry-after: 3\r\n" } else { "" };
        let text = format!("HTTP/1.1 {status} Told\r\ncontent-length: 2\r\n{retry}\r\n{{}}");
        let mut stream = stream;
        stream.write_all(text.as_bytes()).ok()?;
    }
}

fn judge(
    kind: Kind,
    header: &dyn Fn(&str) -> Option<String>,
    body: &Value,
    clock: &Clock,
    seen: &mut Seen,
) -> u16 {
    let (token, keys, max) = match kind {
        Kind::Fastly => (header("fastly-key"), &body["surrogate_keys"], 256),
        Kind::Cloudflare => (header("authorization"), &body["tags"], 100),
        Kind::Http => (header("authorization"), &body["keys"], 100),
    };
    let wanted = if kind == Kind::Fastly { TOKEN.to_owned() } else { format!("Bearer {TOKEN}") };
    let keys: Vec<String> =
        keys.as_array().into_iter().flatten().filter_map(|key| Some(key.as_str()?.to_owned())).collect();
    let now = clock.now();
    while seen.times.front().is_some_and(|at| at.plus(seconds(60)) <= now) {
        seen.times.pop_front();
    }
    let is_json = header("content-type").is_some_and(|media| media == "application/json");
    let status = if token != Some(wanted) {
        401
    } else if keys.is_empty() || keys.len() > max || !is_json {
        400
    } else if kind == Kind::Cloudflare && seen.times.len() >= 5 {
        429
    } else if seen.failing > 0 {
        seen.failing -= 1;
        503
    } else {
        200
    };
    if kind == Kind::Http {
        assert_eq!(header("surrogate-key"), Some(keys.join(" ")), "Varnish reads the header");
    }
    seen.times.push_back(now);
    match status {
        200 => seen.purges.push(Purge { at: now, keys }),
        _ => seen.refused.push(status),
    }
    status
}
