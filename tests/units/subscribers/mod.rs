use lede::auth::Keys;
use lede::base::ids::{IsId as _, KeyId};
use ring::hmac;
use uuid::Uuid;

mod consent;
mod form_tokens;
mod import;
mod profile;
mod tokens;

/// Keys that differ from those of any other number.
fn keys(number: u8) -> Keys {
    let mac = hmac::Key::new(hmac::HMAC_SHA256, &[number; 32]);
    Keys { signing: (KeyId::from_uuid(Uuid::nil()), [0; 32]), mac }
}
