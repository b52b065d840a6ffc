//! Which events a webhook is sent: by their types.

use crate::base::error::Invalid;
use crate::base::events::public_types;
use crate::base::text::validate;

/// What is sent only to webhooks that name it: renaming one topic makes thousands.
const ONLY_IF_NAMED: &str = "article.rerendered";

/// Checks a pattern: a type, a group such as `article.*`, or `*`.
///
/// # Errors
/// `event-unknown`.
pub fn check(pattern: &str) -> Result<(), Invalid> {
    if pattern == "*" || public_types().any(|kind| kind == pattern || group(kind) == pattern) {
        return Ok(());
    }
    Err(validate::unknown("event", known()))
}

/// Every pattern.
fn known() -> Vec<&'static str> {
    let mut known = vec!["*"];
    for kind in public_types() {
        let group =
            groups().find(|group| group.strip_suffix('*').is_some_and(|start| kind.starts_with(start)));
        known.extend(group.filter(|group| !known.contains(group)));
        known.push(kind);
    }
    known
}

/// The groups of types.
fn groups() -> impl Iterator<Item = &'static str> {
    ["article.*", "schedule.*", "review.*", "topic.*", "author.*", "site.*", "redirect.*", "subscriber.*"]
        .into_iter()
}

fn group(kind: &str) -> String {
    format!("{}.*", kind.split('.').next().unwrap_or_default())
}

/// Whether an event of that type is sent to a webhook with these patterns.
#[must_use]
pub fn matches(patterns: &[String], kind: &str) -> bool {
    patterns.iter().any(|pattern| {
        let is_group = || pattern == "*" || *pattern == group(kind);
        pattern == kind || (kind != ONLY_IF_NAMED && is_group())
    })
}

/// Whether an event of any of these types is.
pub(super) fn match_any(patterns: &[String], kinds: &[&str]) -> bool {
    kinds.iter().any(|kind| matches(patterns, kind))
}
