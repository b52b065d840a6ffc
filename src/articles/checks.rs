//! The rules of what is said of an article, beyond those of its single texts.

use serde_json::{Map, Value};

use super::metadata_change::Named;
use super::{Cover, Seo, short, web_address};
use crate::base::error::{Invalid, Place, Violations};
use crate::base::text::slug::Slug;

/// The most bytes that `custom` takes when written as JSON.
pub const MOST_CUSTOM: usize = 64 * 1024;
/// The most authors of an article.
pub const MOST_AUTHORS: usize = 20;
/// The most topics of an article.
pub const MOST_TOPICS: usize = 50;
const MOST_ALIASES: usize = 100;

/// Takes `custom` up to its bound.
///
/// # Errors
/// `too-long`.
pub fn check_custom(custom: &Map<String, Value>) -> Result<(), Invalid> {
    let length = serde_json::to_string(custom).map_or(usize::MAX, |text| text.len());
    if length > MOST_CUSTOM {
        return Err(Invalid::new("too-long", format!("at most {MOST_CUSTOM} bytes as JSON")));
    }
    Ok(())
}

/// Checks a picture; `None` if it has no address to be shown from.
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

/// Checks what search engines are told.
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

/// Checks slugs of topics or authors, none twice.
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

/// `slack-water` is called `Slack water` until someone says better.
fn name_from_slug(slug: &Slug) -> String {
    let words = slug.as_str().replace('-', " ");
    let mut chars = words.chars();
    chars.next().map(|first| first.to_uppercase().chain(chars).collect()).unwrap_or_default()
}

/// Checks old addresses, none twice.
pub fn check_aliases(aliases: &[String], violations: &mut Violations) -> Vec<String> {
    if aliases.len() > MOST_ALIASES {
        violations.push(
            Place::Pointer("/aliases".into()),
            Invalid::new("too-many", format!("at most {MOST_ALIASES}")),
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
