//! What the texts of API keys and preview links have in common: random letters and digits, and a checksum of all that comes
//! before it, so that a mistyped one costs no query.

use crate::base::error::Result;
use crate::base::random::Random;

/// The characters of a secret: more than 256 bits.
pub(super) const SECRET: usize = 43;
/// The characters of a checksum.
pub(super) const CHECKSUM: usize = 6;
const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// Random letters and digits. Bytes that would favour some of them are drawn again.
///
/// # Errors
/// Internal, if there are no random bytes.
pub(super) fn letters<const N: usize>(random: &Random) -> Result<String> {
    let mut text = String::with_capacity(N);
    while text.len() < N {
        let drawn = random.bytes::<64>()?;
        let fair =
            drawn.iter().filter(|byte| **byte < 248).filter_map(|byte| BASE62.get(usize::from(*byte) % 62));
        text.extend(fair.take(N - text.len()).map(|byte| char::from(*byte)));
    }
    Ok(text)
}

/// The CRC-32 of a text, in base 62.
pub(super) fn checksum(of: &str) -> String {
    let mut crc = flate2::Crc::new();
    crc.update(of.as_bytes());
    let (mut rest, mut text) = (crc.sum() as usize, [b'0'; CHECKSUM]);
    for place in text.iter_mut().rev() {
        *place = BASE62.get(rest % BASE62.len()).copied().unwrap_or(b'0');
        rest /= BASE62.len();
    }
    String::from_utf8_lossy(&text).into_owned()
}
