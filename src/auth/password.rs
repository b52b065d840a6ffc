//! Password rules and hashing. Hashing is slow and takes memory by design, so it runs in the pool for the processor. Logins
//! wait in a queue of their own in front of it, so that other work never waits behind them.

use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use unicode_normalization::UnicodeNormalization as _;

use crate::base::compute::{Compute, cores};
use crate::base::error::{Error, Invalid, Result};
use crate::base::permits::Permits;

/// How many hashes may wait.
const MAX_WAITING: usize = 64;

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
    /// `too-long` above 256 bytes.
    pub fn typed(text: &str) -> Result<Self, Invalid> {
        if text.len() > 256 {
            return Err(Invalid::new("password-too-long", "Must be at most 256 bytes."));
        }
        Ok(Self(text.nfkc().collect()))
    }

    /// A new password: at least 15 characters, at least five of them different.
    ///
    /// # Errors
    /// `too-short`, `too-long`, `too-simple`.
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
    /// A hash that matches no password, verified when the user does not exist, so that both cases take the same time.
    nobody: Arc<String>,
}

impl Passwords {
    /// Hashes in this pool.
    pub fn new(compute: &Compute) -> Result<Self> {
        Ok(Self {
            compute: compute.clone(),
            turns: Permits::new(cores(), MAX_WAITING, "too many logins are waiting"),
            nobody: Arc::new(nobody()?),
        })
    }

    /// The hash of a password, as a PHC string.
    ///
    /// # Errors
    /// Unavailable, when too many wait.
    pub async fn hash(&self, password: Password) -> Result<String> {
        self.run(move || hash(&password)).await
    }

    /// Whether `password` is the one that was hashed. Without a hash, takes the same time and returns false.
    ///
    /// # Errors
    /// Unavailable, when too many wait.
    pub async fn verify(&self, password: Password, hash: Option<String>) -> Result<bool> {
        let known = hash.is_some();
        let hash = hash.unwrap_or_else(|| self.nobody.to_string());
        self.run(move || {
            let hash = PasswordHash::new(&hash).map_err(|e| Error::internal(e.to_string()))?;
            Ok(argon2()?.verify_password(password.0.as_bytes(), &hash).is_ok() && known)
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> Result<T> + Send + 'static) -> Result<T> {
        let turn = self.turns.acquire().await?;
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
