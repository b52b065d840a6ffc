//! Requests that this server makes of others: webhooks, and what the operator configures. Where a webhook leads is chosen
//! by its users, so [`guard`] decides which addresses may be called: at creation, and again for the very addresses that
//! are connected to. No redirects are followed, and no proxies of the environment are used.

mod client;
mod failures;
pub mod guard;
mod memory;
mod resolver;

use std::net::SocketAddr;
use std::time::Duration;

use hyper::{HeaderMap, Method};
use ipnet::IpNet;
use url::Url;

pub use client::Client;
pub use memory::{Memory, Sent};

use crate::base::config::Config;
use crate::base::error::Result;

/// How long a request may take in all.
pub const TIMEOUT: Duration = Duration::from_secs(15);
/// The most bytes that are kept of the body of a response.
pub const MAX_RESPONSE: usize = 1024;

/// Makes requests. Cheap to clone.
#[derive(Debug, Clone)]
pub enum Outbound {
    /// Over the network.
    Real(Client),
    /// Keeps them in memory, for tests.
    Memory(Memory),
}

/// Who chose where a request goes, and so what it may reach.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ChosenBy {
    /// A user: only addresses that the guard allows.
    User,
    /// The operator, in a setting: every address.
    Operator,
}

/// A request to be made.
#[derive(Debug, Clone)]
pub struct Request {
    /// The method.
    pub method: Method,
    /// Where it goes.
    pub url: Url,
    /// Who chose that.
    pub chosen_by: ChosenBy,
    /// The headers besides `Host`, `User-Agent` and `Content-Length`.
    pub headers: HeaderMap,
    /// The body.
    pub body: Vec<u8>,
}

/// What came back.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The header `Retry-After`, if it is text.
    pub retry_after: Option<String>,
    /// The first [`MAX_RESPONSE`] bytes of the body.
    pub body: Vec<u8>,
}

/// Why nothing came back. The text is a sentence for whoever chose the address.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Failure {
    /// The address must not be called.
    Refused(String),
    /// It could not be reached, or broke off.
    Failed(String),
    /// It took longer than [`TIMEOUT`].
    TimedOut,
}

/// What the client needs to know.
#[derive(Debug, Clone, Default)]
pub struct Settings {
    /// Networks that users' requests may reach although they are not public.
    pub networks: Vec<IpNet>,
    /// The URL of this server, which users' requests may not reach.
    pub own_url: Option<Url>,
    /// The ports that this server listens on.
    pub own_ports: Vec<u16>,
    /// The name server; `None` for those of the system.
    pub name_server: Option<SocketAddr>,
}

impl Outbound {
    /// The client for these settings. Connects to nothing.
    ///
    /// # Errors
    /// Unavailable, if the name servers of the system cannot be read.
    pub fn open(config: &Config) -> Result<Self> {
        let networks = config.webhooks.networks.clone();
        let own_url = Url::parse(&config.base_url()).ok();
        let listens = [Some(config.server.bind), config.server.metrics_bind];
        let own_ports = listens.into_iter().flatten().map(|address| address.port()).collect();
        Client::open(Settings { networks, own_url, own_ports, name_server: None }).map(Self::Real)
    }

    /// A client that keeps requests in memory.
    #[must_use]
    pub fn memory() -> Self {
        Self::Memory(Memory::default())
    }

    /// Checks whether a user's requests may go there: what is written in the URL, and the addresses that its host has
    /// now. A host without any is accepted, because it may get some.
    ///
    /// # Errors
    /// Why not: one sentence.
    pub async fn check(&self, url: &Url) -> Result<(), String> {
        match self {
            Self::Real(client) => client.check(url).await,
            // Hosts are not looked up.
            Self::Memory(_) => guard::Guard::default().check_url(url).map(drop),
        }
    }

    /// Makes a request, within [`TIMEOUT`].
    ///
    /// # Errors
    /// If there is no response.
    pub async fn send(&self, request: Request) -> Result<Answer, Failure> {
        match self {
            Self::Real(client) => client.send(request).await,
            Self::Memory(memory) => memory.send(request),
        }
    }
}
