//! Makes requests over the network: HTTP/1.1, TLS 1.2 and 1.3 with the certificates of the system.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use http_body_util::{BodyExt as _, Full};
use hyper::body::{Bytes, Incoming};
use hyper::header::{HeaderValue, RETRY_AFTER, USER_AGENT};
use hyper::{Request as HttpRequest, Uri};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client as HyperClient;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use rustls::crypto::ring;
use rustls::{ClientConfig, RootCertStore};
use url::Url;

use super::failures::failure;
use super::guard::{Guard, Rule, literal, refusal};
use super::resolver::{self, CheckedResolver};
use super::{Answer, ChosenBy, Failure, MAX_RESPONSE, Request, Settings, TIMEOUT};
use crate::base::error::{Error, Result};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(10);
/// How long an unused connection is kept.
const IDLE: Duration = Duration::from_secs(15);
/// The most bytes of the head of a response.
const MAX_HEAD: usize = 64 * 1024;
const AGENT: HeaderValue = HeaderValue::from_static(concat!("Lede/", env!("CARGO_PKG_VERSION")));

type Http = HyperClient<HttpsConnector<HttpConnector<CheckedResolver>>, Full<Bytes>>;

/// Makes requests over the network. Cheap to clone.
#[derive(Clone)]
pub struct Client(Arc<Inner>);

struct Inner {
    guard: Arc<Guard>,
    resolver: CheckedResolver,
    /// One for each rule, so that none takes a connection that was made under another.
    public: Http,
    named: Http,
    elsewhere: Http,
    any: Http,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Client")
    }
}

impl Client {
    /// The client for these settings. Connects to nothing.
    ///
    /// # Errors
    /// Unavailable, if the name servers of the system cannot be read.
    pub fn open(settings: Settings) -> Result<Self> {
        let Settings { networks, own_url, own_ports, name_server } = settings;
        let guard = Arc::new(Guard { networks, own_url, own_ports });
        let (dns, tls) = (Arc::new(resolver::open(name_server)?), tls()?);
        let resolver = |rule| CheckedResolver { dns: dns.clone(), guard: guard.clone(), rule };
        let http = |rule| http(resolver(rule), tls.clone());
        Ok(Self(Arc::new(Inner {
            resolver: resolver(Rule::Any),
            public: http(Rule::Public),
            named: http(Rule::Named),
            elsewhere: http(Rule::Elsewhere),
            any: http(Rule::Any),
            guard,
        })))
    }

    pub(super) async fn check(&self, url: &Url) -> Result<(), String> {
        let rule = self.0.guard.check_url(url)?;
        let Some(host) = url.host_str().filter(|_| literal(url).is_none()) else { return Ok(()) };
        let found = self.0.resolver.look_up(host).await.unwrap_or_default();
        let is_allowed = found.iter().all(|address| self.0.guard.allows(rule, *address));
        if is_allowed { Ok(()) } else { Err(refusal(rule)) }
    }

    pub(super) async fn send(&self, request: Request) -> Result<Answer, Failure> {
        tokio::time::timeout(TIMEOUT, self.exchange(request)).await.unwrap_or(Err(Failure::TimedOut))
    }

    async fn exchange(&self, request: Request) -> Result<Answer, Failure> {
        let rule = match request.chosen_by {
            ChosenBy::User => self.0.guard.check_url(&request.url).map_err(Failure::Refused)?,
            ChosenBy::Operator => Rule::Any,
        };
        let http = match rule {
            Rule::Public => &self.0.public,
            Rule::Named => &self.0.named,
            Rule::Elsewhere => &self.0.elsewhere,
            Rule::Any => &self.0.any,
        };
        let response = http.request(to_http(request)?).await.map_err(|error| failure(&error))?;
        let status = response.status().as_u16();
        let retry_after = response.headers().get(RETRY_AFTER).and_then(|value| value.to_str().ok());
        let retry_after = retry_after.map(str::to_owned);
        let body = beginning(response.into_body()).await;
        Ok(Answer { status, retry_after, body })
    }
}

/// The system's certificates. Without any, no https URL can be called, and each says so.
fn tls() -> Result<ClientConfig> {
    let found = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    let (trusted, _) = roots.add_parsable_certificates(found.certs);
    if trusted == 0 {
        log::warn!(
            "this system has no certificates to trust, so no https URL can be called; install ca-certificates"
        );
    }
    let versions = ClientConfig::builder_with_provider(Arc::new(ring::default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(Error::unavailable)?;
    Ok(versions.with_root_certificates(roots).with_no_client_auth())
}

fn http(resolver: CheckedResolver, tls: ClientConfig) -> Http {
    let mut tcp = HttpConnector::new_with_resolver(resolver);
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(CONNECT));
    let connector = HttpsConnectorBuilder::new().with_tls_config(tls).https_or_http().enable_http1();
    HyperClient::builder(TokioExecutor::new())
        .pool_timer(TokioTimer::new())
        .pool_idle_timeout(IDLE)
        .pool_max_idle_per_host(2)
        .http1_max_buf_size(MAX_HEAD)
        .build(connector.wrap_connector(tcp))
}

fn to_http(request: Request) -> Result<HttpRequest<Full<Bytes>>, Failure> {
    let mut url = request.url;
    url.set_fragment(None);
    let malformed = |error: &dyn fmt::Display| Failure::Refused(format!("The URL is malformed: {error}."));
    let uri: Uri = url.as_str().parse().map_err(|error| malformed(&error))?;
    let mut made = HttpRequest::new(Full::new(Bytes::from(request.body)));
    *made.method_mut() = request.method;
    *made.uri_mut() = uri;
    *made.headers_mut() = request.headers;
    made.headers_mut().entry(USER_AGENT).or_insert(AGENT);
    Ok(made)
}

/// The first bytes of a body, as far as it arrives.
async fn beginning(mut body: Incoming) -> Vec<u8> {
    let mut bytes = Vec::new();
    while bytes.len() < MAX_RESPONSE {
        let Some(Ok(frame)) = body.frame().await else { break };
        bytes.extend_from_slice(frame.data_ref().map_or(&[], |data| data.as_ref()));
    }
    bytes.truncate(MAX_RESPONSE);
    bytes
}
