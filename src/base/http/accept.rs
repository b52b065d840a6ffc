//! Chooses a media type with `Accept` (RFC 9110, section 12.5.1).

use actix_web::http::header::{self, HeaderMap};

use super::lists;

/// Returns that one of the media types `offered` that the client prefers: the one with the highest weight, and of equals
/// the first. A client that accepts none of them gets the first, too: a response it did not ask for tells it more than
/// 406. Parameters other than the weight are ignored.
#[must_use]
pub fn preferred<'a>(headers: &HeaderMap, offered: &[&'a str]) -> &'a str {
    let accepted: Vec<(&str, u32)> = lists::weighted(headers, &header::ACCEPT).collect();
    let mut best = (offered.first().copied().unwrap_or_default(), 0);
    for media in offered {
        let weight = weight(&accepted, essence(media));
        if weight > best.1 {
            best = (media, weight);
        }
    }
    best.0
}

/// The weight of the most specific range that covers `media`.
fn weight(accepted: &[(&str, u32)], media: &str) -> u32 {
    let kind = media.split('/').next().unwrap_or_default();
    let specificity = |range: &str| match range.split_once('/') {
        _ if range.eq_ignore_ascii_case(media) => 3,
        Some((of, "*")) if of.eq_ignore_ascii_case(kind) => 2,
        Some(("*", "*")) => 1,
        _ => 0,
    };
    let covering = accepted.iter().map(|(range, weight)| (specificity(range), *weight));
    covering.filter(|(specificity, _)| *specificity > 0).max().map_or(0, |(_, weight)| weight)
}

/// A media type without its parameters.
fn essence(media: &str) -> &str {
    media.split(';').next().unwrap_or_default().trim()
}
