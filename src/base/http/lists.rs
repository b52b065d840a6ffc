//! Headers that are lists (RFC 9110, section 5.6.1), and the weights of their items (section 12.4.2).

use actix_web::http::header::{HeaderMap, HeaderName};

/// The items of a list, which may be spread over several header lines. Lines that are not text are left out.
pub(super) fn items<'a>(headers: &'a HeaderMap, name: &HeaderName) -> impl Iterator<Item = &'a str> {
    let lines = headers.get_all(name).filter_map(|value| value.to_str().ok());
    lines.flat_map(|line| line.split(',')).map(str::trim)
}

/// The items of a list, each with its weight in thousandths, which is 1000 if it has none. Other parameters are ignored.
pub(super) fn weighted<'a>(
    headers: &'a HeaderMap,
    name: &HeaderName,
) -> impl Iterator<Item = (&'a str, u32)> {
    items(headers, name).map(|item| {
        let mut words = item.split(';').map(str::trim);
        let value = words.next().unwrap_or_default();
        let weight = words.find_map(|word| word.strip_prefix("q=").or(word.strip_prefix("Q=")));
        (value, weight.map_or(1000, thousandths))
    })
}

/// Parses a weight of at most three decimals: `0.8` is 800. A malformed weight counts as 0.
fn thousandths(weight: &str) -> u32 {
    let (whole, decimals) = weight.split_once('.').unwrap_or((weight, ""));
    let is_number = whole.len() == 1 && decimals.len() <= 3 && !whole.starts_with('+');
    format!("{whole}{decimals:0<3}").parse().ok().filter(|weight| is_number && *weight <= 1000).unwrap_or(0)
}
