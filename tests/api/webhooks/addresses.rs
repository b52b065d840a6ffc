//! Where webhooks may lead: no spelling of an address that is not public gets through, and what was checked is what is
//! connected to.

use std::net::{SocketAddr, UdpSocket};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hyper::{HeaderMap, Method};
use lede::auth::Role;
use lede::base::outbound::{Answer, ChosenBy, Client, Failure, Outbound, Request, Settings};
use serde_json::json;
use url::Url;

use crate::receiver::{Receiver, Reply};
use crate::server::Server;

/// Addresses that are not public, in many spellings.
const NOT_PUBLIC: &[&str] = &[
    "https://127.0.0.1/",
    "https://127.1/",
    "https://127.0.1/",
    "https://2130706433/",
    "https://0x7f000001/",
    "https://0x7f.1/",
    "https://0177.0.0.1/",
    "https://017700000001/",
    "https://127.0.0.1./",
    "https://127.255.255.254:8443/",
    "https://%31%32%37.0.0.1/",
    "https://１２７.0.0.1/",
    "https://127。0。0。1/",
    "https://0/",
    "https://0.0.0.0/",
    "https://10.0.0.1/",
    "https://167772161/",
    "https://0xa.0.0.1/",
    "https://100.64.0.1/",
    "https://169.254.169.254/latest/meta-data/",
    "https://0xA9FEA9FE/",
    "https://169.254.43518/",
    "https://172.16.0.1/",
    "https://172.31.255.255/",
    "https://192.0.0.9/",
    "https://192.0.2.1/",
    "https://192.31.196.1/",
    "https://192.52.193.1/",
    "https://192.88.99.1/",
    "https://192.168.0.1/",
    "https://192.175.48.1/",
    "https://198.18.0.1/",
    "https://198.51.100.1/",
    "https://203.0.113.1/",
    "https://224.0.0.1/",
    "https://240.0.0.1/",
    "https://255.255.255.255/",
    "https://[::]/",
    "https://[::1]/",
    "https://[0:0:0:0:0:0:0:1]/",
    "https://[::ffff:127.0.0.1]/",
    "https://[::ffff:7f00:1]/",
    "https://[::ffff:8.8.8.8]/",
    "https://[::127.0.0.1]/",
    "https://[64:ff9b::7f00:1]/",
    "https://[64:ff9b:1::a00:1]/",
    "https://[100::1]/",
    "https://[2001::1]/",
    "https://[2001:1ff::1]/",
    "https://[2001:db8::1]/",
    "https://[2002:7f00:1::]/",
    "https://[3fff::1]/",
    "https://[5f00::1]/",
    "https://[fc00::1]/",
    "https://[fd12:3456::1]/",
    "https://[fe80::1]/",
    "https://[fec0::1]/",
    "https://[ff02::1]/",
    // Other schemes, ports, and the server itself.
    "http://8.8.8.8/",
    "https://8.8.8.8:8080/",
    "https://8.8.8.8:22/",
    "https://cms.lede.example/v1/articles",
    "https://CMS.lede.example./",
];

/// A name server on this machine that answers each question for an IPv4 address with the next of these addresses.
pub fn name_server(answers: Vec<Vec<[u8; 4]>>) -> (SocketAddr, Arc<AtomicUsize>) {
    let socket = UdpSocket::bind("127.0.0.1:0").expect("a free port");
    let (address, asked) = (socket.local_addr().expect("an address"), Arc::new(AtomicUsize::new(0)));
    let count = asked.clone();
    std::thread::spawn(move || {
        let mut question = [0; 1500];
        while let Ok((length, from)) = socket.recv_from(&mut question) {
            let message = &question[..length];
            let end = 12 + message[12..].iter().position(|byte| *byte == 0).expect("a name") + 5;
            let is_v4 = message[end - 4..end - 2] == [0, 1];
            let records = if is_v4 {
                let turn = count.fetch_add(1, Ordering::SeqCst);
                answers.get(turn).or(answers.last()).cloned().unwrap_or_default()
            } else {
                Vec::new()
            };
            let mut said = message[..2].to_vec();
            said.extend([0x81, 0x80, 0, 1, 0, u8::try_from(records.len()).expect("few"), 0, 0, 0, 0]);
            said.extend(&message[12..end]);
            for record in records {
                said.extend([0xc0, 12, 0, 1, 0, 1, 0, 0, 0, 0, 0, 4]);
                said.extend(record);
            }
            let _ = socket.send_to(&said, from);
        }
    });
    (address, asked)
}

