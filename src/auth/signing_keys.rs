//! The keys that sign access tokens, by `kid`. A new one can take over at any time, from any process: the others learn of it
//! when they first meet a token that it signed, and every few seconds.

use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use diesel::prelude::*;
use jsonwebtoken::{DecodingKey, EncodingKey};
use tokio::time::Instant;

use super::seal::{self, Purpose, Seal, StoredKey};
use super::signing::KeyPair;
use crate::base::clock::Timestamp;
use crate::base::db::schema::keys;
use crate::base::db::{Connection, Database, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::KeyId;

/// How long after one load of the keys the next may begin.
const INTERVAL: Duration = Duration::from_secs(1);
/// How long tokens of a retired key are accepted: longer than a token lives, and than another replica signs with it.
const OVERLAP: Duration = Duration::from_secs(3600);

/// The current key and those that are still accepted.
struct Ring {
    kid: KeyId,
    encoding: EncodingKey,
    accepted: HashMap<KeyId, Accepted>,
}

struct Accepted {
    decoding: DecodingKey,
    public: Vec<u8>,
}

/// The keys that sign access tokens.
pub struct SigningKeys {
    db: Database,
    seal: Arc<Seal>,
    ring: RwLock<Arc<Ring>>,
    /// Held while keys are loaded.
    turn: tokio::sync::Mutex<Turn>,
    /// How often loading them has begun.
    loads: AtomicU64,
}

/// The latest loads of the keys.
#[derive(Debug, Default)]
struct Turn {
    /// When the last one began.
    began: Option<Instant>,
    /// The number of the last one that succeeded. Whoever waits for one that failed tries again.
    succeeded: u64,
}

impl SigningKeys {
    /// Loads the keys, and makes the first one.
    ///
    /// # Errors
    /// Those of the database; unavailable, if the secret does not open them.
    pub async fn open(db: &Database, seal: &Arc<Seal>) -> Result<Self> {
        let making = seal.clone();
        db.write(move |tx| making.find_or_make(tx, Purpose::Sign)).await?;
        let ring = RwLock::new(Arc::new(load(db, seal).await??));
        Ok(Self {
            db: db.clone(),
            seal: seal.clone(),
            ring,
            turn: tokio::sync::Mutex::default(),
            loads: 0.into(),
        })
    }

    /// The key that signs new tokens.
    #[must_use]
    pub fn current(&self) -> (KeyId, EncodingKey) {
        let ring = self.ring();
        (ring.kid, ring.encoding.clone())
    }

    /// The key with that id, if its tokens are accepted.
    #[must_use]
    pub fn find(&self, kid: KeyId) -> Option<DecodingKey> {
        self.ring().accepted.get(&kid).map(|key| key.decoding.clone())
    }

    /// Whether tokens of the key with that id are accepted.
    #[must_use]
    pub fn accepts(&self, kid: KeyId) -> bool {
        self.ring().accepted.contains_key(&kid)
    }

    /// The public keys as JSON Web Keys (RFC 7517, RFC 8037).
    #[must_use]
    pub fn public(&self) -> Vec<(KeyId, String)> {
        let ring = self.ring();
        let mut keys: Vec<_> = ring
            .accepted
            .iter()
            .map(|(kid, key)| (*kid, BASE64_URL_SAFE_NO_PAD.encode(&key.public)))
            .collect();
        keys.sort_unstable();
        keys
    }

    /// Loads the keys anew, once a second at most: concurrent callers wait and share the next load. So tokens with
    /// made-up key ids cost one small query a second. If the secret of this process does not open the keys, because
    /// another one has sealed them with a new secret, those in memory remain.
    ///
    /// # Errors
    /// Those of the database.
    pub async fn reload(&self) -> Result<()> {
        let seen = self.loads.load(Ordering::SeqCst);
        let mut turn = self.turn.lock().await;
        if turn.succeeded > seen {
            return Ok(());
        }
        if let Some(began) = turn.began {
            tokio::time::sleep_until(began + INTERVAL).await;
        }
        turn.began = Some(Instant::now());
        let number = self.loads.fetch_add(1, Ordering::SeqCst) + 1;
        match load(&self.db, &self.seal).await? {
            Ok(ring) => *self.ring.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(ring),
            Err(error) => log::error!("the signing keys in memory stay in use: {error}"),
        }
        turn.succeeded = number;
        Ok(())
    }

    fn ring(&self) -> Arc<Ring> {
        self.ring.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

/// Loads the keys. A key that cannot be decrypted is reported differently from a failed query.
async fn load(db: &Database, seal: &Arc<Seal>) -> Result<Result<Ring>> {
    let now = db.clock().now();
    let rows = db.read(|conn| seal::rows(conn, Some(Purpose::Sign))).await?;
    Ok(seal.open_all(rows).and_then(|stored| ring(stored, now)))
}

fn ring(stored: Vec<StoredKey>, now: Timestamp) -> Result<Ring> {
    let is_accepted = |key: &StoredKey| key.retired_at.is_none_or(|at| at.plus(OVERLAP) > now);
    let mut current = None;
    let mut accepted = HashMap::new();
    for key in stored.into_iter().filter(is_accepted) {
        let KeyPair { encoding, decoding, public } = KeyPair::of(&key.seed)?;
        if key.retired_at.is_none() && current.is_none() {
            current = Some((key.id, encoding));
        }
        accepted.insert(key.id, Accepted { decoding, public });
    }
    let (kid, encoding) = current.ok_or_else(|| Error::internal("there is no signing key"))?;
    Ok(Ring { kid, encoding, accepted })
}

/// A signing key as operators see it.
#[derive(Debug, Clone, Queryable)]
pub struct SigningKey {
    /// The `kid` of the tokens it signs.
    pub id: KeyId,
    /// When it was made.
    pub created_at: Timestamp,
    /// When another took its place.
    pub retired_at: Option<Timestamp>,
}

/// Every signing key, newest first.
pub fn list(conn: &mut Connection) -> Result<Vec<SigningKey>> {
    Ok(keys::table
        .filter(keys::purpose.eq(Purpose::Sign.as_str()))
        .order(keys::id.desc())
        .select((keys::id, keys::created_at, keys::retired_at))
        .load(conn)?)
}

/// Makes a new key that signs from now on. Tokens of the others are accepted until they expire or, with `at_once`, no longer:
/// their keys are deleted.
///
/// # Errors
/// Those of the database.
pub fn rotate(tx: &mut Tx<'_>, seal: &Seal, at_once: bool) -> Result<KeyId> {
    seal::lock(tx)?;
    let (now, signing) = (tx.now(), keys::table.filter(keys::purpose.eq(Purpose::Sign.as_str())));
    if at_once {
        diesel::delete(signing).execute(&mut **tx)?;
    } else {
        diesel::update(signing.filter(keys::retired_at.is_null()))
            .set(keys::retired_at.eq(Some(now)))
            .execute(&mut **tx)?;
    }
    Ok(seal.make(tx, Purpose::Sign)?.id)
}

/// Deletes retired keys whose tokens are no longer accepted. Returns whether there may be more, which is never.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let before = tx.now().minus(OVERLAP);
    diesel::delete(
        keys::table
            .filter(keys::purpose.eq(Purpose::Sign.as_str()))
            .filter(keys::retired_at.is_not_null())
            .filter(keys::retired_at.assume_not_null().le(before)),
    )
    .execute(&mut **tx)?;
    Ok(false)
}
