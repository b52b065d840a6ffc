//! The two links that mails carry. Both are keyed hashes and can be computed again, so that neither has to be kept: of the
//! one that confirms there is only a hash, the one that leaves proves itself.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use uuid::Uuid;

use super::{MailId, SubscriberId};
use crate::auth::Keys;
use crate::db::types::IsId as _;
use crate::http::json::sha256;

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

/// What leaves the list: the subscriber's id, and 128 bits of a keyed hash of it. The same each time, because old mails
/// have to work as long as there is a subscriber.
#[must_use]
pub fn leave_token(keys: &Keys, subscriber: SubscriberId) -> String {
    BASE64_URL_SAFE_NO_PAD.encode([*subscriber.uuid().as_bytes(), seal(keys, subscriber)].concat())
}

/// Whose token this is; `None` if it is not one of ours.
#[must_use]
pub fn read_leave_token(keys: &Keys, text: &str) -> Option<SubscriberId> {
    if text.len() > MOST_BYTES {
        return None;
    }
    let bytes = BASE64_URL_SAFE_NO_PAD.decode(text).ok()?;
    let (id, given) = bytes.split_first_chunk::<16>()?;
    let subscriber = SubscriberId::from_uuid(Uuid::from_bytes(*id));
    aws_lc_rs::constant_time::verify_slices_are_equal(&seal(keys, subscriber), given).ok()?;
    Some(subscriber)
}

fn seal(keys: &Keys, subscriber: SubscriberId) -> [u8; 16] {
    let mut seal = [0; 16];
    seal.copy_from_slice(keys.mac("leave", &subscriber.to_string()).get(..16).unwrap_or(&[0; 16]));
    seal
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::hmac;

    #[test]
    fn a_leave_token_is_the_same_each_time_and_cannot_be_made_without_the_key() {
        let keys = |key: &[u8; 32]| {
            let signing = (crate::db::types::IsId::from_uuid(Uuid::nil()), [0; 32]);
            Keys { signing, mac: hmac::Key::new(hmac::HMAC_SHA256, key) }
        };
        let (ours, theirs) = (keys(&[1; 32]), keys(&[2; 32]));
        let subscriber = SubscriberId::from_uuid(Uuid::from_u128(7));
        let token = leave_token(&ours, subscriber);
        assert_eq!(token, leave_token(&ours, subscriber));
        assert_eq!(read_leave_token(&ours, &token), Some(subscriber));
        assert_eq!(read_leave_token(&theirs, &token), None);
        for wrong in ["", "a", &token[1..], &format!("{token}A"), &"A".repeat(43), &"A".repeat(1000)] {
            assert_eq!(read_leave_token(&ours, wrong), None, "{wrong}");
        }
    }
}
