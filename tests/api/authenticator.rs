//! An authenticator app as RFC 4226 and RFC 6238 describe it: the other side of the second factor. It shares no code with the
//! server's.

use lede::base::clock::Timestamp;
use ring::hmac::{HMAC_SHA1_FOR_LEGACY_USE_ONLY, Key, sign};
use serde_json::json;

use crate::client::Client;
use crate::given::PASSWORD;
use crate::server::Server;

/// An app that holds one secret.
#[derive(Clone)]
pub struct Authenticator {
    pub secret: Vec<u8>,
}

impl Authenticator {
    /// The app that has scanned an `otpauth:` URL.
    pub fn scan(url: &str) -> Self {
        let url = url::Url::parse(url).expect("a URL");
        assert_eq!((url.scheme(), url.host_str()), ("otpauth", Some("totp")));
        let value =
            |name: &str| url.query_pairs().find(|(key, _)| key == name).map(|(_, value)| value.into_owned());
        // What an app assumes unless the URL says otherwise.
        for (name, usual) in [("algorithm", "SHA1"), ("digits", "6"), ("period", "30")] {
            assert!(value(name).is_none_or(|value| value == usual), "{url}");
        }
        Self { secret: base32(&value("secret").expect("a secret")) }
    }

    /// The code of a moment.
    pub fn code(&self, at: Timestamp) -> String {
        let step = u64::try_from(at.as_seconds()).expect("after 1970") / 30;
        let hash = sign(&Key::new(HMAC_SHA1_FOR_LEGACY_USE_ONLY, &self.secret), &step.to_be_bytes());
        let bytes = hash.as_ref();
        let at = usize::from(bytes[19] & 0xf);
        let number = u32::from_be_bytes(bytes[at..at + 4].try_into().expect("four bytes")) & 0x7fff_ffff;
        format!("{:06}", number % 1_000_000)
    }
}

/// The bytes of a text in base32 (RFC 4648, section 6).
pub fn base32(text: &str) -> Vec<u8> {
    let (mut bytes, mut buffer, mut bits) = (Vec::new(), 0_u32, 0);
    for character in text.bytes() {
        let value = match character {
            b'A'..=b'Z' => character - b'A',
            b'2'..=b'7' => character - b'2' + 26,
            _ => panic!("{text} is not base32"),
        };
        (buffer, bits) = (buffer << 5 | u32::from(value), bits + 5);
        if bits >= 8 {
            bits -= 8;
            bytes.push(u8::try_from(buffer >> bits & 0xff).expect("a byte"));
        }
    }
    bytes
}

/// Sets up a second factor for the user of a client. Returns the app and the recovery codes.
pub async fn enrol(server: &Server, client: &Client) -> (Authenticator, Vec<String>) {
    let begun = client.post("/v1/me/totp").json(json!({"current_password": PASSWORD})).await.expect(201);
    let app = Authenticator::scan(begun["otpauth_url"].as_str().expect("a URL"));
    let body = json!({"current_password": PASSWORD, "code": app.code(server.clock.now())});
    let confirmed = client.post("/v1/me/totp/confirm").json(body).await.expect(200);
    (app, codes(&confirmed))
}

/// The recovery codes in a response.
pub fn codes(response: &serde_json::Value) -> Vec<String> {
    let codes = response["recovery_codes"].as_array().expect("recovery codes");
    codes.iter().map(|code| code.as_str().expect("a code").to_owned()).collect()
}
