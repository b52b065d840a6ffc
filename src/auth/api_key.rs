//! What API keys look like: `lede_`, 8 characters that name the key, `_`, 43 of secret and 6 of checksum, so that scanners
//! find leaked ones and a mistyped one costs no query.

use ring::digest::{SHA256, digest};

use super::token_text::{CHECKSUM, SECRET, checksum, letters};
use crate::base::error::Result;
use crate::base::random::Random;

/// What every key starts with.
pub const START: &str = "lede_";
/// The characters of the part that names a key.
const PREFIX: usize = 8;

/// A key as its owner holds it. `Debug` shows only the part that names it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKeyText {
    prefix: String,
    secret: String,
}

impl std::fmt::Debug for ApiKeyText {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{START}{}_***", self.prefix)
    }
}

impl ApiKeyText {
    /// A new key.
    ///
    /// # Errors
    /// Internal, if there are no random bytes.
    pub fn make(random: &Random) -> Result<Self> {
        Self::with_prefix(letters::<PREFIX>(random)?, random)
    }

    /// A new secret for the key with that prefix.
    ///
    /// # Errors
    /// Internal, if there are no random bytes.
    pub fn with_prefix(prefix: String, random: &Random) -> Result<Self> {
        Ok(Self { prefix, secret: letters::<SECRET>(random)? })
    }

    /// Reads a key; `None` if it cannot be one of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (prefix, rest) = text.strip_prefix(START)?.split_once('_')?;
        let is_base62 = prefix.len() == PREFIX
            && rest.len() == SECRET + CHECKSUM
            && prefix.bytes().chain(rest.bytes()).all(|byte| byte.is_ascii_alphanumeric());
        let (secret, checksum) = rest.split_at_checked(SECRET).filter(|_| is_base62)?;
        let key = Self { prefix: prefix.to_owned(), secret: secret.to_owned() };
        (key.checksum() == checksum).then_some(key)
    }

    /// The key itself, to be shown once.
    #[must_use]
    pub fn expose(&self) -> String {
        format!("{START}{}_{}{}", self.prefix, self.secret, self.checksum())
    }

    /// The part that names the key.
    #[must_use]
    pub fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What is stored of the secret.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        let mut hash = [0; 32];
        hash.copy_from_slice(digest(&SHA256, self.secret.as_bytes()).as_ref());
        hash
    }

    /// The checksum of what comes before it.
    fn checksum(&self) -> String {
        checksum(&format!("{START}{}_{}", self.prefix, self.secret))
    }
}
