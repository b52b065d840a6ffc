//! Secrets and signatures of Standard Webhooks: HMAC-SHA256 over id, time and body.

use std::collections::BTreeMap;

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

/// What is sealed of a webhook.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Secrets {
    /// The secret that signs: `whsec_` and base64.
    pub secret: String,
    /// The one before it.
    pub previous: Option<String>,
    /// Headers that are added to every request.
    pub headers: BTreeMap<String, String>,
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
        Ok(Self { secret: make_secret(random)?, previous: None, headers })
    }

    /// Replaces the secret by a new one, beside which the present one signs; or the one before it, if that still does: a
    /// receiver that was not given the present one goes on to accept it.
    ///
    /// # Errors
    /// Internal, if there are no random bytes.
    pub fn rotate(&mut self, random: &Random, previous_is_valid: bool) -> Result<()> {
        let replaced = std::mem::replace(&mut self.secret, make_secret(random)?);
        self.previous = self.previous.take().filter(|_| previous_is_valid).or(Some(replaced));
        Ok(())
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

    /// The value of `webhook-signature` for a request that is sent at `at`. The previous secret signs, too, if it `is_valid`.
    #[must_use]
    pub fn sign(&self, id: &str, at: Timestamp, body: &str, previous_is_valid: bool) -> String {
        let content = format!("{id}.{}.{body}", at.as_seconds());
        let secrets = [Some(&self.secret), self.previous.as_ref().filter(|_| previous_is_valid)];
        let signed = secrets.into_iter().flatten().map(|secret| signature(secret, &content));
        signed.collect::<Vec<_>>().join(" ")
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
