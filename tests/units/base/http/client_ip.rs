use std::net::IpAddr;

use actix_web::http::header::HeaderValue;
use actix_web::test::TestRequest;
use lede::base::http::client_ip;

fn client(socket: &str, forwarded_for: &[&'static str]) -> String {
    let mut request = TestRequest::get().peer_addr((socket.parse::<IpAddr>().unwrap(), 1).into());
    for value in forwarded_for {
        let bytes: Vec<u8> = value.chars().map(|char| char as u8).collect();
        request = request.append_header(("x-forwarded-for", HeaderValue::from_bytes(&bytes).unwrap()));
    }
    let trusted = ["10.0.0.0/8".parse().unwrap(), "fd00::/8".parse().unwrap()];
    client_ip::of(request.to_http_request().head(), &trusted).to_string()
}

#[test]
fn only_trusted_proxies_are_believed() {
    assert_eq!(client("192.0.2.1", &["203.0.113.9"]), "192.0.2.1");
    assert_eq!(client("10.0.0.1", &["203.0.113.9"]), "203.0.113.9");
    // What a client claims stands to the left of what the proxies saw.
    assert_eq!(client("10.0.0.1", &["203.0.113.9, 198.51.100.7"]), "198.51.100.7");
    assert_eq!(client("10.0.0.1", &["203.0.113.9", "198.51.100.7, 10.0.0.2"]), "198.51.100.7");
    assert_eq!(client("fd00::1", &["2001:db8::5"]), "2001:db8::5");
    assert_eq!(client("10.0.0.1", &["nobody"]), "10.0.0.1");
    assert_eq!(client("10.0.0.1", &["203.0.113.9, nobody, 10.0.0.2"]), "10.0.0.2");
    // Bytes that are no text.
    assert_eq!(client("10.0.0.1", &["\u{ff}, 198.51.100.7"]), "198.51.100.7");
    assert_eq!(client("10.0.0.1", &["203.0.113.9", "\u{ff}"]), "10.0.0.1");
    assert_eq!(client("10.0.0.1", &[]), "10.0.0.1");
}

#[test]
fn an_ipv6_network_counts_as_one() {
    let network = |text: &str| client_ip::network(text.parse().unwrap()).to_string();
    assert_eq!(network("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
    assert_eq!(network("192.0.2.7"), "192.0.2.7");
}

#[test]
fn a_customer_of_a_provider_has_many_ipv6_networks_and_one_ipv4_address() {
    let customer = |text: &str| client_ip::customer(text.parse().unwrap()).to_string();
    assert_eq!(customer("2001:db8:1:2:3:4:5:6"), "2001:db8:1::");
    assert_eq!(customer("192.0.2.7"), "192.0.2.7");
}

#[test]
fn the_socket_of_an_ipv4_client_is_the_same_on_an_ipv6_listener() {
    let socket = |text: &str| client_ip::socket(Some((text.parse::<IpAddr>().unwrap(), 1).into()));
    assert_eq!(socket("::ffff:192.0.2.7"), socket("192.0.2.7"));
    assert!(client_ip::is_trusted(socket("::ffff:192.0.2.7"), &["192.0.2.0/24".parse().unwrap()]));
    assert!(!client_ip::is_trusted(client_ip::socket(None), &["192.0.2.0/24".parse().unwrap()]));
}

#[test]
fn a_site_has_many_networks() {
    let site = |text: &str| client_ip::site(text.parse().unwrap()).to_string();
    assert_eq!(site("2001:db8:1:2:3:4:5:6"), "2001:db8:1::");
    assert_eq!(site("192.0.2.7"), "192.0.2.0");
}
