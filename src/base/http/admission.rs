//! How many connections each network may have, so that none can take all of them: one that reads nothing of its responses
//! can keep a connection for half a minute, and another for each that ends.

use std::net::SocketAddr;
use std::sync::Arc;

use ipnet::IpNet;

use super::client_ip;
use super::network_shares::{NetworkShare, NetworkShares};

/// One network can have this part of the connections.
const PART: usize = 4;

/// The connections of all networks. Cheap to clone; clones share them.
#[derive(Debug, Clone)]
pub struct Admission {
    networks: NetworkShares,
    trusted: Arc<[IpNet]>,
}

/// A connection that is admitted, until this is dropped.
#[derive(Debug)]
pub struct Admitted(#[expect(dead_code, reason = "counts until it is dropped")] Option<NetworkShare>);

impl Admission {
    /// Lets each network have a quarter of that many connections, but trusted proxies all of them: behind those are many
    /// networks.
    #[must_use]
    pub fn new(connections: usize, trusted: &[IpNet]) -> Self {
        Self { networks: NetworkShares::new(connections / PART), trusted: trusted.into() }
    }

    /// Counts a connection from an address. `None` if its network has too many.
    #[must_use]
    pub fn admit(&self, peer: Option<SocketAddr>) -> Option<Admitted> {
        let address = client_ip::socket(peer);
        if client_ip::is_trusted(address, &self.trusted) {
            return Some(Admitted(None));
        }
        let share = self.networks.take(client_ip::customer(address), 1, None)?;
        Some(Admitted(Some(share)))
    }
}
