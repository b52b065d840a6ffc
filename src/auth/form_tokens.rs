//! Tokens in the hidden field of a form, so that automated submissions are noticed: a sealed moment that is valid for a
//! day, not before a person could have filled in the form, and for one address.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use moka::sync::Cache;
use subtle::ConstantTimeEq as _;

use super::Keys;
use crate::base::clock::Timestamp;
use crate::base::error::Result;
use crate::base::random::Random;

/// How long a form can be submitted after it was shown.
const VALID_FOR: Duration = Duration::from_secs(24 * 3600);
/// How long a person takes at least.
const MIN_AGE: Duration = Duration::from_secs(2);
/// How many used tokens are remembered; beyond that the oldest are forgotten before they expire.
const MAX_REMEMBERED: u64 = 100_000;

/// A moment and eight random bytes, sealed by sixteen.
type Sealed = [u8; 32];

/// The tokens that were used, each with the address it was used for. In memory: each replica has its own.
#[derive(Debug)]
pub struct FormTokens(Cache<Sealed, String>);

/// What the token of a submitted form shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FormCheck {
    /// A person has had the time to fill in the form.
    Good,
    /// The token was used before, for the same address.
    Replayed,
    /// Submitted faster than a person can type. The same token is good a moment later.
    TooFast,
    /// There is no token, or it has expired, or it was used for another address.
    Stale,
}

impl Default for FormTokens {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MAX_REMEMBERED).time_to_live(VALID_FOR).build())
    }
}

impl FormTokens {
    /// A token for a form that is shown now.
    pub fn issue(&self, keys: &Keys, random: &Random, now: Timestamp) -> Result<String> {
        let mut token = [0; 32];
        let (head, seal) = token.split_at_mut(16);
        let (moment, number) = head.split_at_mut(8);
        moment.copy_from_slice(&now.as_micros().to_be_bytes());
        number.copy_from_slice(&random.bytes::<8>()?);
        seal.copy_from_slice(&seal_of(keys, head));
        Ok(BASE64_URL_SAFE_NO_PAD.encode(token))
    }

    /// A token that is good at once, for a form that was submitted without one and is shown again.
    pub fn issue_ready(&self, keys: &Keys, random: &Random, now: Timestamp) -> Result<String> {
        self.issue(keys, random, now.minus(MIN_AGE))
    }

    /// Checks the token of a form submitted for an address, given its key. A good token is used up.
    #[must_use]
    pub fn check(&self, keys: &Keys, text: Option<&str>, key: &str, now: Timestamp) -> FormCheck {
        let Some((token, at)) = text.and_then(|text| read(keys, text)) else { return FormCheck::Stale };
        if at > now || at.plus(VALID_FOR) <= now {
            return FormCheck::Stale;
        }
        if at.plus(MIN_AGE) > now {
            return FormCheck::TooFast;
        }
        let used = self.0.entry(token).or_insert_with(|| key.to_owned());
        match (used.is_fresh(), used.value() == key) {
            (true, _) => FormCheck::Good,
            (false, true) => FormCheck::Replayed,
            (false, false) => FormCheck::Stale,
        }
    }
}

fn read(keys: &Keys, text: &str) -> Option<(Sealed, Timestamp)> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let token = Sealed::try_from(bytes).ok()?;
    let (head, seal) = token.split_at(16);
    bool::from(seal_of(keys, head).ct_eq(seal)).then_some(())?;
    let moment = head.first_chunk::<8>().map(|moment| i64::from_be_bytes(*moment))?;
    Some((token, Timestamp::from_micros(moment).ok()?))
}

fn seal_of(keys: &Keys, head: &[u8]) -> [u8; 16] {
    let mut seal = [0; 16];
    let text = BASE64_URL_SAFE_NO_PAD.encode(head);
    seal.copy_from_slice(keys.mac("form", &text).get(..16).unwrap_or(&[0; 16]));
    seal
}