pub fn outbound(networks: &[&str], name_server: Option<SocketAddr>) -> Outbound {
    let networks = networks.iter().map(|network| network.parse().expect("a network")).collect();
    let own_url = Url::parse("https://cms.lede.example").ok();
    Outbound::Real(
        Client::open(Settings { networks, own_url, own_ports: vec![8143], name_server }).expect("a client"),
    )
}

pub fn url(text: &str) -> Url {
    Url::parse(text).expect("a URL")
}

pub async fn send(outbound: &Outbound, url: Url) -> Result<Answer, Failure> {
    let headers = HeaderMap::new();
    outbound
        .send(Request { method: Method::POST, url, chosen_by: ChosenBy::User, headers, body: Vec::new() })
        .await
}

#[tokio::test]
async fn no_spelling_of_an_address_that_is_not_public_gets_through() {
    assert!(NOT_PUBLIC.len() >= 40);
    let outbound = outbound(&[], None);
    for text in NOT_PUBLIC {
        let Ok(url) = Url::parse(text) else { panic!("{text} is no URL") };
        assert!(outbound.check(&url).await.is_err(), "{text} is accepted as {url}");
        assert!(matches!(send(&outbound, url).await, Err(Failure::Refused(_))), "{text} is called");
    }
}

#[tokio::test]
async fn a_webhook_to_an_address_that_is_not_public_is_not_created() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    for text in [
        "https://127.1/",
        "https://[::ffff:a00:1]/",
        "http://hooks.website.example/",
        "https://10.0.0.1:8443/",
    ] {
        let answer = admin.post("/v1/webhooks").json(json!({"url": text, "events": ["*"]})).await;
        assert_eq!(answer.violations(), ["/url address-refused"], "{text}");
    }
}

#[tokio::test]
async fn public_addresses_are_accepted() {
    let outbound = outbound(&[], None);
    for text in
        ["https://8.8.8.8/", "https://1.1.1.1:8443/", "https://[2606:4700::1111]/", "https://172.32.0.1/"]
    {
        assert_eq!(outbound.check(&url(text)).await, Ok(()), "{text}");
    }
}

#[tokio::test]
async fn a_name_that_leads_elsewhere_after_the_check_is_not_called() {
    let (server, asked) = name_server(vec![vec![[8, 8, 8, 8]], vec![[127, 0, 0, 1]]]);
    let outbound = outbound(&[], Some(server));
    let hook = url("https://hooks.website.example/");
    assert_eq!(outbound.check(&hook).await, Ok(()));
    let sent = send(&outbound, hook).await;
    assert!(matches!(sent, Err(Failure::Refused(_))), "{sent:?}");
    assert_eq!(asked.load(Ordering::SeqCst), 2, "what was checked is what would have been connected to");
}

#[tokio::test]
async fn a_name_with_one_address_that_is_not_public_is_refused() {
    let (server, _) = name_server(vec![vec![[8, 8, 8, 8], [10, 0, 0, 1]]]);
    assert!(outbound(&[], Some(server)).check(&url("https://hooks.website.example/")).await.is_err());
}

