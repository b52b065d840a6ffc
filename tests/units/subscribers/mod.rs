use lede::auth::Keys;

mod consent;
mod form_tokens;
mod import;
mod profile;
mod tokens;

/// Keys that differ from those of any other number.
fn keys(number: u8) -> Keys {
    Keys::of(&[number; 32])
}
