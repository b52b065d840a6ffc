//! Questions to DNS. That there is no such record is an answer; that nobody answers, or with an error, is none.

use std::net::SocketAddr;
use std::time::Duration;

use hickory_resolver::config::{ConnectionConfig, NameServerConfig, ResolveHosts, ResolverConfig};
use hickory_resolver::net::runtime::TokioRuntimeProvider;
use hickory_resolver::proto::rr::{RData, RecordType};
use hickory_resolver::{Resolver, TokioResolver};

/// How long each question may take, with what is tried again.
const PATIENCE: Duration = Duration::from_secs(10);

/// Whoever is asked.
pub(super) struct Dns(TokioResolver);

/// What was found, or why nobody could say.
pub(super) type Answer = Result<Vec<String>, String>;

impl Dns {
    /// That name server, or those of the system.
    ///
    /// # Errors
    /// With one line for the operator.
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
        // What this machine calls others is not what they are called elsewhere.
        builder.options_mut().use_hosts_file = ResolveHosts::Never;
        builder.build().map(Self).map_err(failed)
    }

    /// The texts at that name, each in one piece.
    pub async fn texts(&self, name: &str) -> Answer {
        self.ask(name, RecordType::TXT).await
    }

    /// The hosts that take mail for that domain, each with its preference.
    pub async fn exchanges(&self, domain: &str) -> Answer {
        self.ask(domain, RecordType::MX).await
    }

    /// The addresses of that name.
    pub async fn addresses(&self, name: &str) -> Answer {
        match (self.ask(name, RecordType::A).await, self.ask(name, RecordType::AAAA).await) {
            (Ok(found), _) | (_, Ok(found)) if !found.is_empty() => Ok(found),
            (Err(why), _) | (_, Err(why)) => Err(why),
            (Ok(_), Ok(_)) => Ok(Vec::new()),
        }
    }

    async fn ask(&self, name: &str, kind: RecordType) -> Answer {
        // With the dot at its end a name is whole, and no search list is tried.
        let looked_up = tokio::time::timeout(PATIENCE, self.0.lookup(format!("{name}."), kind)).await;
        match looked_up {
            Ok(Ok(found)) => Ok(found.answers().iter().filter_map(|record| read(&record.data)).collect()),
            Ok(Err(error)) if error.is_no_records_found() => Ok(Vec::new()),
            Ok(Err(error)) => Err(format!("{kind} of {name}: {error}")),
            Err(_) => Err(format!("{kind} of {name}: no answer")),
        }
    }
}

/// What a record says. What leads there, such as an alias, says nothing.
fn read(data: &RData) -> Option<String> {
    match data {
        RData::TXT(text) => Some(printable(&text.txt_data.concat())),
        RData::MX(exchange) => Some(format!("{} {}", exchange.preference, exchange.exchange)),
        RData::A(address) => Some(address.to_string()),
        RData::AAAA(address) => Some(address.to_string()),
        _ => None,
    }
}

/// A text of strangers for a terminal, which would obey control characters.
fn printable(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).replace(char::is_control, "\u{fffd}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_of_strangers_tells_the_terminal_nothing() {
        assert_eq!(printable(b"v=spf1 \x1b[2J\xff"), "v=spf1 \u{fffd}[2J\u{fffd}");
    }
}