#[tokio::test]
async fn named_networks_may_be_called_over_http_and_nothing_else_may() {
    let receiver = Receiver::start();
    let (server, _) = name_server(vec![vec![[127, 0, 0, 1]], vec![[127, 0, 0, 1]], vec![[8, 8, 8, 8]]]);
    let outbound = outbound(&["127.0.0.0/8"], Some(server));
    assert_eq!(outbound.check(&url(&receiver.url())).await, Ok(()));
    let named = url(&format!("http://build.internal.example:{}/hook", receiver.address.port()));
    assert_eq!(outbound.check(&named).await, Ok(()));
    assert_eq!(send(&outbound, named.clone()).await.expect("an answer").status, 204);
    assert_eq!(
        receiver.arrived()[0].header("host"),
        format!("build.internal.example:{}", receiver.address.port())
    );
    assert!(outbound.check(&named).await.is_err(), "the name has another address now");
    for other in ["http://10.0.0.1/", "https://10.0.0.1/", "http://8.8.8.8/", "ftp://127.0.0.1/"] {
        assert!(outbound.check(&url(other)).await.is_err(), "{other}");
    }
}

#[tokio::test]
async fn this_server_is_not_called_even_in_a_named_network() {
    let (server, _) = name_server(vec![vec![[127, 0, 0, 1]]]);
    let outbound = outbound(&["127.0.0.0/8", "10.0.0.0/8"], Some(server));
    for own in [
        "http://127.0.0.1:8143/",
        "http://127.0.0.2:8143/",
        "http://here.example:8143/",
        "https://cms.lede.example:8443/",
    ] {
        assert!(outbound.check(&url(own)).await.is_err(), "{own}");
        assert!(matches!(send(&outbound, url(own)).await, Err(Failure::Refused(_))), "{own}");
    }
    assert_eq!(outbound.check(&url("http://10.0.0.1:8143/")).await, Ok(()));
}

#[tokio::test]
async fn a_server_whose_url_is_an_address_is_not_called_and_its_neighbours_on_other_ports_are() {
    let with_url = |own: &str| {
        let networks = vec!["10.0.0.0/8".parse().expect("a network")];
        let own_url = Some(url(own));
        Client::open(Settings { networks, own_url, own_ports: vec![8143], name_server: None })
            .map(Outbound::Real)
    };
    for (own, other, is_allowed) in [
        ("http://10.1.2.3:8080", "http://10.1.2.3:8080/hook", false),
        ("http://10.1.2.3:8080", "https://10.1.2.3:8080/hook", false),
        ("http://10.1.2.3:8080", "http://10.1.2.3:9000/hook", true),
        ("http://10.1.2.3:8080", "http://10.1.2.3/hook", true),
        ("http://10.1.2.3:8080", "http://10.1.2.4:8080/hook", true),
        // Either is there for the sake of the other.
        ("https://10.1.2.3", "http://10.1.2.3/hook", false),
        ("http://10.1.2.3", "https://10.1.2.3/hook", false),
        ("https://10.1.2.3", "https://10.1.2.3:8443/hook", true),
        // Nobody named the network of a public address.
        ("https://8.8.8.8", "https://8.8.8.8:8443/hook", false),
        ("https://8.8.8.8:9000", "https://8.8.8.8/hook", false),
        ("https://[2606:4700::1111]", "https://[2606:4700:0::1111]:8443/hook", false),
    ] {
        let outbound = with_url(own).expect("a client");
        assert_eq!(outbound.check(&url(other)).await.is_ok(), is_allowed, "{own} {other}");
    }
}

#[tokio::test]
async fn redirects_are_not_followed() {
    let target = Receiver::start();
    let to = target.url();
    let receiver =
        Receiver::answering(move |_, _| Reply::With(307, vec![("location", to.clone())], String::new()));
    let sent = send(&outbound(&["127.0.0.0/8"], None), url(&receiver.url())).await;
    assert_eq!(sent.expect("an answer").status, 307);
    assert!(target.arrived().is_empty());
}
