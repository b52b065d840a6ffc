//! DNS lookups. Finding no record is a result; an error or no response is a failure.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};

/// How long each lookup may take, retries included.
const PATIENCE: Duration = Duration::from_secs(10);

/// A DNS resolver.
pub(super) struct Dns(TokioResolver);

/// The records, or why the lookup failed.
pub(super) type Response = Result<Vec<String>, String>;

impl Dns {
    /// A resolver that uses that name server, or those of the system.
    ///
    /// # Errors
    /// A one-line message for the operator.
    pub fn open(server: Option<SocketAddr>) -> Result<Self, String> {
        let failed = |error: hickory_resolver::net::NetError| format!("the system's name servers: {error}");
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
        // Names in this machine's hosts file mean nothing to receivers.
        builder.options_mut().use_hosts_file = ResolveHosts::Never;
        builder.build().map(Self).map_err(failed)
    }

    /// The TXT records of that name, each joined to one text.
    pub async fn texts(&self, name: &str) -> Response {
        self.ask(name, RecordType::TXT).await
    }

    /// The MX records of that domain, each with its preference.
    pub async fn exchanges(&self, domain: &str) -> Response {
        self.ask(domain, RecordType::MX).await
    }

    /// The addresses of that name.
    pub async fn addresses(&self, name: &str) -> Response {
        match (self.ask(name, RecordType::A).await, self.ask(name, RecordType::AAAA).await) {
            (Ok(found), _) | (_, Ok(found)) if !found.is_empty() => Ok(found),
            (Err(why), _) | (_, Err(why)) => Err(why),
            (Ok(_), Ok(_)) => Ok(Vec::new()),
        }
    }

    async fn ask(&self, name: &str, kind: RecordType) -> Response {
        // The dot at the end makes the name absolute, so that no search list is used.
        let looked_up = tokio::time::timeout(PATIENCE, self.0.lookup(format!("{name}."), kind)).await;
        match looked_up {
            Ok(Ok(found)) => Ok(found.answers().iter().filter_map(|record| read(&record.data)).collect()),
            Ok(Err(error)) if error.is_no_records_found() => Ok(Vec::new()),
            Ok(Err(error)) => Err(format!("{kind} of {name}: {error}")),
            Err(_) => Err(format!("{kind} of {name}: no answer")),
        }
    }
}

/// The value of a record; `None` for records on the way to it, such as aliases.
fn read(data: &RData) -> Option<String> {
    match data {
        RData::TXT(text) => Some(printable(&text.txt_data.concat())),
        RData::MX(exchange) => Some(format!("{} {}", exchange.preference, exchange.exchange)),
        RData::A(address) => Some(address.to_string()),
        RData::AAAA(address) => Some(address.to_string()),
        _ => None,
    }
}

/// Text from outside, without the control characters that a terminal would interpret.
fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace(char::is_control, "\u{fffd}")
}
