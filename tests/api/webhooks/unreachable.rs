//! Receivers that give no response: the try says why, in plain words.

use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use lede::base::outbound::Failure;
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection};
use serde_json::json;

use super::addresses::{name_server, outbound, send, url};
use super::{deliveries, topics, with_admin};
use crate::receiver::{Receiver, Reply};

/// A certificate for 127.0.0.1 that is signed with its own key, valid from 2000 to 2100.
const CERTIFICATE: [&str; 5] = [
    "MIIBaDCCAQ2gAwIBAgIBATAKBggqhkjOPQQDAjAbMRkwFwYDVQQDDBByZWNlaXZlci5leGFtcGxlMCAXDTAwMDEwMTAwMDAwMFoY",
    "DzIxMDAwMTAxMDAwMDAwWjAbMRkwFwYDVQQDDBByZWNlaXZlci5leGFtcGxlMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFAtK",
    "MdMeHS4S6iUhdsB5XVWpRHqFcfZBn3+sHK5pD5iRQwzbcPh2pa7jAsjQVN2cpevQQmzLRUXH4LjkoF6+3KNAMD4wDwYDVR0RBAgw",
    "BocEfwAAATAMBgNVHRMBAf8EAjAAMB0GA1UdDgQWBBQt7oNU2oGV8PYKmSZ8Br5jT1D/hzAKBggqhkjOPQQDAgNJADBGAiEA7vu6",
    "rOkA9grrIwCc7mvCs+aQplOpxr7LAre02Y1HU8cCIQDKLdZBhsBQaYDe8P+wSLy4TnADtQ+nXBbkpjmpSWMlmw==",
];
/// Its key, which nobody trusts.
const KEY: [&str; 2] = [
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgKk1siYlalJrn4c28DDpxvKoOcuPCfNEqARhw8c0lGuyhRANCAAQU",
    "C0ox0x4dLhLqJSF2wHldValEeoVx9kGff6wcrmkPmJFDDNtw+HalruMCyNBU3Zyl69BCbMtFRcfguOSgXr7c",
];

fn der(lines: &[&str]) -> Vec<u8> {
    BASE64_STANDARD.decode(lines.concat()).expect("base64")
}

/// A server on this machine that begins TLS with the certificate above.
fn self_signed() -> SocketAddr {
    let key = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(der(&KEY)));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("versions")
        .with_no_client_auth()
        .with_single_cert(vec![CertificateDer::from(der(&CERTIFICATE))], key)
        .expect("a certificate");
    let (listener, config) = (TcpListener::bind("127.0.0.1:0").expect("a free port"), Arc::new(config));
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let mut tls = ServerConnection::new(config.clone()).expect("a connection");
            while tls.is_handshaking() && tls.complete_io(&mut stream).is_ok() {}
        }
    });
    address
}

/// A server on this machine that says the same to everybody, whatever they say.
fn saying(text: &'static str) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("an address");
    std::thread::spawn(move || {
        for mut stream in listener.incoming().flatten() {
            let _ = stream.read(&mut [0; 4096]).and_then(|_| stream.write_all(text.as_bytes()));
        }
    });
    address
}

/// A port of this machine on which nothing listens.
fn closed() -> SocketAddr {
    TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a free port")
}

#[tokio::test]
async fn a_receiver_with_a_self_signed_certificate_is_refused_and_the_try_says_why() {
    let (server, admin) = with_admin().await;
    let body = json!({"url": format!("https://{}/hook", self_signed()), "events": ["topic.*"]});
    let webhook = admin.post("/v1/webhooks").json(body).await.expect(201);
    topics(&admin, &["Sea"]).await;
    assert_eq!(server.run_webhooks().await, 1);
    let [delivery] = deliveries(&admin, &webhook).await.try_into().expect("one delivery");
    let tried = &delivery["tries"][0];
    assert_eq!((&delivery["state"], &tried["status"]), (&json!("waiting"), &json!(null)));
    assert_eq!(
        tried["error"],
        "The receiver's certificate is not trusted: it is self-signed, or its issuer is unknown to this server."
    );
}

#[tokio::test]
async fn a_receiver_that_cannot_be_reached_is_told_in_plain_words() {
    let hanging_up = Receiver::answering(|_, _| Reply::HangUp);
    let (names, _) = name_server(vec![vec![]]);
    let outbound = outbound(&["127.0.0.0/8"], Some(names));
    let http = |address: SocketAddr| format!("http://{address}/hook");
    let https = |address: SocketAddr| format!("https://{address}/hook");
    for (address, expected) in [
        (http(closed()), "The connection was refused: nothing listens on this port."),
        (https(closed()), "The connection was refused: nothing listens on this port."),
        ("https://hooks.website.example/".into(), "The host was not found: its name has no address."),
        (hanging_up.url(), "The connection was broken off before there was a response."),
        (https(saying("HTTP/1.1 400 Bad Request\r\n\r\n")), "The receiver does not use TLS on this port."),
        (https(saying("")), "The connection was broken off before there was a response."),
        (
            http(saying("220 mail.website.example ESMTP\r\n")),
            "The response is not valid HTTP/1.1, or its headers are too large.",
        ),
    ] {
        let sent = send(&outbound, url(&address)).await;
        assert_eq!(sent, Err(Failure::Failed(expected.into())), "{address}");
    }
}
