//! Speaks HTTP to a test's server, and holds every answer against the server's own OpenAPI document.
//!
//! ```ignore
//! let editor = server.login(Role::Editor).await;
//! let draft = editor.post("/v1/articles").json(json!({"title": "Tides"})).await.expect(201);
//! editor.patch("/v1/articles/tides/draft").if_match(1).json(json!({"title": ""})).await.problem(422, "invalid");
//! ```
#![allow(dead_code, reason = "more is offered than today's tests take")]

use std::fmt::Write as _;
use std::future::IntoFuture;
use std::io::Read as _;
use std::pin::Pin;
use std::sync::{Arc, Mutex};

use lede::base::clock::{Clock, Timestamp};
use lede::base::ids::UserId;
use reqwest::Method;
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde_json::json;

use crate::contract;
use crate::given::{PASSWORD, minutes};
pub use crate::response::Response;

/// Who a client is.
#[derive(Clone)]
pub struct Account {
    pub id: UserId,
    pub email: String,
}

/// What was asked and what was answered.
#[derive(Debug, Clone)]
pub struct Exchange {
    /// The operation of the document, if the address and the method are one's.
    pub operation: Option<String>,
    pub method: Method,
    /// With the query.
    pub path: String,
    pub request_headers: HeaderMap,
    pub request_body: Vec<u8>,
    pub status: u16,
    pub headers: HeaderMap,
    pub body: Vec<u8>,
}

/// Speaks to one server, with or without a token.
#[derive(Clone)]
pub struct Client {
    http: reqwest::Client,
    address: String,
    clock: Clock,
    exchanges: Arc<Mutex<Vec<Exchange>>>,
    account: Option<Account>,
    token: Arc<Mutex<Option<(String, Timestamp)>>>,
}

impl Client {
    pub fn new(address: &str, clock: &Clock, exchanges: &Arc<Mutex<Vec<Exchange>>>) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .no_proxy()
            .pool_max_idle_per_host(0)
            .build()
            .expect("a client");
        Self {
            http,
            address: address.to_owned(),
            clock: clock.clone(),
            exchanges: exchanges.clone(),
            account: None,
            token: Arc::default(),
        }
    }

    /// The same client, logged in.
    pub async fn logged_in(mut self, account: Account) -> Self {
        self.account = Some(account);
        self.token = Arc::default();
        self.fresh_token().await;
        self
    }

    /// The same client, with a token that may be anything.
    pub fn with_token(mut self, token: &str) -> Self {
        self.account = None;
        self.token = Arc::new(Mutex::new(Some((token.to_owned(), self.clock.now()))));
        self
    }

    /// The client's token at the moment.
    pub fn token(&self) -> Option<String> {
        self.token.lock().expect("a lock").as_ref().map(|(token, _)| token.clone())
    }

    /// The email address of the client's user.
    pub fn email(&self) -> &str {
        &self.account.as_ref().expect("the client is logged in").email
    }

    /// The id of the client's user.
    pub fn user(&self) -> UserId {
        self.account.as_ref().expect("the client is logged in").id
    }

    pub fn get(&self, path: impl Into<String>) -> Call {
        self.call(Method::GET, path)
    }
    pub fn head(&self, path: impl Into<String>) -> Call {
        self.call(Method::HEAD, path)
    }
    pub fn post(&self, path: impl Into<String>) -> Call {
        self.call(Method::POST, path)
    }
    pub fn put(&self, path: impl Into<String>) -> Call {
        self.call(Method::PUT, path)
    }
    pub fn patch(&self, path: impl Into<String>) -> Call {
        self.call(Method::PATCH, path)
    }
    pub fn delete(&self, path: impl Into<String>) -> Call {
        self.call(Method::DELETE, path)
    }

    /// A request that has yet to be sent: `.await` sends it.
    pub fn call(&self, method: Method, path: impl Into<String>) -> Call {
        Call {
            client: self.clone(),
            method,
            path: path.into(),
            headers: HeaderMap::new(),
            body: Vec::new(),
            anonymous: false,
        }
    }

    /// Logs in again when the token is about to end: tests move the clock by hours.
    async fn fresh_token(&self) -> Option<String> {
        let Some(account) = &self.account else { return self.token() };
        let known = self.token.lock().expect("a lock").clone();
        if let Some((token, at)) = known
            && self.clock.now() < at.plus(minutes(9))
        {
            return Some(token);
        }
        let mut login =
            self.post("/v1/auth/sessions").json(json!({"email": account.email, "password": PASSWORD}));
        login.anonymous = true;
        let session = Box::pin(login.send()).await.expect(201);
        let token = session["access_token"].as_str().expect("a token").to_owned();
        *self.token.lock().expect("a lock") = Some((token.clone(), self.clock.now()));
        Some(token)
    }
}

/// A request that has yet to be sent.
#[derive(Clone)]
pub struct Call {
    client: Client,
    method: Method,
    path: String,
    headers: HeaderMap,
    body: Vec<u8>,
    anonymous: bool,
}

impl Call {
    pub fn header(mut self, name: &str, value: &str) -> Self {
        self.headers.append(
            HeaderName::from_bytes(name.as_bytes()).expect("a header's name"),
            HeaderValue::from_bytes(value.as_bytes()).expect("a header's value"),
        );
        self
    }

    pub fn method(&self) -> Method {
        self.method.clone()
    }

