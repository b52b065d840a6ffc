//! Content codings: negotiates one with `Accept-Encoding` (RFC 9110, section 12.5.3) and compresses bodies with it.

use std::io::Write as _;

use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap};
use actix_web::web::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use super::lists;
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

/// The coding that a client prefers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preference {
    /// The coding.
    pub encoding: Encoding,
    /// Whether the client refuses a response without a coding.
    pub required: bool,
}

impl Encoding {
    /// Chooses the coding of a response by `Accept-Encoding`: the one with the highest weight. Of equal weights, brotli comes
    /// before gzip, because it compresses better, and both come before identity if the header names them.
    #[must_use]
    pub fn preferred(headers: &HeaderMap) -> Preference {
        let (mut brotli, mut gzip, mut identity, mut others) = (None, None, None, None);
        for (coding, weight) in lists::weighted(headers, &ACCEPT_ENCODING) {
            let is = |name: &str| coding.eq_ignore_ascii_case(name);
            let listed = match coding {
                "*" => &mut others,
                _ if is("br") => &mut brotli,
                _ if is("gzip") || is("x-gzip") => &mut gzip,
                _ if is("identity") => &mut identity,
                _ => continue,
            };
            // Of a coding that is listed twice, the higher weight counts.
            *listed = (*listed).max(Some(weight));
        }
        // `*` stands for what is not listed. Without it, identity is acceptable, but whatever is listed is better.
        let identity = identity.or(others);
        let ranked = |listed: Option<u32>| listed.map_or((others.unwrap_or(0), 0), |weight| (weight, 2));
        let mut best = ((0, 2), Self::Identity);
        for (rank, encoding) in [
            (ranked(brotli), Self::Brotli),
            (ranked(gzip), Self::Gzip),
            ((identity.unwrap_or(0), 1), Self::Identity),
        ] {
            if rank > best.0 {
                best = (rank, encoding);
            }
        }
        Preference { encoding: best.1, required: identity == Some(0) && best.1 != Self::Identity }
    }

    /// Whether a client takes a response in gzip, whatever it prefers.
    #[must_use]
    pub fn is_gzip_accepted(headers: &HeaderMap) -> bool {
        let accepted: Vec<(&str, u32)> = lists::weighted(headers, &ACCEPT_ENCODING).collect();
        let weight = |names: &[&str]| {
            let named = |coding: &str| names.iter().any(|name| coding.eq_ignore_ascii_case(name));
            accepted.iter().filter(|(coding, _)| named(coding)).map(|(_, weight)| *weight).max()
        };
        weight(&["gzip", "x-gzip"]).or(weight(&["*"])).is_some_and(|weight| weight > 0)
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
                // Without the memory beyond its end: it may be kept for long.
                encoder.finish().map(|out| out.into_boxed_slice().into()).map_err(failed)
            }
            Self::Brotli => {
                let mut out = Vec::with_capacity(plain.len() / 3);
                let params = brotli::enc::BrotliEncoderParams {
                    quality: BROTLI_QUALITY,
                    size_hint: plain.len(),
                    ..brotli::enc::BrotliEncoderParams::default()
                };
                brotli::BrotliCompress(&mut plain.as_ref(), &mut out, &params).map_err(failed)?;
                Ok(out.into_boxed_slice().into())
            }
        }
    }
}
