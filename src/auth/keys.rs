//! The keys that sign tokens and hash addresses. They are stored in the database, encrypted with the installation's secret,
//! so that replicas share them and a copy of the database alone is no use.

use diesel::prelude::*;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

use crate::base::config::Secret;
use crate::base::db::schema::keys;
use crate::base::db::{Connection, Database, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::KeyId;
use crate::base::random::Random;

/// The current keys.
#[derive(Clone)]
pub struct Keys {
    /// The id and the seed of the key that signs access tokens.
    pub signing: (KeyId, [u8; 32]),
    /// The key of hashes and links that can be computed again, such as links to unsubscribe.
    pub mac: hmac::Key,
}

impl std::fmt::Debug for Keys {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Keys(***)")
    }
}

impl Keys {
    /// Decrypts the keys with `secret`, and creates those that do not exist yet.
    ///
    /// # Errors
    /// Unavailable, with a message for the operator, if the secret does not decrypt them.
    pub async fn open(db: &Database, secret: &Secret) -> Result<Self> {
        let seal = Seal::new(secret)?;
        db.write(move |tx| {
            let signing = find_or_make(tx, &seal, "sign")?;
            let (_, mac) = find_or_make(tx, &seal, "mac")?;
            Ok(Self { signing, mac: hmac::Key::new(hmac::HMAC_SHA256, &mac) })
        })
        .await
    }

    /// Whether there are keys, which only their secret decrypts.
    pub fn exist(conn: &mut Connection) -> Result<bool> {
        Ok(keys::table.count().get_result::<i64>(conn)? > 0)
    }

    /// Checks that `secret` decrypts the current keys, if there are any.
    pub fn check(conn: &mut Connection, secret: &Secret) -> Result<()> {
        let seal = Seal::new(secret)?;
        let current = keys::table.filter(keys::retired_at.is_null()).select((keys::purpose, keys::sealed));
        for (purpose, sealed) in current.load::<(String, Vec<u8>)>(conn)? {
            seal.open(&purpose, &sealed).ok_or_else(wrong_secret)?;
        }
        Ok(())
    }

    /// A keyed hash of `text` for one `purpose`: always the same, and not predictable without the key.
    #[must_use]
    pub fn mac(&self, purpose: &str, text: &str) -> [u8; 32] {
        let mut context = hmac::Context::with_key(&self.mac);
        context.update(purpose.as_bytes());
        context.update(&[0]);
        context.update(text.as_bytes());
        let mut out = [0; 32];
        out.copy_from_slice(context.sign().as_ref());
        out
    }

    /// Encrypts a text for one `purpose`, so that a copy of the database alone does not reveal it.
    pub fn seal(&self, purpose: &str, plain: &[u8], random: &Random) -> Result<Vec<u8>> {
        Seal::of(&self.mac("seal", purpose))?.close(purpose, plain, random.bytes()?)
    }

    /// Decrypts what [`Keys::seal`] encrypted for the same purpose.
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>> {
        let opened = Seal::of(&self.mac("seal", purpose))?.open(purpose, sealed);
        opened.ok_or_else(|| Error::internal(format!("a sealed {purpose} does not open with these keys")))
    }
}

fn find_or_make(tx: &mut Tx<'_>, seal: &Seal, purpose: &str) -> Result<(KeyId, [u8; 32])> {
    if let Connection::Postgres(conn) = &mut **tx {
        diesel::sql_query("LOCK TABLE keys IN EXCLUSIVE MODE").execute(conn)?;
    }
    let found: Option<(KeyId, Vec<u8>)> = keys::table
        .filter(keys::purpose.eq(purpose))
        .filter(keys::retired_at.is_null())
        .order(keys::id.desc())
        .select((keys::id, keys::sealed))
        .limit(1)
        .get_result(&mut **tx)
        .optional()?;
    if let Some((id, sealed)) = found {
        let key = seal.open(purpose, &sealed).and_then(|key| key.try_into().ok()).ok_or_else(wrong_secret)?;
        return Ok((id, key));
    }
    let (id, key, now) = (tx.new_id()?, tx.random().bytes::<32>()?, tx.now());
    diesel::insert_into(keys::table)
        .values((
            keys::id.eq(id),
            keys::purpose.eq(purpose),
            keys::sealed.eq(seal.close(purpose, &key, tx.random().bytes()?)?),
            keys::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    Ok((id, key))
}

fn wrong_secret() -> Error {
    Error::unavailable(
        "the secret does not decrypt this database's keys; is it the secret of another installation? See LEDE_SECRET",
    )
}

/// Encrypts keys with AES-256-GCM, with a key derived from the installation's secret.
struct Seal(LessSafeKey);

impl Seal {
    fn new(secret: &Secret) -> Result<Self> {
        let key = hmac::sign(&hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes()), b"lede keys");
        Self::of(key.as_ref())
    }

    fn of(key: &[u8]) -> Result<Self> {
        UnboundKey::new(&AES_256_GCM, key)
            .map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| Error::internal("the sealing key has the wrong length"))
    }

    fn close(&self, purpose: &str, plain: &[u8], nonce: [u8; NONCE_LEN]) -> Result<Vec<u8>> {
        let mut sealed = plain.to_vec();
        self.0
            .seal_in_place_append_tag(
                Nonce::assume_unique_for_key(nonce),
                Aad::from(purpose.as_bytes()),
                &mut sealed,
            )
            .map_err(|_| Error::internal("a key could not be sealed"))?;
        Ok([nonce.as_slice(), &sealed].concat())
    }

    fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let opened = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(purpose.as_bytes()), &mut sealed)
            .ok()?;
        Some(opened.to_vec())
    }
}
