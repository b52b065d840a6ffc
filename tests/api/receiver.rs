//! A real receiver of webhooks for tests: what it is sent over a socket, and what it answers.
#![allow(dead_code, reason = "more is offered than today's tests take")]

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use serde_json::Value;

/// A request that arrived.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Received {
    pub method: String,
    pub path: String,
    /// By names in lower case.
    pub headers: HashMap<String, String>,
    pub body: String,
}

/// What the receiver does with a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// Answers with a status, headers and a body.
    With(u16, Vec<(&'static str, String)>, String),
    /// Closes the connection without an answer.
    HangUp,
    /// Never answers, until [`Receiver::let_go`].
    Silence,
}

impl Reply {
    pub fn status(status: u16) -> Self {
        Self::With(status, Vec::new(), String::new())
    }
}

type Answering = dyn Fn(usize, &Received) -> Reply + Send + Sync;

/// A receiver for one test. It keeps what it accepted, and everything that arrived.
#[derive(Clone)]
pub struct Receiver {
    pub address: SocketAddr,
    arrived: Arc<Mutex<Vec<(Received, Reply)>>>,
    silent: Arc<(Mutex<bool>, Condvar)>,
}

impl Received {
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|e| panic!("{e}: {}", self.body))
    }

    pub fn header(&self, name: &str) -> &str {
        self.headers.get(name).unwrap_or_else(|| panic!("no {name} in {:?}", self.headers))
    }

    /// The id of the event.
    pub fn id(&self) -> &str {
        self.header("webhook-id")
    }

    /// Whether one of its signatures is made with that secret, as Standard Webhooks has it.
    pub fn is_signed_with(&self, secret: &str) -> bool {
        let key = BASE64_STANDARD.decode(secret.strip_prefix("whsec_").expect("a secret")).expect("base64");
        let content = format!("{}.{}.{}", self.id(), self.header("webhook-timestamp"), self.body);
        let signed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), content.as_bytes());
        let expected = format!("v1,{}", BASE64_STANDARD.encode(signed));
        self.header("webhook-signature").split(' ').any(|signature| signature == expected)
    }
}

impl Receiver {
    /// A receiver that accepts everything.
    pub fn start() -> Self {
        Self::answering(|_, _| Reply::status(204))
    }

    /// A receiver that answers as `answer` says, which is told how many requests arrived before.
    pub fn answering(answer: impl Fn(usize, &Received) -> Reply + Send + Sync + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
        let receiver = Self {
            address: listener.local_addr().expect("an address"),
            arrived: Arc::default(),
            silent: Arc::new((Mutex::new(true), Condvar::new())),
        };
        let (answer, own): (Arc<Answering>, Self) = (Arc::new(answer), receiver.clone());
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (own, answer) = (own.clone(), answer.clone());
                std::thread::spawn(move || own.serve(&stream, &*answer));
            }
        });
        receiver
    }

    /// Its URL.
    pub fn url(&self) -> String {
        format!("http://{}/hook", self.address)
    }

    /// Every request that arrived.
    pub fn arrived(&self) -> Vec<Received> {
        self.arrived.lock().expect("a lock").iter().map(|(received, _)| received.clone()).collect()
    }

    /// Those that were accepted.
    pub fn accepted(&self) -> Vec<Received> {
        let is_good = |reply: &Reply| matches!(reply, Reply::With(200..300, ..));
        let arrived = self.arrived.lock().expect("a lock");
        arrived.iter().filter(|(_, reply)| is_good(reply)).map(|(received, _)| received.clone()).collect()
    }

    /// The types of the accepted ones.
    pub fn types(&self) -> Vec<String> {
        self.accepted().iter().map(|one| one.json()["type"].as_str().expect("a type").to_owned()).collect()
    }

    /// Ends every silence.
    pub fn let_go(&self) {
        *self.silent.0.lock().expect("a lock") = false;
        self.silent.1.notify_all();
    }

    fn serve(&self, stream: &TcpStream, answer: &Answering) -> Option<()> {
        let mut lines = BufReader::new(stream);
        loop {
            let received = read(&mut lines)?;
            let reply = {
                let mut arrived = self.arrived.lock().expect("a lock");
                let reply = answer(arrived.len(), &received);
                arrived.push((received, reply.clone()));
                reply
            };
            match reply {
                Reply::With(status, headers, body) => write(stream, status, &headers, &body)?,
                Reply::HangUp => return None,
                Reply::Silence => {
                    let silent = self.silent.0.lock().expect("a lock");
                    drop(self.silent.1.wait_while(silent, |silent| *silent).expect("a lock"));
                    return None;
                }
            }
        }
    }
}

fn read(lines: &mut BufReader<&TcpStream>) -> Option<Received> {
    let mut line = String::new();
    lines.read_line(&mut line).ok().filter(|read| *read > 0)?;
    let mut words = line.split(' ').map(str::to_owned);
    let (method, path) = (words.next()?, words.next()?);
    let mut headers = HashMap::new();
    loop {
        let mut line = String::new();
        lines.read_line(&mut line).ok().filter(|read| *read > 0)?;
        let Some((name, value)) = line.trim_end().split_once(':') else { break };
        headers.insert(name.to_ascii_lowercase(), value.trim().to_owned());
    }
    let length = headers.get("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    let mut body = vec![0; length];
    lines.read_exact(&mut body).ok()?;
    Some(Received { method, path, headers, body: String::from_utf8(body).expect("UTF-8") })
}

fn write(mut stream: &TcpStream, status: u16, headers: &[(&str, String)], body: &str) -> Option<()> {
    let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
    let headers = headers.concat();
    let length = if status == 204 { String::new() } else { format!("content-length: {}\r\n", body.len()) };
    stream.write_all(format!("HTTP/1.1 {status} -\r\n{headers}{length}\r\n{body}").as_bytes()).ok()
}
