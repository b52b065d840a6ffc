//! Which addresses users' requests may reach: public ones over https, and the networks that the operator names, which may
//! be called over http and on any port, too. The lists are IANA's registries of special-purpose addresses.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, UdpSocket};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};
use url::{Host, Url};

/// The ports of public addresses that may be called.
const PORTS: [u16; 2] = [443, 8443];

const fn v4(a: u8, b: u8, c: u8, bits: u8) -> Ipv4Net {
    Ipv4Net::new_assert(Ipv4Addr::new(a, b, c, 0), bits)
}

const fn v6(a: u16, b: u16, bits: u8) -> Ipv6Net {
    Ipv6Net::new_assert(Ipv6Addr::new(a, b, 0, 0, 0, 0, 0, 0), bits)
}

/// IANA's IPv4 special-purpose addresses (RFC 6890 and its registry of 2025), and multicast (RFC 5771).
const SPECIAL_V4: &[Ipv4Net] = &[
    v4(0, 0, 0, 8),
    v4(10, 0, 0, 8),
    v4(100, 64, 0, 10),
    v4(127, 0, 0, 8),
    v4(169, 254, 0, 16),
    v4(172, 16, 0, 12),
    v4(192, 0, 0, 24),
    v4(192, 0, 2, 24),
    v4(192, 31, 196, 24),
    v4(192, 52, 193, 24),
    v4(192, 88, 99, 24),
    v4(192, 168, 0, 16),
    v4(192, 175, 48, 24),
    v4(198, 18, 0, 15),
    v4(198, 51, 100, 24),
    v4(203, 0, 113, 24),
    v4(224, 0, 0, 4),
    v4(240, 0, 0, 4),
];

/// What IPv6 has of global unicast addresses (RFC 4291).
const GLOBAL_V6: Ipv6Net = v6(0x2000, 0, 3);

/// The special-purpose addresses among them. Teredo, which hides an IPv4 address, is in the first, 6to4 is the third.
const SPECIAL_V6: &[Ipv6Net] =
    &[v6(0x2001, 0, 23), v6(0x2001, 0xdb8, 32), v6(0x2002, 0, 16), v6(0x3fff, 0, 20)];

/// Which addresses a request may connect to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rule {
    /// Public addresses and those in named networks.
    Public,
    /// Those in named networks.
    Named,
    /// Those in named networks that are not this machine's: the port is one that this server listens on.
    Elsewhere,
    /// All.
    Any,
}

/// Decides which addresses may be called.
#[derive(Debug, Clone, Default)]
pub struct Guard {
    /// Networks that may be called although they are not public.
    pub networks: Vec<IpNet>,
    /// The URL of this server, which may not be called.
    pub own_url: Option<Url>,
    /// The ports that this server listens on, where this machine may not be called.
    pub own_ports: Vec<u16>,
}

/// Whether an address is outside IANA's special-purpose registries.
#[must_use]
pub fn is_public(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(address) => !SPECIAL_V4.iter().any(|net| net.contains(&address)),
        IpAddr::V6(address) => {
            GLOBAL_V6.contains(&address) && !SPECIAL_V6.iter().any(|net| net.contains(&address))
        }
    }
}

/// Whether an address is one of this machine: the system reaches those, and no others, from themselves. Nothing is sent.
fn is_own(address: IpAddr) -> bool {
    let any: IpAddr = match address {
        IpAddr::V4(_) => Ipv4Addr::UNSPECIFIED.into(),
        IpAddr::V6(_) => Ipv6Addr::UNSPECIFIED.into(),
    };
    let socket = UdpSocket::bind((any, 0)).and_then(|socket| {
        socket.connect((address, 9))?;
        socket.local_addr()
    });
    socket.is_ok_and(|from| from.ip() == address)
}

/// Whether an address is this machine's, including loopback and unspecified addresses.
fn is_this_machine(address: IpAddr) -> bool {
    let address = address.to_canonical();
    address.is_loopback() || address.is_unspecified() || is_own(address)
}

impl Guard {
    /// Checks what is written in a URL. Returns what its host's addresses have to be.
    ///
    /// # Errors
    /// Why a user's request may not go there, in a sentence or two.
    pub(super) fn check_url(&self, url: &Url) -> Result<Rule, String> {
        let port = url.port_or_known_default().unwrap_or_default();
        // This server speaks no TLS, so https on one of its ports reaches nothing.
        let rule = match url.scheme() {
            "https" if PORTS.contains(&port) => Rule::Public,
            _ if self.own_ports.contains(&port) => Rule::Elsewhere,
            _ => Rule::Named,
        };
        if rule != Rule::Public && (self.networks.is_empty() || !matches!(url.scheme(), "http" | "https")) {
            return Err("Must be an https URL with the port 443 or 8443.".into());
        }
        if self.own_url.as_ref().is_some_and(|own| self.is_same_server(own, url)) {
            return Err("Must not be the address of this server.".into());
        }
        match literal(url) {
            Some(address) if !self.allows(rule, address) => Err(refusal(rule)),
            _ => Ok(rule),
        }
    }

    /// Whether a request may connect to an address.
    pub(super) fn allows(&self, rule: Rule, address: IpAddr) -> bool {
        match rule {
            Rule::Any => true,
            Rule::Named => self.is_named(address),
            Rule::Elsewhere => self.is_named(address) && !is_this_machine(address),
            Rule::Public => self.is_named(address) || (is_public(address) && !is_own(address)),
        }
    }

    fn is_named(&self, address: IpAddr) -> bool {
        self.networks.iter().any(|net| net.contains(&address))
    }

    /// Whether a URL leads to this server. A name or an address may do so on other ports, too, such as those of a proxy. In a
    /// named network an address may serve other programs on other ports, so only this server's port is refused. 80 and 443
    /// count as the same port: one usually redirects to the other.
    fn is_same_server(&self, own: &Url, url: &Url) -> bool {
        let name = |url: &Url| url.host_str().map(|host| host.trim_end_matches('.').to_owned());
        let (Some(own_address), Some(address)) = (literal(own), literal(url)) else {
            return name(own) == name(url);
        };
        let port = |url: &Url| url.port_or_known_default().map(|port| if port == 80 { 443 } else { port });
        own_address.to_canonical() == address.to_canonical()
            && (port(own) == port(url) || !self.is_named(address))
    }
}

/// Why an address is refused.
pub(super) fn refusal(rule: Rule) -> String {
    match rule {
        Rule::Named | Rule::Elsewhere => {
            "Must be an https URL with the port 443 or 8443. Other URLs must lead to a network in `LEDE_WEBHOOK_NETWORKS`, and \
             not to this server."
        }
        Rule::Public | Rule::Any => {
            "Must lead to a public address, and not to this server."
        }
    }
    .to_owned()
}

/// The address that is written as the host of a URL. The parser of URLs has read every spelling of it.
pub(super) fn literal(url: &Url) -> Option<IpAddr> {
    match url.host()? {
        Host::Ipv4(address) => Some(address.into()),
        Host::Ipv6(address) => Some(address.into()),
        Host::Domain(_) => None,
    }
}
