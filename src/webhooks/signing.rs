//! Secrets and signatures of Standard Webhooks: HMAC-SHA256 over id, time and body.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use ring::hmac;
use serde::{Deserialize, Serialize};

use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::error::Result;
use crate::base::random::Random;

/// What every secret starts with.
const START: &str = "whsec_";
/// Separates these seals from others made with the same key.
const PURPOSE: &str = "webhook";
/// How long a secret that was replaced still signs.
const STILL_SIGNS: Duration = Duration::from_secs(24 * 3600);
/// How many secrets that were replaced sign at most, so that the header stays short: the newest ones.
const MAX_REPLACED: usize = 9;

/// What is sealed of a webhook.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secrets {
    /// The secret that signs: `whsec_` and base64.
    pub secret: String,
    /// Those that were replaced, newest first.
    pub replaced: Vec<ReplacedSecret>,
    /// Headers that are added to every request.
    pub headers: BTreeMap<String, String>,
}

/// A secret that was replaced. It signs, too, until a receiver has had the time to change over.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReplacedSecret {
    secret: String,
    until: Timestamp,
}

impl std::fmt::Debug for Secrets {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Secrets(***)")
    }
}

impl Secrets {
    /// With a new secret.
    ///
    /// # Errors
    /// Internal, if there are no random bytes.
    pub fn make(random: &Random, headers: BTreeMap<String, String>) -> Result<Self> {
        Ok(Self { secret: make_secret(random)?, replaced: Vec::new(), headers })
    }

    /// Replaces the secret by a new one, beside which the present one signs for a day. Those that were replaced before keep
    /// theirs, because a receiver may have any of them. Returns until when the present one signs.
    ///
    /// # Errors
    /// Internal, if there are no random bytes.
    pub fn rotate(&mut self, random: &Random, now: Timestamp) -> Result<Timestamp> {
        let (secret, until) =
            (std::mem::replace(&mut self.secret, make_secret(random)?), now.plus(STILL_SIGNS));
        self.replaced.retain(|replaced| now < replaced.until);
        self.replaced.insert(0, ReplacedSecret { secret, until });
        self.replaced.truncate(MAX_REPLACED);
        Ok(until)
    }

    /// Encrypts them.
    ///
    /// # Errors
    /// Internal, if there are no random bytes.
    pub fn seal(&self, keys: &Keys, random: &Random) -> Result<Vec<u8>> {
        keys.seal(PURPOSE, &serde_json::to_vec(self)?, random)
    }

    /// Decrypts them.
    ///
    /// # Errors
    /// Internal, if they were encrypted with other keys.
    pub fn unseal(keys: &Keys, sealed: &[u8]) -> Result<Self> {
        Ok(serde_json::from_slice(&keys.unseal(PURPOSE, sealed)?)?)
    }

    /// The value of `webhook-signature` for a request that is sent at `at`: a signature of the secret, then those of replaced
    /// ones that still sign.
    #[must_use]
    pub fn sign(&self, id: &str, at: Timestamp, body: &str) -> String {
        let content = format!("{id}.{}.{body}", at.as_seconds());
        let replaced = self.replaced.iter().filter(|replaced| at < replaced.until);
        let secrets = std::iter::once(&self.secret).chain(replaced.map(|replaced| &replaced.secret));
        secrets.map(|secret| signature(secret, &content)).collect::<Vec<_>>().join(" ")
    }
}

fn make_secret(random: &Random) -> Result<String> {
    Ok(format!("{START}{}", BASE64_STANDARD.encode(random.bytes::<32>()?)))
}

fn signature(secret: &str, content: &str) -> String {
    let encoded = secret.strip_prefix(START).unwrap_or(secret);
    // One that is no base64 was not made here; it signs with no key that a receiver would accept.
    let key = BASE64_STANDARD.decode(encoded).unwrap_or_default();
    let signed = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, &key), content.as_bytes());
    format!("v1,{}", BASE64_STANDARD.encode(signed))
}
