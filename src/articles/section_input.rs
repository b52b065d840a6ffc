//! Sections in request bodies. Everything that does not depend on the draft is checked here, before the write: Markdown
//! is parsed once.

use serde::Deserialize;
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::checks::{check_heading, check_markdown};
use crate::base::error::{Invalid, Location, Violations};
use crate::base::http::json::present;
use crate::base::ids::SectionId;
use crate::base::text::markdown::Passage;
use crate::base::text::outline::MAX_DEPTH;
use crate::base::text::slug::Anchor;
use crate::base::text::validate;

/// A section in a request body.
#[derive(Debug, Clone, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SectionInput {
    /// The id of a section of this article to keep. Without an id a new section is created.
    #[serde(default, deserialize_with = "present")]
    #[schema(nullable = false)]
    pub id: Option<SectionId>,
    /// One line of inline Markdown; a section may have none.
    #[serde(default)]
    #[schema(format = "line", min_length = 1, max_length = 300)]
    pub heading: Option<String>,
    /// The fragment identifier within the page. Default: made from the heading once, and kept after that.
    #[serde(default)]
    #[schema(format = "anchor", min_length = 1, max_length = 120)]
    pub anchor: Option<String>,
    /// Markdown. Headings are refused with `heading-in-body`: make them sections.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_length = 200_000, nullable = false)]
    pub body: Option<String>,
    /// Any other data of the site; at most 64 KiB as JSON.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>, nullable = false)]
    pub custom: Option<Map<String, Value>>,
    /// The sections below it, at most five levels deep.
    #[serde(default, deserialize_with = "present")]
    #[schema(max_items = 1000, no_recursion, nullable = false)]
    pub sections: Option<Vec<SectionInput>>,
}

/// A checked section, which may turn out to be a new one or one of the article's.
#[derive(Debug, Clone, PartialEq)]
pub struct CheckedSection {
    /// Where it is in the request body.
    pub pointer: String,
    /// The id that was given.
    pub id: Option<SectionId>,
    /// The heading.
    pub heading: Option<String>,
    /// The anchor that was given.
    pub anchor: Option<Anchor>,
    /// The body.
    pub body: String,
    /// Any other data.
    pub custom: Map<String, Value>,
    /// The sections below it.
    pub sections: Vec<CheckedSection>,
}

impl CheckedSection {
    /// The headings and bodies of these sections and of those below them, in document order.
    #[must_use]
    pub fn passages(sections: &[Self]) -> Vec<Passage<'_>> {
        fn walk<'a>(sections: &'a [CheckedSection], out: &mut Vec<Passage<'a>>) {
            for section in sections {
                out.push(Passage { heading: section.heading.as_deref(), body: &section.body });
                walk(&section.sections, out);
            }
        }
        let mut passages = Vec::new();
        walk(sections, &mut passages);
        passages
    }
}

/// Something that was checked as far as the draft does not matter. The write adds the broken rules that depend on the
/// draft, and reports all of them together.
#[derive(Debug, Clone)]
pub struct Checked<T> {
    /// What was checked.
    pub value: T,
    /// The rules that it breaks.
    pub violations: Violations,
}

/// Checks the sections at `/sections`.
#[must_use]
pub fn check_all(inputs: Vec<SectionInput>) -> Checked<Vec<CheckedSection>> {
    let mut violations = Violations::default();
    let value = check_level(inputs, "", 1, &mut violations);
    Checked { value, violations }
}

/// Checks one section, which is the whole request body.
#[must_use]
pub fn check_one(input: SectionInput) -> Checked<CheckedSection> {
    let mut violations = Violations::default();
    let value = check_section(input, String::new(), 1, &mut violations);
    Checked { value, violations }
}

fn check_level(
    inputs: Vec<SectionInput>,
    above: &str,
    depth: usize,
    violations: &mut Violations,
) -> Vec<CheckedSection> {
    let mut sections = Vec::with_capacity(inputs.len());
    for (at, input) in inputs.into_iter().enumerate() {
        let pointer = format!("{above}/sections/{at}");
        if depth > MAX_DEPTH {
            let invalid = Invalid::new("sections-too-deep", "Sections nest at most five levels deep.");
            violations.push(Location::Pointer(pointer), invalid);
        } else {
            sections.push(check_section(input, pointer, depth, violations));
        }
    }
    sections
}

fn check_section(
    input: SectionInput,
    pointer: String,
    depth: usize,
    violations: &mut Violations,
) -> CheckedSection {
    let SectionInput { id, heading, anchor, body, custom, sections } = input;
    let anchor = anchor.and_then(|text| violations.take(format!("{pointer}/anchor"), Anchor::parse(&text)));
    let heading =
        heading.and_then(|text| violations.take(format!("{pointer}/heading"), check_heading(&text)));
    let body = check_markdown(body.as_deref().unwrap_or_default());
    let body = violations.take(format!("{pointer}/body"), body).unwrap_or_default();
    let custom = custom.unwrap_or_default();
    violations.take(format!("{pointer}/custom"), validate::custom(&custom));
    let sections = check_level(sections.unwrap_or_default(), &pointer, depth + 1, violations);
    CheckedSection { pointer, id, heading, anchor, body, custom, sections }
}
