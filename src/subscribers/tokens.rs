//! The links that mails carry. All are keyed hashes and can be computed again, so that none has to be kept: of the one that
//! confirms there is only a hash, the others prove themselves.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use subtle::ConstantTimeEq as _;
use uuid::Uuid;

use crate::auth::Keys;
use crate::base::http::json::sha256;
use crate::base::ids::{IsId as _, MailId, SubscriberId};

/// The longest text that is looked at as a token.
const MOST_BYTES: usize = 100;

/// What answers one question: 256 bits that only the mail holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ConfirmToken(String);

impl ConfirmToken {
    /// The token of that question.
    #[must_use]
    pub fn of(keys: &Keys, question: MailId) -> Self {
        Self(BASE64_URL_SAFE_NO_PAD.encode(keys.mac("confirm", &question.to_string())))
    }

    /// The token in a link; `None` if it is none.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        (text.len() <= MOST_BYTES && !text.is_empty()).then(|| Self(text.to_owned()))
    }

    /// As links carry it.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// As it is kept.
    #[must_use]
    pub fn hash(&self) -> Vec<u8> {
        sha256(self.0.as_bytes()).to_vec()
    }
}

/// What a link of a subscriber's opens. Each is the subscriber's id and 128 bits of a keyed hash of it: the same each time,
/// because old mails have to work as long as there is a subscriber.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grant {
    /// Leaving, and choosing topics: this link is also told to those who send with another tool.
    Leave,
    /// Besides, seeing and erasing what is kept: this one goes to the person alone.
    Own,
}

impl Grant {
    fn purpose(self) -> &'static str {
        match self {
            Self::Leave => "leave",
            Self::Own => "own",
        }
    }

    /// The token that grants it.
    #[must_use]
    pub fn token(self, keys: &Keys, subscriber: SubscriberId) -> String {
        BASE64_URL_SAFE_NO_PAD.encode([*subscriber.uuid().as_bytes(), self.seal(keys, subscriber)].concat())
    }

    /// Whose token this is, and what it grants; `None` if it is not one of ours.
    #[must_use]
    pub fn read(keys: &Keys, text: &str) -> Option<(SubscriberId, Self)> {
        if text.len() > MOST_BYTES {
            return None;
        }
        let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
        let (id, given) = bytes.split_first_chunk::<16>()?;
        let subscriber = SubscriberId::from_uuid(Uuid::from_bytes(*id));
        let grants = |grant: &Self| bool::from(grant.seal(keys, subscriber).ct_eq(given));
        [Self::Leave, Self::Own].into_iter().find(grants).map(|grant| (subscriber, grant))
    }

    fn seal(self, keys: &Keys, subscriber: SubscriberId) -> [u8; 16] {
        let mut seal = [0; 16];
        let mac = keys.mac(self.purpose(), &subscriber.to_string());
        seal.copy_from_slice(mac.get(..16).unwrap_or(&[0; 16]));
        seal
    }
}