    pub fn path(&self) -> &str {
        &self.path
    }

    /// The media type of the body.
    pub fn media(&self) -> String {
        self.headers.get("content-type").expect("a body").to_str().expect("ASCII").to_owned()
    }

    /// The same request, sent by another client.
    pub fn by(mut self, client: &Client) -> Self {
        self.client = client.clone();
        self
    }

    /// A JSON body; a `PATCH` sends it as a merge patch.
    pub fn json(self, value: impl serde::Serialize) -> Self {
        let media =
            if self.method == Method::PATCH { "application/merge-patch+json" } else { "application/json" };
        let body = serde_json::to_vec(&value).expect("JSON");
        self.body(media, body)
    }

    /// Any body.
    pub fn body(mut self, media: &str, body: impl Into<Vec<u8>>) -> Self {
        self.body = body.into();
        self.headers.remove("content-type");
        self.header("content-type", media)
    }

    /// A form, as browsers send it.
    pub fn form(self, pairs: &[(&str, &str)]) -> Self {
        let body = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(pairs).finish();
        self.body("application/x-www-form-urlencoded", body)
    }

    /// The request as bytes, sent by a client with that token: all but the last byte of its body, and that byte.
    pub fn in_two(mut self, token: &str) -> (Vec<u8>, Vec<u8>) {
        let last = self.body.pop().into_iter().collect();
        let mut head = format!("{} {} HTTP/1.1\r\nHost: lede\r\n", self.method, self.path);
        let _ = write!(head, "Content-Length: {}\r\nAuthorization: Bearer {token}\r\n", self.body.len() + 1);
        for (name, value) in &self.headers {
            let _ = write!(head, "{name}: {}\r\n", value.to_str().expect("ASCII"));
        }
        (format!("{head}\r\n").into_bytes().into_iter().chain(self.body).collect(), last)
    }

    /// Whether it has a body.
    pub fn has_body(&self) -> bool {
        !self.body.is_empty()
    }

    /// Adds parameters to the query.
    pub fn query(mut self, pairs: &[(&str, &str)]) -> Self {
        for (name, value) in pairs {
            self.path.push(if self.path.contains('?') { '&' } else { '?' });
            self.path.push_str(
                &url::form_urlencoded::Serializer::new(String::new()).append_pair(name, value).finish(),
            );
        }
        self
    }

    /// Names the version that was seen.
    pub fn if_match(self, version: impl std::fmt::Display) -> Self {
        self.header("if-match", &format!("\"{version}\""))
    }

    /// Makes the request one that has its effect once.
    pub fn once(self, key: &str) -> Self {
        self.header("idempotency-key", key)
    }

    /// Sends the request and holds the answer against the document.
    pub async fn send(mut self) -> Response {
        let token = if self.anonymous { None } else { self.client.fresh_token().await };
        if let Some(token) = token
            && !self.headers.contains_key("authorization")
        {
            self = self.header("authorization", &format!("Bearer {token}"));
        }
        let Self { client, method, path, headers, body, .. } = self;
        let mut request = client.http.request(method.clone(), format!("{}{path}", client.address));
        request = request.headers(headers.clone()).header("connection", "close");
        if !body.is_empty() {
            request = request.body(body.clone());
        }
        let response =
            request.send().await.unwrap_or_else(|e| panic!("{method} {path} is not answered: {e:?}"));
        let (status, answered) = (response.status().as_u16(), response.headers().clone());
        let received =
            received(response).await.unwrap_or_else(|e| panic!("{method} {path} breaks off: {e:?}"));
        let mut exchange = Exchange {
            operation: None,
            method,
            path,
            request_headers: headers,
            request_body: body,
            status,
            body: decoded(&answered, &received),
            headers: answered,
        };
        exchange.operation = contract::check(&exchange);
        client.exchanges.lock().expect("a lock").push(exchange.clone());
        Response { exchange }
    }
}

impl IntoFuture for Call {
    type Output = Response;
    type IntoFuture = Pin<Box<dyn Future<Output = Response> + Send>>;

    fn into_future(self) -> Self::IntoFuture {
        Box::pin(self.send())
    }
}

/// The whole body; of a stream, which has no end, the beginning, and the first event after a cursor.
async fn received(mut response: reqwest::Response) -> reqwest::Result<Vec<u8>> {
    let is_stream = response.headers().get("content-type").is_some_and(|media| media == "text/event-stream");
    if !is_stream {
        return Ok(response.bytes().await?.into());
    }
    let wanted = if response.url().query().is_some_and(|query| query.contains("cursor=")) { 2 } else { 1 };
    let mut text = Vec::new();
    while text.windows(2).filter(|end| end == b"\n\n").count() < wanted
        && let Some(chunk) = response.chunk().await?
    {
        text.extend(chunk);
    }
    Ok(text)
}

/// A body without its coding.
fn decoded(headers: &HeaderMap, body: &[u8]) -> Vec<u8> {
    let mut plain = Vec::new();
    match headers.get("content-encoding").map(HeaderValue::as_bytes) {
        Some(b"gzip") => {
            flate2::read::GzDecoder::new(body).read_to_end(&mut plain).expect("gzip");
        }
        Some(b"br") => brotli::BrotliDecompress(&mut &*body, &mut plain).expect("brotli"),
        Some(other) => panic!("the coding {other:?} was not asked for"),
        None => plain.extend_from_slice(body),
    }
    plain
}
