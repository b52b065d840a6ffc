//! Codes as people type them: six digits from an app, or a recovery code.

use base32::Alphabet;
use utoipa::ToSchema;

use crate::auth::Keys;
use crate::base::error::{Error, Invalid, Result};
use crate::base::ids::UserId;
use crate::base::random::Random;
use crate::base::text::validate;

/// The longest code that is taken, in characters: a recovery code, however it is spaced.
const MAX_TYPED: usize = 64;
/// The digits of a one-time code.
const DIGITS: usize = 6;
/// The bytes of a recovery code: 120 bits, so that a keyed hash of it is enough and needs no slow one.
const RECOVERY_BYTES: usize = 15;
/// The characters of a recovery code, and how many stand between two hyphens.
const RECOVERY_CHARS: usize = 24;
const GROUP: usize = 6;
const BASE32: Alphabet = Alphabet::Rfc4648Lower { padding: false };

/// A code that was entered. `Debug` does not show it.
#[derive(Clone, PartialEq, Eq)]
pub enum Code {
    /// Six digits: perhaps the one-time code of the moment.
    OneTime(String),
    /// Perhaps a recovery code.
    Recovery(RecoveryCode),
    /// Neither, so never right.
    Malformed,
}

impl std::fmt::Debug for Code {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl Code {
    /// The `code` of a request body. `None` if nothing was typed.
    ///
    /// # Errors
    /// `code-too-long`.
    pub fn parse(text: Option<&str>) -> Result<Option<Self>> {
        let text = validate::text("code", text.unwrap_or_default(), MAX_TYPED)
            .map_err(|Invalid { code, detail }| Error::invalid("/code", code, detail))?;
        Ok(Self::typed(&text))
    }

    /// A code as it was typed: white space, hyphens and upper case do not matter. `None` if nothing was typed.
    #[must_use]
    pub fn typed(text: &str) -> Option<Self> {
        let code: String = text.chars().filter(|c| !c.is_whitespace() && *c != '-').collect();
        let code = code.to_ascii_lowercase();
        let is_recovery_code = || code.len() == RECOVERY_CHARS && base32::decode(BASE32, &code).is_some();
        match code.len() {
            0 => None,
            DIGITS if code.bytes().all(|byte| byte.is_ascii_digit()) => Some(Self::OneTime(code)),
            _ if is_recovery_code() => Some(Self::Recovery(RecoveryCode(code))),
            _ => Some(Self::Malformed),
        }
    }
}

/// A code that stands in for the authenticator app once.
// `Debug` does not show it.
#[derive(Clone, PartialEq, Eq, ToSchema)]
#[schema(value_type = String, min_length = 27, max_length = 27, example = "k5x2qw-3np7ab-c6ytmj-zr4dle")]
pub struct RecoveryCode(String);

impl std::fmt::Debug for RecoveryCode {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("***")
    }
}

impl RecoveryCode {
    /// A new code.
    ///
    /// # Errors
    /// Internal, if there are no random bytes.
    pub fn make(random: &Random) -> Result<Self> {
        Ok(Self(base32::encode(BASE32, &random.bytes::<RECOVERY_BYTES>()?)))
    }

    /// The code as it is shown, once: four groups of six characters.
    #[must_use]
    pub fn expose(&self) -> String {
        let chars: Vec<char> = self.0.chars().collect();
        chars.chunks(GROUP).map(|group| group.iter().collect::<String>()).collect::<Vec<_>>().join("-")
    }

    /// What is kept of a user's code.
    pub(super) fn hash(&self, keys: &Keys, user: UserId) -> Vec<u8> {
        keys.mac("recovery code", &format!("{user} {}", self.0)).to_vec()
    }
}
