//! Passwords and their hashes. Hashing is slow and takes memory by design, so it runs in the pool for the processor. Logins
//! wait in a queue of their own in front of it, so that other work never waits behind them.

use std::net::IpAddr;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use unicode_normalization::UnicodeNormalization as _;

use super::PasswordRules;
use crate::base::compute::{Compute, cores};
use crate::base::error::{Error, Invalid, Result};
use crate::base::permits::Permits;

/// How many hashes may wait.
const MAX_WAITING: usize = 64;
/// How many more may wait for networks in [`Passwords::known`].
const RESERVED: usize = 64;
/// How many networks are known; beyond that the one whose last login is oldest is forgotten.
const MAX_KNOWN: u64 = 10_000;

/// A password in Unicode's form NFKC. `Debug` does not print it.
#[derive(Clone)]
pub struct Password(String);

impl std::fmt::Debug for Password {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Password {
    /// A password that was entered at a login.
    ///
    /// # Errors
    /// `password-too-long` above 256 bytes.
    pub fn typed(text: &str) -> Result<Self, Invalid> {
        if text.len() > 256 {
            return Err(Invalid::new("password-too-long", "Must be at most 256 bytes."));
        }
        Ok(Self(text.nfkc().collect()))
    }

    /// A new password that these rules allow.
    ///
    /// # Errors
    /// `password-too-long`, and those of the rules.
    pub fn chosen(text: &str, rules: &PasswordRules) -> Result<Self, Invalid> {
        let password = Self::typed(text)?;
        rules.check(&password.0)?;
        Ok(password)
    }
}

/// What one hash costs to make and to verify, with Argon2id on one lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct HashCost {
    /// Memory, in KiB.
    pub kibibytes: u32,
    /// Passes over the memory.
    pub passes: u32,
}

impl Default for HashCost {
    /// 19 MiB and three passes, above the floor of OWASP ASVS 5, appendix C.
    fn default() -> Self {
        Self { kibibytes: 19_456, passes: 3 }
    }
}

impl HashCost {
    fn argon2(self) -> Result<Argon2<'static>> {
        let params =
            Params::new(self.kibibytes, self.passes, 1, None).map_err(|e| Error::internal(e.to_string()))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// Hashes and verifies passwords.
#[derive(Debug, Clone)]
pub struct Passwords {
    compute: Compute,
    cost: HashCost,
    /// One a core.
    turns: Permits,
    /// The networks from which a right password came. Their places in the queue cannot be taken by strangers, who can
    /// try wrong passwords from any number of other networks. In memory: each replica has its own.
    known: Cache<IpAddr, ()>,
    /// A hash that matches no password, verified when the user does not exist, so that both cases take the same time.
    nobody: Arc<String>,
}

impl Passwords {
    /// Hashes in this pool, at this cost.
    pub fn new(compute: &Compute, cost: HashCost) -> Result<Self> {
        Ok(Self {
            compute: compute.clone(),
            cost,
            turns: Permits::new(cores(), MAX_WAITING, "too many logins are waiting"),
            known: Cache::builder().max_capacity(MAX_KNOWN).eviction_policy(EvictionPolicy::lru()).build(),
            nobody: Arc::new(nobody(cost)),
        })
    }

    /// The hash of a password, as a PHC string.
    ///
    /// # Errors
    /// Unavailable, when too many wait.
    pub async fn hash(&self, password: Password) -> Result<String> {
        let cost = self.cost;
        let hash = move || {
            let hash = cost.argon2()?.hash_password(password.0.as_bytes());
            Ok(hash.map_err(|e| Error::internal(e.to_string()))?.to_string())
        };
        self.run(0, hash).await
    }

    /// Whether a hash was made at a lower cost than today's.
    #[must_use]
    pub fn is_outdated(&self, hash: &str) -> bool {
        let params = PasswordHash::new(hash).ok().and_then(|hash| Params::try_from(&hash).ok());
        params.is_some_and(|made| made.m_cost() < self.cost.kibibytes || made.t_cost() < self.cost.passes)
    }

    /// Whether `password`, which came from `network`, is the one that was hashed. Without a hash, takes the same time and
    /// returns false.
    ///
    /// # Errors
    /// Unavailable, when too many wait.
    pub async fn verify(&self, password: Password, hash: Option<String>, network: IpAddr) -> Result<bool> {
        let has_hash = hash.is_some();
        let reserved = if self.known.contains_key(&network) { RESERVED } else { 0 };
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        let cost = self.cost;
        let verify = move || {
            let hash = PasswordHash::new(&hash).map_err(|e| Error::internal(e.to_string()))?;
            Ok(cost.argon2()?.verify_password(password.0.as_bytes(), &hash).is_ok() && has_hash)
        };
        let is_right = self.run(reserved, verify).await?;
        if is_right {
            self.known.insert(network, ());
        }
        Ok(is_right)
    }

    async fn run<T, F>(&self, reserved: usize, work: F) -> Result<T>
    where
        T: Send + 'static,
        F: FnOnce() -> Result<T> + Send + 'static,
    {
        let turn = self.turns.acquire_with(reserved).await?;
        let work = move || {
            let _turn = turn;
            work()
        };
        self.compute.run(work).await
    }
}

/// A hash that no password has. It costs as much to verify against as any other, and nothing to make.
fn nobody(HashCost { kibibytes, passes }: HashCost) -> String {
    let (salt, output) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={kibibytes},t={passes},p=1${salt}${output}")
}
