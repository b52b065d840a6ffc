//! Chooses an available language by a tag, or by a browser's `Accept-Language` header (RFC 9110, section 12.5.4).

use std::collections::BTreeMap;

use super::translations::{Language, wider};

/// How many language ranges of a header are considered.
const MAX_RANGES: usize = 32;

/// Languages written from right to left.
const RIGHT_TO_LEFT: &[&str] = &["ar", "ckb", "dv", "fa", "he", "ps", "sd", "ug", "ur", "yi"];

/// The direction of the language's script: `ltr` or `rtl`.
pub(super) fn direction(tag: &str) -> &'static str {
    let language = tag.split('-').next().unwrap_or_default();
    if RIGHT_TO_LEFT.contains(&language) { "rtl" } else { "ltr" }
}

/// The available language with this tag, or one it is a variant of, or any variant of it.
pub(super) fn nearest(languages: &BTreeMap<String, Language>, tag: &str) -> Option<Language> {
    let tag = tag.to_ascii_lowercase();
    let same = wider(&tag).find_map(|tag| languages.get(tag));
    let prefix = format!("{tag}-");
    same.or_else(|| languages.iter().find(|(other, _)| other.starts_with(&prefix)).map(|(_, found)| found))
        .cloned()
}

/// The available language that the header prefers; `None` if none is acceptable. `*` stands for `default`.
pub(super) fn accepted(
    languages: &BTreeMap<String, Language>,
    default: &Language,
    header: &str,
) -> Option<Language> {
    let ranges: Vec<(&str, u16)> = header.split(',').take(MAX_RANGES).filter_map(range).collect();
    let is_refused = |language: &Language| {
        let tag = language.tag().to_ascii_lowercase();
        ranges.iter().any(|(range, q)| *q == 0 && wider(&tag).any(|tag| tag.eq_ignore_ascii_case(range)))
    };
    let mut accepted: Vec<&(&str, u16)> = ranges.iter().filter(|(_, q)| *q > 0).collect();
    // The sort is stable: of ranges with equal quality, the first wins.
    accepted.sort_by_key(|(_, q)| std::cmp::Reverse(*q));
    accepted
        .into_iter()
        .filter_map(
            |(range, _)| if *range == "*" { Some(default.clone()) } else { nearest(languages, range) },
        )
        .find(|language| !is_refused(language))
}

/// Parses a language range and its quality value in thousandths.
fn range(text: &str) -> Option<(&str, u16)> {
    let mut parts = text.split(';').map(str::trim);
    let range = parts.next().filter(|range| !range.is_empty())?;
    let is_tag = range.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-');
    let quality = match parts.next() {
        None => 1000,
        Some(weight) => quality(weight)?,
    };
    (range == "*" || is_tag).then_some((range, quality))
}

fn quality(weight: &str) -> Option<u16> {
    let (name, value) = weight.split_once('=')?;
    let (whole, part) = value.trim().split_once('.').unwrap_or((value.trim(), ""));
    if !name.trim().eq_ignore_ascii_case("q") || part.len() > 3 || !part.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let thousandths = format!("{part:0<3}").parse().ok()?;
    match whole {
        "0" => Some(thousandths),
        "1" if thousandths == 0 => Some(1000),
        _ => None,
    }
}
