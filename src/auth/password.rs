//! Password rules and hashing. Hashing is slow and takes memory by design, so it runs in the pool for the processor. Logins
//! wait in a queue of their own in front of it, so that other work never waits behind them.

use std::net::IpAddr;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use unicode_normalization::UnicodeNormalization as _;

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

    /// A new password: at least 15 characters, at least five of them different.
    ///
    /// # Errors
    /// `password-too-short`, `password-too-long`, `password-too-simple`.
    pub fn chosen(text: &str) -> Result<Self, Invalid> {
        let password = Self::typed(text)?;
        if password.0.chars().count() < 15 {
            return Err(Invalid::new("password-too-short", "Must be at least 15 characters."));
        }
        if password.0.chars().collect::<std::collections::BTreeSet<_>>().len() < 5 {
            return Err(Invalid::new(
                "password-too-simple",
                "Must contain at least five different characters.",
            ));
        }
        Ok(password)
    }
}

/// Hashes and verifies passwords.
#[derive(Debug, Clone)]
pub struct Passwords {
    compute: Compute,
    /// One a core.
    turns: Permits,
    /// The networks from which a right password came. Their places in the queue cannot be taken by strangers, who can
    /// try wrong passwords from any number of other networks. In memory: each replica has its own.
    known: Cache<IpAddr, ()>,
    /// A hash that matches no password, verified when the user does not exist, so that both cases take the same time.
    nobody: Arc<String>,
}

impl Passwords {
    /// Hashes in this pool.
    pub fn new(compute: &Compute) -> Result<Self> {
        Ok(Self {
            compute: compute.clone(),
            turns: Permits::new(cores(), MAX_WAITING, "too many logins are waiting"),
            known: Cache::builder().max_capacity(MAX_KNOWN).eviction_policy(EvictionPolicy::lru()).build(),
            nobody: Arc::new(nobody()?),
        })
    }

    /// The hash of a password, as a PHC string.
    ///
    /// # Errors
    /// Unavailable, when too many wait.
    pub async fn hash(&self, password: Password) -> Result<String> {
        self.run(0, move || hash(&password)).await
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
        let verify = move || {
            let hash = PasswordHash::new(&hash).map_err(|e| Error::internal(e.to_string()))?;
            Ok(argon2()?.verify_password(password.0.as_bytes(), &hash).is_ok() && has_hash)
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

/// Argon2id with 19 MiB and three passes.
fn argon2() -> Result<Argon2<'static>> {
    let params = Params::new(19_456, 3, 1, None).map_err(|e| Error::internal(e.to_string()))?;
    Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
}

/// A hash that no password has. It costs as much to verify against as any other, and nothing to make.
fn nobody() -> Result<String> {
    let argon2 = argon2()?;
    let params = argon2.params();
    let (memory, passes, lanes) = (params.m_cost(), params.t_cost(), params.p_cost());
    let (salt, output) = ("A".repeat(22), "A".repeat(43));
    Ok(format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${output}"))
}

fn hash(password: &Password) -> Result<String> {
    let hash = argon2()?.hash_password(password.0.as_bytes()).map_err(|e| Error::internal(e.to_string()))?;
    Ok(hash.to_string())
}
