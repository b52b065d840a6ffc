//! How the rows of `keys` are encrypted: with a key derived from the installation's secret. The secret that it had before
//! opens them, too, and they are then sealed anew.

use diesel::prelude::*;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::hmac;

use crate::base::clock::Timestamp;
use crate::base::config::Secret;
use crate::base::db::schema::keys;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::KeyId;

/// What a key is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// Signing access tokens.
    Sign,
    /// Hashes, links and seals.
    Mac,
}

impl Purpose {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Sign => "sign",
            Self::Mac => "mac",
        }
    }
}

/// A key that was opened.
#[derive(Clone)]
pub struct StoredKey {
    /// The id.
    pub id: KeyId,
    /// The key itself.
    pub seed: [u8; 32],
    /// When another key took its place.
    pub retired_at: Option<Timestamp>,
}

/// A row of `keys`: id, purpose, sealed key, retired when.
pub(super) type KeyRow = (KeyId, String, Vec<u8>, Option<Timestamp>);

/// Opens and closes the rows of `keys`.
pub struct Seal {
    current: Cipher,
    previous: Option<Cipher>,
}

impl Seal {
    /// With the installation's secret, and the one that it had before.
    ///
    /// # Errors
    /// Internal, if a derived key has the wrong length.
    pub fn new(secret: &Secret, previous: Option<&Secret>) -> Result<Self> {
        let cipher = |secret: &Secret| {
            let key = hmac::Key::new(hmac::HMAC_SHA256, secret.expose().as_bytes());
            Cipher::of(hmac::sign(&key, b"lede keys").as_ref())
        };
        Ok(Self { current: cipher(secret)?, previous: previous.map(cipher).transpose()? })
    }

    /// Checks that every key in the database opens.
    ///
    /// # Errors
    /// Unavailable, with a message for the operator.
    pub fn check(&self, conn: &mut Connection) -> Result<()> {
        let opens = |row: KeyRow| self.open(row).map(drop);
        rows(conn, None)?.into_iter().try_for_each(opens)
    }

    /// Seals with the current secret what only the previous one opens. Returns how many keys that were.
    ///
    /// # Errors
    /// Those of the database; unavailable, if a key does not open with either.
    pub fn reseal(&self, tx: &mut Tx<'_>) -> Result<usize> {
        let mut resealed = 0;
        for row in rows(tx, None)? {
            if self.current.open(&row.1, &row.2).is_some() {
                continue;
            }
            let (purpose, StoredKey { id, seed, .. }) = (row.1.clone(), self.open(row)?);
            let sealed = self.current.close(&purpose, &seed, tx.random().bytes()?)?;
            resealed += diesel::update(keys::table.filter(keys::id.eq(id)))
                .set(keys::sealed.eq(sealed))
                .execute(&mut **tx)?;
        }
        Ok(resealed)
    }

    /// Every key for that purpose, newest first.
    ///
    /// # Errors
    /// Those of the database; unavailable, if one does not open.
    pub fn load(&self, conn: &mut Connection, purpose: Purpose) -> Result<Vec<StoredKey>> {
        self.open_all(rows(conn, Some(purpose))?)
    }

    /// Opens rows that were read.
    ///
    /// # Errors
    /// Unavailable, if one does not open.
    pub(super) fn open_all(&self, rows: Vec<KeyRow>) -> Result<Vec<StoredKey>> {
        rows.into_iter().map(|row| self.open(row)).collect()
    }

    /// The current key for that purpose, which is made if there is none. Two processes that start together make one.
    ///
    /// # Errors
    /// Those of the database; unavailable, if it does not open.
    pub fn find_or_make(&self, tx: &mut Tx<'_>, purpose: Purpose) -> Result<StoredKey> {
        lock(tx)?;
        let current = self.load(tx, purpose)?.into_iter().find(|key| key.retired_at.is_none());
        current.map_or_else(|| self.make(tx, purpose), Ok)
    }

    /// Makes a new key.
    ///
    /// # Errors
    /// Those of the database.
    pub fn make(&self, tx: &mut Tx<'_>, purpose: Purpose) -> Result<StoredKey> {
        let (id, seed, now) = (tx.new_id::<KeyId>()?, tx.random().bytes::<32>()?, tx.now());
        diesel::insert_into(keys::table)
            .values((
                keys::id.eq(id),
                keys::purpose.eq(purpose.as_str()),
                keys::sealed.eq(self.current.close(purpose.as_str(), &seed, tx.random().bytes()?)?),
                keys::created_at.eq(now),
            ))
            .execute(&mut **tx)?;
        Ok(StoredKey { id, seed, retired_at: None })
    }

    fn open(&self, (id, purpose, sealed, retired_at): KeyRow) -> Result<StoredKey> {
        let ciphers = [Some(&self.current), self.previous.as_ref()];
        let opened = ciphers.into_iter().flatten().find_map(|cipher| cipher.open(&purpose, &sealed));
        let seed = opened.and_then(|key| key.try_into().ok()).ok_or_else(wrong_secret)?;
        Ok(StoredKey { id, seed, retired_at })
    }
}

/// Keeps other processes from making keys until this transaction ends.
///
/// # Errors
/// Those of the database.
pub(super) fn lock(tx: &mut Tx<'_>) -> Result<()> {
    if let Connection::Postgres(conn) = &mut **tx {
        diesel::sql_query("LOCK TABLE keys IN EXCLUSIVE MODE").execute(conn)?;
    }
    Ok(())
}

/// The rows for a purpose, or all of them, newest first.
pub(super) fn rows(conn: &mut Connection, purpose: Option<Purpose>) -> Result<Vec<KeyRow>> {
    let mut rows = keys::table
        .select((keys::id, keys::purpose, keys::sealed, keys::retired_at))
        .order(keys::id.desc())
        .into_boxed();
    if let Some(purpose) = purpose {
        rows = rows.filter(keys::purpose.eq(purpose.as_str()));
    }
    Ok(rows.load(conn)?)
}

fn wrong_secret() -> Error {
    Error::unavailable(
        "the secret does not decrypt this database's keys; is it the secret of another installation? See LEDE_SECRET",
    )
}

/// AES-256-GCM with one key.
pub(super) struct Cipher(LessSafeKey);

impl Cipher {
    pub fn of(key: &[u8]) -> Result<Self> {
        UnboundKey::new(&AES_256_GCM, key)
            .map(|key| Self(LessSafeKey::new(key)))
            .map_err(|_| Error::internal("the sealing key has the wrong length"))
    }

    pub fn close(&self, purpose: &str, plain: &[u8], nonce: [u8; NONCE_LEN]) -> Result<Vec<u8>> {
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

    pub fn open(&self, purpose: &str, sealed: &[u8]) -> Option<Vec<u8>> {
        let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LEN>()?;
        let mut sealed = sealed.to_vec();
        let opened = self
            .0
            .open_in_place(Nonce::assume_unique_for_key(*nonce), Aad::from(purpose.as_bytes()), &mut sealed)
            .ok()?;
        Some(opened.to_vec())
    }
}
