//! Rules for the fields of an article and its sections, and their bounds.

use super::{Cover, Seo};
use crate::auth::{Actor, Permission};
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Invalid, Result, Violations};
use crate::base::text::markdown::{Passage, check_body};
use crate::base::text::size;
use crate::base::text::slug::Slug;
use crate::base::text::validate;
use crate::terms::names::Named;

/// The largest number of authors of an article.
pub const MAX_AUTHORS: usize = 20;
/// The largest number of topics of an article.
pub const MAX_TOPICS: usize = 50;
/// The longest heading, in characters.
pub const MAX_HEADING: usize = 300;
/// The longest body of a section and the longest intro, in bytes.
pub const MAX_BODY: usize = 200_000;

/// Checks a heading: one line of 1 to [`MAX_HEADING`] characters.
pub fn check_heading(text: &str) -> Result<String, Invalid> {
    validate::line("heading", text, MAX_HEADING)
}

/// Checks the body of a section or an intro: Markdown of at most [`MAX_BODY`] bytes without headings, not nested too
/// deeply. Parses it, so this belongs into the pool for the processor.
pub fn check_markdown(text: &str) -> Result<String, Invalid> {
    if text.len() > MAX_BODY {
        let detail = format!("Must be at most {MAX_BODY} bytes: split it into several sections.");
        return Err(Invalid::new("body-too-long", detail));
    }
    check_body(text)?;
    Ok(text.to_owned())
}

/// Checks that the HTML of an article's text stays within [`size::MAX_HTML`], before any of it is made. Invalid
/// `rendering-too-large`.
pub fn check_html(passages: &[Passage<'_>]) -> Result<()> {
    if let Some(length) = size::excess(passages) {
        let detail = format!(
            "The text could make {length} bytes of HTML; at most {} are allowed. Wide tables, footnotes and \
             long link definitions that are used often make much HTML.",
            size::MAX_HTML
        );
        return Err(Error::invalid("", "rendering-too-large", detail));
    }
    Ok(())
}

/// Checks a cover; `None` without a valid URL.
pub fn check_cover(mut cover: Cover, violations: &mut Violations) -> Option<Cover> {
    let url = violations.take("/cover/url", validate::url_or_path("url", &cover.url));
    cover.alt = check_text("alt", cover.alt.as_deref(), "/cover/alt", 1000, violations);
    cover.caption = check_text("caption", cover.caption.as_deref(), "/cover/caption", 1000, violations);
    let mut check_size = |noun: &str, size: Option<u32>| {
        let checked = size.map(|size| validate::number(noun, size.into(), &(1..=100_000)));
        violations.take(format!("/cover/{noun}"), checked.transpose());
    };
    check_size("width", cover.width);
    check_size("height", cover.height);
    url.map(|_| cover)
}

/// Checks the fields for search engines.
pub fn check_seo(seo: Seo, violations: &mut Violations) -> Seo {
    let canonical_url = seo
        .canonical_url
        .and_then(|url| violations.take("/seo/canonical_url", validate::url("canonical-url", &url)));
    let image_url = seo
        .image_url
        .and_then(|url| violations.take("/seo/image_url", validate::url_or_path("image-url", &url)));
    Seo {
        title: check_text("title", seo.title.as_deref(), "/seo/title", 300, violations),
        description: check_text(
            "description",
            seo.description.as_deref(),
            "/seo/description",
            1000,
            violations,
        ),
        canonical_url,
        image_url,
        noindex: seo.noindex,
    }
}

fn check_text(
    noun: &str,
    text: Option<&str>,
    pointer: &str,
    max: usize,
    violations: &mut Violations,
) -> Option<String> {
    text.and_then(|text| violations.take(pointer, validate::text(noun, text, max)))
}

/// Checks slugs of topics or authors, and drops duplicates.
pub fn check_named(slugs: &[String], noun: &str, max: usize, violations: &mut Violations) -> Vec<Named> {
    let pointer = format!("/{noun}");
    if violations.take(pointer.as_str(), validate::count(noun, slugs.len(), max)).is_none() {
        return Vec::new();
    }
    let mut named: Vec<Named> = Vec::new();
    for (at, text) in slugs.iter().enumerate() {
        if let Some(slug) = violations.take(format!("{pointer}/{at}"), Slug::parse(text))
            && !named.iter().any(|other| other.slug.as_ref() == Some(&slug))
        {
            named.push(Named { name: name_from_slug(&slug), slug: Some(slug) });
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

/// Whether the caller may say that an article was first published at this time.
pub fn check_first_publication<P: Permission>(
    actor: Actor<P>,
    at: Timestamp,
    now: Timestamp,
) -> Result<(), Invalid> {
    if actor.only_of().is_some() {
        let detail = "Only editors and admins may say when an article was first published.";
        return Err(Invalid::new("published-at-forbidden", detail));
    }
    if at > now {
        return Err(Invalid::new("published-at-in-future", "Must not be in the future."));
    }
    Ok(())
}
