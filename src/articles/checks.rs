//! Rules for the fields of an article and its sections, and their bounds.

use serde_json::{Map, Value};

use super::metadata_change::Named;
use super::{Cover, Seo, line, short, web_address};
use crate::auth::{Actor, Permission};
use crate::base::clock::Timestamp;
use crate::base::error::{Invalid, Place, Violations};
use crate::base::text::markdown::check_body;
use crate::base::text::slug::Slug;

/// The largest `custom`, in bytes of JSON.
pub const MAX_CUSTOM: usize = 64 * 1024;
/// The largest number of authors of an article.
pub const MAX_AUTHORS: usize = 20;
/// The largest number of topics of an article.
pub const MAX_TOPICS: usize = 50;
const MAX_ALIASES: usize = 100;
/// The longest heading, in characters.
pub const MAX_HEADING: usize = 300;
/// The longest body of a section and the longest intro, in bytes.
pub const MAX_BODY: usize = 200_000;

/// Checks a heading: one line of 1 to [`MAX_HEADING`] characters.
pub fn check_heading(text: &str) -> Result<String, Invalid> {
    line(text, MAX_HEADING)
}

/// Checks the body of a section or an intro: Markdown of at most [`MAX_BODY`] bytes without headings, not nested too
/// deeply. Parses it, so this belongs into the pool for the processor.
pub fn check_markdown(text: &str) -> Result<String, Invalid> {
    if text.len() > MAX_BODY {
        return Err(Invalid::new("too-long", format!("at most {MAX_BODY} bytes; make it several sections")));
    }
    check_body(text)?;
    Ok(text.to_owned())
}

/// Checks the size of `custom`.
pub fn check_custom(custom: &Map<String, Value>) -> Result<(), Invalid> {
    let length = serde_json::to_string(custom).map_or(usize::MAX, |text| text.len());
    if length > MAX_CUSTOM {
        return Err(Invalid::new("too-long", format!("at most {MAX_CUSTOM} bytes as JSON")));
    }
    Ok(())
}

/// Checks a cover; `None` without a valid URL.
pub fn check_cover(mut cover: Cover, violations: &mut Violations) -> Option<Cover> {
    let url = violations.take("/cover/url", web_address(&cover.url, true));
    cover.alt = check_short(cover.alt.as_deref(), "/cover/alt", 1000, violations);
    cover.caption = check_short(cover.caption.as_deref(), "/cover/caption", 1000, violations);
    for (pointer, size) in [("/cover/width", cover.width), ("/cover/height", cover.height)] {
        if size.is_some_and(|size| !(1..=100_000).contains(&size)) {
            violations.push(
                Place::Pointer(pointer.into()),
                Invalid::new("out-of-bounds", "from 1 to 100000 pixels"),
            );
        }
    }
    url.map(|_| cover)
}

/// Checks the fields for search engines.
pub fn check_seo(seo: Seo, violations: &mut Violations) -> Seo {
    let mut address = |text: Option<String>, pointer: &str, or_path| {
        text.and_then(|text| violations.take(pointer, web_address(&text, or_path)))
    };
    let canonical_url = address(seo.canonical_url, "/seo/canonical_url", false);
    let image_url = address(seo.image_url, "/seo/image_url", true);
    Seo {
        title: check_short(seo.title.as_deref(), "/seo/title", 300, violations),
        description: check_short(seo.description.as_deref(), "/seo/description", 1000, violations),
        canonical_url,
        image_url,
        noindex: seo.noindex,
    }
}

fn check_short(
    text: Option<&str>,
    pointer: &str,
    most: usize,
    violations: &mut Violations,
) -> Option<String> {
    text.and_then(|text| violations.take(pointer, short(text, most)))
}

/// Checks slugs of topics or authors, and drops duplicates.
pub fn check_named(slugs: &[String], pointer: &str, most: usize, violations: &mut Violations) -> Vec<Named> {
    if slugs.len() > most {
        violations.push(Place::Pointer(pointer.into()), Invalid::new("too-many", format!("at most {most}")));
        return Vec::new();
    }
    let mut named: Vec<Named> = Vec::new();
    for (at, text) in slugs.iter().enumerate() {
        if let Some(slug) = violations.take(format!("{pointer}/{at}"), Slug::parse(text))
            && !named.iter().any(|other| other.slug == slug)
        {
            named.push(Named { name: name_from_slug(&slug), slug });
        }
    }
    named
}

/// The name of a new topic or author: `slack-water` becomes `Slack water`.
fn name_from_slug(slug: &Slug) -> String {
    let words = slug.as_str().replace('-', " ");
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Checks old addresses, and drops duplicates.
pub fn check_aliases(aliases: &[String], violations: &mut Violations) -> Vec<String> {
    if aliases.len() > MAX_ALIASES {
        violations.push(
            Place::Pointer("/aliases".into()),
            Invalid::new("too-many", format!("at most {MAX_ALIASES}")),
        );
        return Vec::new();
    }
    let mut kept: Vec<String> = Vec::new();
    for (at, alias) in aliases.iter().enumerate() {
        let is_path = alias.starts_with('/') && !alias.starts_with("//") && alias.len() <= 500;
        if !is_path || alias.contains(|c: char| c.is_control() || c.is_whitespace()) {
            violations.push(
                Place::Pointer(format!("/aliases/{at}")),
                Invalid::new("malformed-path", "a path that begins with a slash, at most 500 bytes"),
            );
        } else if !kept.contains(alias) {
            kept.push(alias.clone());
        }
    }
    kept
}

/// Whether the caller may say that an article was first published at this time.
pub fn check_first_publication<P: Permission>(
    actor: Actor<P>,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), Invalid> {
    if actor.only_of().is_some() {
        let detail = "Only editors and admins may say when an article was first published.";
        return Err(Invalid::new("not-for-your-role", detail));
    }
    if at > now {
        return Err(Invalid::new("in-the-future", "a time in the past"));
    }
    Ok(())
}
