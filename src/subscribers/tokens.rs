//! The tokens in the links of emails. All are keyed hashes that can be computed again, so that none has to be stored:
//! of the one that confirms there is only a hash, the others prove themselves.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::auth::Keys;
use crate::base::http::json::sha256;
use crate::base::ids::{ConfirmationRequestId, IsId as _, SubscriberId};

/// The longest text that is parsed as a token.
const MAX_BYTES: usize = 100;

/// The token that confirms one request: 256 bits that only the email holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmToken(String);

impl ConfirmToken {
    /// The token of that request.
    #[must_use]
    pub fn of(keys: &Keys, request: ConfirmationRequestId) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(keys.mac("confirm", &request.to_string())))
    }

    /// The token in a link; `None` if it cannot be one.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() <= MAX_BYTES && !text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// The token as links carry it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The token as it is stored.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        sha256(self.0.as_bytes()).to_vec()
    }
}

/// What a subscriber's link gives access to. Its token is the subscriber's id and 128 bits of a keyed hash of it: the
/// same each time, because the links in old emails work as long as there is a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LinkScope {
    /// Unsubscribing and choosing topics. This link is also given to those who send with another tool.
    Subscription,
    /// The same, and downloading and erasing the person's data. This link is given to nobody but the person.
    PersonalData,
}

impl LinkScope {
    const ALL: [Self; 2] = [Self::Subscription, Self::PersonalData];

    fn purpose(self) -> &'static str {
        match self {
            Self::Subscription => "subscription",
            Self::PersonalData => "personal-data",
        }
    }

    /// The token of a subscriber's link.
    #[must_use]
    pub fn token(self, keys: &Keys, subscriber: SubscriberId) -> String {
        BASE64_URL_SAFE_NO_PAD.encode([*subscriber.uuid().as_bytes(), self.seal(keys, subscriber)].concat())
    }

    /// Whose token it is, and its scope; `None` if it is not a token of this installation.
    #[must_use]
    pub fn parse(keys: &Keys, text: &str) -> Option<(SubscriberId, Self)> {
        if text.len() > MAX_BYTES {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (id, given) = bytes.split_first_chunk::<16>()?;
        let subscriber = SubscriberId::from_uuid(Uuid::from_bytes(*id));
        let is_sealed = |scope: &Self| bool::from(scope.seal(keys, subscriber).ct_eq(given));
        Self::ALL.into_iter().find(is_sealed).map(|scope| (subscriber, scope))
    }

    fn seal(self, keys: &Keys, subscriber: SubscriberId) -> [u8; 16] {
        let mut seal = [0; 16];
        let mac = keys.mac(self.purpose(), &subscriber.to_string());
        seal.copy_from_slice(mac.get(..16).unwrap_or(&[0; 16]));
        seal
    }
}
