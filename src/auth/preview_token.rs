//! What the tokens of preview links look like: `lede_preview_`, 43 characters of secret and 6 of checksum, so that scanners
//! find leaked ones and nobody takes one for an API key.

use super::token_text::{CHECKSUM, SECRET, checksum, letters};
use crate::base::error::Result;
use crate::base::http::json::sha256;
use crate::base::random::Random;

/// What every token starts with.
pub const START: &str = "lede_preview_";

/// The token of a preview link. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub struct PreviewToken(String);

impl std::fmt::Debug for PreviewToken {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{START}***")
    }
}

impl PreviewToken {
    /// A new token.
    ///
    /// # Errors
    /// Internal, if there are no random bytes.
    pub fn make(random: &Random) -> Result<Self> {
        let text = format!("{START}{}", letters::<SECRET>(random)?);
        let checksum = checksum(&text);
        Ok(Self(text + &checksum))
    }

    /// Reads a token; `None` if it cannot be one of ours.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let rest = text.strip_prefix(START)?;
        let is_base62 =
            rest.len() == SECRET + CHECKSUM && rest.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let (said, sum) = text.split_at_checked(START.len() + SECRET).filter(|_| is_base62)?;
        (checksum(said) == sum).then(|| Self(text.to_owned()))
    }

    /// The token itself, to be shown once.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// What is stored of it.
    #[must_use]
    pub fn hash(&self) -> [u8; 32] {
        sha256(self.0.as_bytes())
    }
}
