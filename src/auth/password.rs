//! Passwords and their hashes. Hashing is slow and takes memory by design, so it has turns and a queue of its own,
//! apart from other work for the processor, and leaves one core to that work. On Linux its threads also have the lowest
//! priority: many logins delay each other but not readers.

use std::net::IpAddr;
use std::sync::Arc;

use argon2::password_hash::phc::PasswordHash;
use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, PasswordVerifier as _, Version};
use moka::policy::EvictionPolicy;
use moka::sync::Cache;
use tokio::sync::oneshot;
use unicode_normalization::UnicodeNormalization as _;

use super::PasswordRules;
use crate::base::compute::cores;
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
    /// What a hash has cost.
    fn of(hash: &PasswordHash) -> Option<Self> {
        let params = Params::try_from(hash).ok()?;
        Some(Self { kibibytes: params.m_cost(), passes: params.t_cost() })
    }

    /// The cost of an additional hash that makes up for a hash made at the lower cost `made`; `None` if `made` is not
    /// lower.
    #[must_use]
    pub fn beyond(self, made: Self) -> Option<Self> {
        let cost = |of: Self| u64::from(of.kibibytes) * u64::from(of.passes);
        let missing = cost(self).saturating_sub(cost(made)) / u64::from(self.passes.max(1));
        let kibibytes = u32::try_from(missing).ok().filter(|kibibytes| *kibibytes >= Params::MIN_M_COST)?;
        Some(Self { kibibytes, ..self })
    }

    fn argon2(self) -> Result<Argon2<'static>> {
        let params =
            Params::new(self.kibibytes, self.passes, 1, None).map_err(|e| Error::internal(e.to_string()))?;
        Ok(Argon2::new(Algorithm::Argon2id, Version::V0x13, params))
    }
}

/// Hashes and verifies passwords.
#[derive(Debug, Clone)]
pub struct Passwords {
    cost: HashCost,
    /// One for each core except one.
    turns: Permits,
    /// The networks from which a right password came. Their places in the queue cannot be taken by strangers, who can
    /// try wrong passwords from any number of other networks. In memory: each replica has its own.
    known: Cache<IpAddr, ()>,
    /// A hash that matches no password, verified when the user does not exist, so that both cases take the same time.
    nobody: Arc<String>,
}

impl Passwords {
    /// Hashes at this cost.
    #[must_use]
    pub fn new(cost: HashCost) -> Self {
        let turns = cores().saturating_sub(1).max(1);
        Self {
            cost,
            turns: Permits::new(turns, MAX_WAITING, "too many logins are waiting"),
            known: Cache::builder().max_capacity(MAX_KNOWN).eviction_policy(EvictionPolicy::lru()).build(),
            nobody: Arc::new(nobody(cost)),
        }
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
        let made = PasswordHash::new(hash).ok().and_then(|hash| HashCost::of(&hash));
        made.is_some_and(|made| made.kibibytes < self.cost.kibibytes || made.passes < self.cost.passes)
    }

    /// Whether `password`, which came from `network`, is the one that was hashed. Without a hash, or with one that was
    /// made at a lower cost, it takes the same time to find that it is not.
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
            let is_right = cost.argon2()?.verify_password(password.0.as_bytes(), &hash).is_ok();
            if !is_right && let Some(missing) = HashCost::of(&hash).and_then(|made| cost.beyond(made)) {
                missing
                    .argon2()?
                    .hash_password(password.0.as_bytes())
                    .map_err(|e| Error::internal(e.to_string()))?;
            }
            Ok(is_right && has_hash)
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
        let (sender, done) = oneshot::channel();
        let work = move || {
            let _turn = turn;
            lower_priority();
            // The request may have been given up meanwhile.
            let _ = sender.send(work());
        };
        // A thread for each hash: its priority could not be raised again for other work.
        let thread = std::thread::Builder::new().name("password".to_owned()).spawn(work);
        thread.map_err(|e| Error::internal(format!("no thread for a password: {e}")))?;
        done.await.map_err(|_| Error::internal("hashing a password panicked"))?
    }
}

/// Gives this thread the lowest priority.
fn lower_priority() {
    // On Linux the call is about the calling thread, elsewhere about the whole process.
    #[cfg(target_os = "linux")]
    if let Err(e) = rustix::process::setpriority_process(None, 19) {
        log::debug!("the priority of a thread that hashes could not be lowered: {e}");
    }
}

/// A hash that no password has. It costs as much to verify against as any other, and nothing to make.
fn nobody(HashCost { kibibytes, passes }: HashCost) -> String {
    let (salt, output) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={kibibytes},t={passes},p=1${salt}${output}")
}
