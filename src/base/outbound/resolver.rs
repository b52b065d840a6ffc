//! Looks up the addresses of hosts, and passes on only those that may be called, so that what was checked is what is
//! connected to: a name that leads elsewhere a moment later makes no difference.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolverConfig};
use hickory_resolver::net::NetError;
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::{Resolver, TokioResolver};
use hyper_util::client::legacy::connect::dns::Name;
use tower_service::Service;

use super::guard::{Guard, Rule, refusal};
use crate::base::error::{Error, Result};

/// How long a look-up may take, retries included.
const PATIENCE: Duration = Duration::from_secs(5);

/// Why a host was not looked up, or must not be called.
#[derive(Debug)]
pub(super) enum Unresolved {
    Refused(String),
    Failed(String),
}

impl fmt::Display for Unresolved {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Refused(why) | Self::Failed(why) => f.write_str(why),
        }
    }
}

impl std::error::Error for Unresolved {}

/// Looks up hosts under one rule.
#[derive(Clone)]
pub(super) struct CheckedResolver {
    pub dns: Arc<TokioResolver>,
    pub guard: Arc<Guard>,
    pub rule: Rule,
}

/// A resolver that asks that name server, or those of the system.
///
/// # Errors
/// Unavailable, if the system's cannot be read.
pub(super) fn open(server: Option<SocketAddr>) -> Result<TokioResolver> {
    let failed = |error: NetError| Error::unavailable(format!("the system's name servers: {error}"));
    let mut builder = match server {
        Some(server) => {
            let at = |mut connection: ConnectionConfig| {
                connection.port = server.port();
                connection
            };
            let connections = vec![at(ConnectionConfig::udp()), at(ConnectionConfig::tcp())];
            let server = NameServerConfig::new(server.ip(), true, connections);
            let config = ResolverConfig::from_name_servers(vec![server]);
            Resolver::builder_with_config(config, TokioRuntimeProvider::default())
        }
        None => TokioResolver::builder_tokio().map_err(failed)?,
    };
    // Every connection asks anew.
    builder.options_mut().cache_size = 0;
    builder.build().map_err(failed)
}

impl CheckedResolver {
    /// All addresses of a host, allowed or not.
    pub async fn look_up(&self, host: &str) -> Result<Vec<IpAddr>, Unresolved> {
        match tokio::time::timeout(PATIENCE, self.dns.lookup_ip(host)).await {
            Ok(Ok(found)) => Ok(found.iter().collect()),
            Ok(Err(error)) if error.is_no_records_found() => Ok(Vec::new()),
            Ok(Err(error)) => {
                log::debug!("{host} could not be looked up: {error}");
                Err(Unresolved::Failed(
                    "The host could not be looked up: no name server responded with an answer.".into(),
                ))
            }
            Err(_) => Err(Unresolved::Failed("The host could not be looked up in time.".into())),
        }
    }

    async fn allowed(self, host: String) -> Result<std::vec::IntoIter<SocketAddr>, Unresolved> {
        let found = self.look_up(&host).await?;
        if found.is_empty() {
            return Err(Unresolved::Failed("The host was not found: its name has no address.".into()));
        }
        let allowed = found.into_iter().filter(|address| self.guard.allows(self.rule, *address));
        // The port of the URL takes the place of 0.
        let allowed: Vec<SocketAddr> = allowed.map(|address| SocketAddr::new(address, 0)).collect();
        if allowed.is_empty() {
            Err(Unresolved::Refused(refusal(self.rule)))
        } else {
            Ok(allowed.into_iter())
        }
    }
}

impl Service<Name> for CheckedResolver {
    type Response = std::vec::IntoIter<SocketAddr>;
    type Error = Unresolved;
    type Future = BoxFuture<'static, Result<Self::Response, Unresolved>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Unresolved>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, name: Name) -> Self::Future {
        self.clone().allowed(name.as_str().to_owned()).boxed()
    }
}
