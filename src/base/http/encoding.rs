//! Content codings: negotiates one with `Accept-Encoding` (RFC 9110, section 12.5.3) and compresses bodies with it.

use std::io::Write as _;

use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap};
use actix_web::web::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::base::error::{Error, Result};

/// The brotli quality, of 0 to 11. Higher ones take many times as long and save only a few per cent.
const BROTLI_QUALITY: i32 = 5;

/// A content coding that responses support.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Encoding {
    /// Not compressed.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 7932.
    Brotli,
}

impl Encoding {
    /// Returns the coding with the highest weight in `Accept-Encoding`; brotli if gzip has the same weight, because it
    /// compresses better.
    #[must_use]
    pub fn preferred(headers: &HeaderMap) -> Self {
        let mut best = (Self::Identity, 0);
        let accepted = headers.get_all(ACCEPT_ENCODING).filter_map(|value| value.to_str().ok());
        for part in accepted.flat_map(|value| value.split(',')) {
            let mut words = part.split(';').map(str::trim);
            let encoding = match words.next() {
                Some(name) if name.eq_ignore_ascii_case("br") => Self::Brotli,
                Some(name) if name.eq_ignore_ascii_case("gzip") => Self::Gzip,
                _ => continue,
            };
            let weight = words.find_map(|word| word.strip_prefix("q=").or(word.strip_prefix("Q=")));
            let weight = weight.map_or(1000, thousandths);
            if weight > best.1 || (weight == best.1 && weight > 0 && encoding == Self::Brotli) {
                best = (encoding, weight);
            }
        }
        best.0
    }

    /// Returns the coding's name in `Content-Encoding`; `None` for identity.
    #[must_use]
    pub fn name(self) -> Option<&'static str> {
        match self {
            Self::Identity => None,
            Self::Gzip => Some("gzip"),
            Self::Brotli => Some("br"),
        }
    }

    /// Compresses `plain` with this coding.
    ///
    /// # Errors
    /// [`Error::Internal`] if the encoder fails, which does not happen when it writes to memory.
    pub fn encode(self, plain: &Bytes) -> Result<Bytes> {
        let failed = |e: std::io::Error| Error::internal(e.to_string());
        match self {
            Self::Identity => Ok(plain.clone()),
            Self::Gzip => {
                let mut encoder = GzEncoder::new(Vec::with_capacity(plain.len() / 3), Compression::default());
                encoder.write_all(plain).map_err(failed)?;
                encoder.finish().map(Bytes::from).map_err(failed)
            }
            Self::Brotli => {
                let mut out = Vec::with_capacity(plain.len() / 3);
                let params = brotli::enc::BrotliEncoderParams {
                    quality: BROTLI_QUALITY,
                    size_hint: plain.len(),
                    ..brotli::enc::BrotliEncoderParams::default()
                };
                brotli::BrotliCompress(&mut plain.as_ref(), &mut out, &params).map_err(failed)?;
                Ok(out.into())
            }
        }
    }
}

/// Parses a weight of at most three decimals: `0.8` is 800. A malformed weight counts as 0.
fn thousandths(weight: &str) -> u32 {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let is_number = whole.len() == 1 && decimals.len() <= 3;
    format!("{whole}{decimals:0<3}").parse().ok().filter(|weight| is_number && *weight <= 1000).unwrap_or(0)
}
