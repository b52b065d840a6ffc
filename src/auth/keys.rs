//! The key of hashes, links and seals, and how it and the keys that sign tokens are stored: in the database, encrypted with
//! the installation's secret, so that replicas share them and a copy of the database alone is no use. Everything else that
//! is sealed hangs on that one key, so a new secret reseals nothing but the rows of `keys`.

use std::net::IpAddr;
use std::sync::Arc;

use diesel::prelude::*;
use ring::hmac;

use super::seal::{Cipher, Purpose, Seal};
use crate::base::actor::NetworkHash;
use crate::base::db::schema::keys;
use crate::base::db::{Connection, Database};
use crate::base::error::{Error, Result};
use crate::base::http::client_ip;
use crate::base::random::Random;

/// The key of hashes, links and seals.
#[derive(Clone)]
pub struct Keys(hmac::Key);

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(***)")
    }
}

impl Keys {
    /// Decrypts the key with `seal`, or creates it.
    ///
    /// # Errors
    /// Unavailable, with a message for the operator, if the secret does not decrypt it.
    pub async fn open(db: &Database, seal: &Arc<Seal>) -> Result<Self> {
        let seal = seal.clone();
        let mac = db.write(move |tx| seal.find_or_make(tx, Purpose::Mac)).await?;
        Ok(Self::of(&mac.seed))
    }

    /// With that key.
    #[must_use]
    pub fn of(seed: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, seed))
    }

    /// Whether there are keys, which only their secret decrypts.
    pub fn exist(conn: &mut Connection) -> Result<bool> {
        Ok(keys::table.count().get_result::<i64>(conn)? > 0)
    }

    /// A keyed hash of `text` for one `purpose`: always the same, and not predictable without the key.
    #[must_use]
    pub fn mac(&self, purpose: &str, text: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.0);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(text.as_bytes());
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }

    /// The keyed hash of the network that limits count as one client: what is kept of a client's address.
    #[must_use]
    pub fn network(&self, address: IpAddr) -> NetworkHash {
        self.mac("network", &client_ip::network(address.to_canonical()).to_string())
    }

    /// Encrypts a text for one `purpose`, so that a copy of the database alone does not reveal it.
    pub fn seal(&self, purpose: &str, plain: &[u8], random: &Random) -> Result<Vec<u8>> {
        Cipher::of(&self.mac("seal", purpose))?.close(purpose, plain, random.bytes()?)
    }

    /// Decrypts what [`Keys::seal`] encrypted for the same purpose.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let opened = Cipher::of(&self.mac("seal", purpose))?.open(purpose, sealed);
        opened.ok_or_else(|| Error::internal(format!("a sealed {purpose} does not open with these keys")))
    }
}
