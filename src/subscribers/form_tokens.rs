//! What a form of ours carries, so that what is sent without having been looked at is noticed: a sealed moment that is good
//! for a day, not before a person could have filled in the form, and for one address.

use std::time::Duration;

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use moka::sync::Cache;
use subtle::ConstantTimeEq as _;

use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::error::Result;
use crate::base::random::Random;

/// How long a form can be sent after it was shown.
const GOOD_FOR: Duration = Duration::from_secs(24 * 3600);
/// How long a person takes at least.
const SOONEST: Duration = Duration::from_secs(2);
/// How many stamps that were used are remembered; the oldest are forgotten before that.
const MOST_REMEMBERED: u64 = 100_000;

/// A moment and eight bytes that tell it from others; sealed by sixteen.
type Sealed = [u8; 32];

/// The stamps that were used, with the address each was used for. In memory: each replica has its own.
#[derive(Debug)]
pub struct Stamps(Cache<Sealed, String>);

/// What a stamp says of a form that was sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// Somebody has looked at the form and taken their time.
    Good,
    /// The same form with the same address came before.
    Twice,
    /// Nobody types so fast: the same stamp is good in a moment.
    Hasty,
    /// There is none, it is too old, or was used for another address.
    Stale,
}

impl Default for Stamps {
    fn default() -> Self {
        Self(Cache::builder().max_capacity(MOST_REMEMBERED).time_to_live(GOOD_FOR).build())
    }
}

impl Stamps {
    /// A stamp for a form that is shown now.
    ///
    /// # Errors
    /// Internal, if there are no random bytes.
    pub fn make(&self, keys: &Keys, random: &Random, now: Timestamp) -> Result<String> {
        let mut stamp = [0; 32];
        let (head, seal) = stamp.split_at_mut(16);
        let (moment, number) = head.split_at_mut(8);
        moment.copy_from_slice(&now.as_micros().to_be_bytes());
        number.copy_from_slice(&random.bytes::<8>()?);
        seal.copy_from_slice(&seal_of(keys, head));
        Ok(BASE64_URL_SAFE_NO_PAD.encode(stamp))
    }

    /// A stamp for a form that somebody sent before, by a way that needs none: it is good at once.
    ///
    /// # Errors
    /// As [`Stamps::make`].
    pub fn make_good(&self, keys: &Keys, random: &Random, now: Timestamp) -> Result<String> {
        self.make(keys, random, now.minus(SOONEST))
    }

    /// Looks at the stamp of a form that asks for the address which is compared by `key`. A good one is used up.
    #[must_use]
    pub fn judge(&self, keys: &Keys, text: Option<&str>, key: &str, now: Timestamp) -> Verdict {
        let Some((stamp, at)) = text.and_then(|text| read(keys, text)) else { return Verdict::Stale };
        if at > now || at.plus(GOOD_FOR) <= now {
            return Verdict::Stale;
        }
        if at.plus(SOONEST) > now {
            return Verdict::Hasty;
        }
        let used = self.0.entry(stamp).or_insert_with(|| key.to_owned());
        match (used.is_fresh(), used.value() == key) {
            (true, _) => Verdict::Good,
            (false, true) => Verdict::Twice,
            (false, false) => Verdict::Stale,
        }
    }
}

fn read(keys: &Keys, text: &str) -> Option<(Sealed, Timestamp)> {
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let stamp = Sealed::try_from(bytes).ok()?;
    let (head, seal) = stamp.split_at(16);
    bool::from(seal_of(keys, head).ct_eq(seal)).then_some(())?;
    let moment = head.first_chunk::<8>().map(|moment| i64::from_be_bytes(*moment))?;
    Some((stamp, Timestamp::from_micros(moment).ok()?))
}

fn seal_of(keys: &Keys, head: &[u8]) -> [u8; 16] {
    let mut seal = [0; 16];
    let text = BASE64_URL_SAFE_NO_PAD.encode(head);
    seal.copy_from_slice(keys.mac("form", &text).get(..16).unwrap_or(&[0; 16]));
    seal
}
