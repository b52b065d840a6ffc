//! A whole draft as one Markdown document with front matter, and back.

use serde_json::map::Entry;
use serde_json::{Map, Value};

use super::aliases::{MAX_ALIASES, check_alias};
use super::checks::{MAX_AUTHORS, MAX_TOPICS, check_heading, check_markdown};
use super::match_sections::match_sections;
use super::metadata_change::MetadataChange;
use super::{Content, Cover, Section, Seo, parse_uuid, slugs, tree};
use crate::authors::AuthorRef;
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Invalid, Result, Violations};
use crate::base::ids::{ArticleId, IsId as _};
use crate::base::json;
use crate::base::random::Random;
use crate::base::text::Locale;
use crate::base::text::front_matter::{self, FrontMatter, TermName};
use crate::base::text::html::{self, Imported};
use crate::base::text::inline::one_line;
use crate::base::text::markdown::{Passage, Warning};
use crate::base::text::outline::{self, Document, Part};
use crate::base::text::slug::{Anchor, Slug};
use crate::base::text::validate;
use crate::terms;
use crate::terms::names::Named;
use crate::topics::TopicRef;

/// The largest document, in bytes.
pub const MAX_DOCUMENT: usize = 1_000_000;

/// A document, parsed and checked.
#[derive(Debug, Clone, Default)]
pub struct ParsedDocument {
    /// The id in its front matter.
    pub id: Option<ArticleId>,
    /// Its metadata, intro included.
    pub metadata: MetadataChange,
    /// Its sections, checked.
    pub parts: Vec<Part>,
    /// The `custom` of its sections, by anchor.
    pub section_custom: Map<String, Value>,
    /// When it was first published, if it was.
    pub published_at: Option<Timestamp>,
    /// A date in its front matter that cannot be read as one.
    pub unreadable_date: Option<String>,
    /// Whether its front matter calls it a draft.
    pub draft: bool,
    /// What was removed when it was converted from HTML, and what of its front matter has no place.
    pub warnings: Vec<Warning>,
}

/// Parses a Markdown document at `pointer`. Invalid if the document is too large, its front matter has a syntax error,
/// or its text breaks a rule. Front matter that has no field of its own, or does not fit it, goes to `custom`.
pub fn read_markdown(document: &str, pointer: &'static str) -> Result<ParsedDocument> {
    let (document, violations) = check_markdown_document(document, pointer)?;
    violations.check()?;
    Ok(document)
}

/// Parses a Markdown document like [`read_markdown`], and returns it together with the broken rules of its text.
pub fn check_markdown_document(
    document: &str,
    pointer: &'static str,
) -> Result<(ParsedDocument, Violations)> {
    check_length(document, pointer)?;
    let (front, text) = front_matter::split(document)
        .map_err(|invalid| Error::invalid(pointer, invalid.code, invalid.detail))?;
    // YAML, TOML and JSON can write it in other ways than as itself.
    if text.contains('\0') || json::find_nul(&serde_json::to_value(&front)?).is_some() {
        return Err(Error::invalid(pointer, "text-contains-nul", "Must not contain U+0000."));
    }
    check_document(front, text, pointer)
}

/// Parses an HTML document at `pointer`, like [`check_markdown_document`].
pub fn check_html_document(document: &str, pointer: &'static str) -> Result<(ParsedDocument, Violations)> {
    check_length(document, pointer)?;
    let Imported { markdown, warnings } = html::to_markdown(document).ok_or_else(|| too_long(pointer))?;
    let (document, violations) = check_document(FrontMatter::default(), &markdown, pointer)?;
    Ok((ParsedDocument { warnings, ..document }, violations))
}

fn check_length(document: &str, pointer: &'static str) -> Result<()> {
    if document.len() > MAX_DOCUMENT {
        return Err(too_long(pointer));
    }
    Ok(())
}

fn too_long(pointer: &'static str) -> Error {
    let detail = format!("Must be at most {MAX_DOCUMENT} bytes, as HTML and as Markdown.");
    Error::invalid(pointer, "document-too-long", detail)
}

fn check_document(
    front: FrontMatter,
    text: &str,
    pointer: &'static str,
) -> Result<(ParsedDocument, Violations)> {
    let document = if front.title.is_some() { outline::parse_untitled(text) } else { outline::parse(text) };
    let count = document.count();
    if count > tree::MAX_SECTIONS {
        let detail = format!("Must be at most {} sections.", tree::MAX_SECTIONS);
        return Err(Error::invalid(pointer, "sections-too-many", detail));
    }
    let mut violations = Violations::default();
    let intro = violations.take(pointer, check_markdown(&document.intro)).unwrap_or_default();
    let parts = check_parts(document.sections, pointer, &mut violations);
    let mut reader = FrontReader { custom: front.custom, left_out: Vec::new() };
    let title = front
        .title
        .or(document.title)
        .and_then(|title| reader.keep("title", title, |text| validate::line("title", &one_line(text), 300)));
    let metadata = MetadataChange {
        title,
        slug: front.slug.and_then(|slug| reader.keep("slug", slug, slugs::parse)).map(Some),
        locale: front.locale.and_then(|locale| reader.keep("locale", locale, Locale::parse)).map(Some),
        subtitle: Some(front.subtitle.and_then(|text| {
            reader.keep("subtitle", text, |text| validate::line("subtitle", &one_line(text), 500))
        })),
        summary: Some(
            front
                .summary
                .and_then(|text| reader.keep("summary", text, |text| validate::text("summary", text, 1000))),
        ),
        cover: Some(front.cover.and_then(|cover| reader.cover(cover))),
        featured: Some(front.featured.unwrap_or(false)),
        listed: Some(front.listed.unwrap_or(true)),
        authors: Some(reader.terms("authors", front.authors, MAX_AUTHORS)),
        topics: Some(reader.terms("topics", front.topics, MAX_TOPICS)),
        intro: Some(intro),
        seo: Some(reader.seo(front.seo)),
        translation_of: Some(front.translation_of.and_then(|text| {
            let parse = |text: &str| {
                let id = parse_uuid(text).map(ArticleId::from_uuid);
                id.ok_or_else(|| Invalid::new("article-unknown", "Must be an id."))
            };
            reader.keep("translation_of", text, parse)
        })),
        aliases: Some(reader.aliases(front.aliases)),
        custom: Some(reader.custom()),
    };
    let warnings = reader.warning().into_iter().collect();
    let document = ParsedDocument {
        id: front.id.map(ArticleId::from_uuid),
        metadata,
        parts,
        section_custom: front.sections,
        published_at: front.published_at,
        unreadable_date: front.unreadable_date,
        draft: front.draft.unwrap_or(false),
        warnings,
    };
    Ok((document, violations))
}

fn check_parts(parts: Vec<Part>, pointer: &'static str, violations: &mut Violations) -> Vec<Part> {
    let check = |part: Part| Part {
        heading: part.heading.and_then(|text| violations.take(pointer, check_heading(&text))),
        anchor: part.anchor,
        body: violations.take(pointer, check_markdown(&part.body)).unwrap_or_default(),
        sections: check_parts(part.sections, pointer, violations),
    };
    parts.into_iter().map(check).collect()
}

/// Puts front matter into its fields, or else into `custom`, or else into a warning.
struct FrontReader {
    custom: Map<String, Value>,
    /// The keys of values that fit nowhere.
    left_out: Vec<String>,
}

impl ParsedDocument {
    /// What is wrong with the date of its first publication, if anything: `date-unreadable`, or `published-at-in-future`.
    /// Published now, it would be public before that date, or under a wrong one.
    #[must_use]
    pub fn check_date(&self, now: Timestamp) -> Option<Warning> {
        if let Some(text) = &self.unreadable_date {
            let shown: String = text.chars().take(100).collect();
            let detail =
                format!("The date {shown:?} cannot be read in one way only. Write dates as 2024-03-31.");
            return Some(Warning::new("date-unreadable", detail));
        }
        let at = self.published_at.filter(|at| *at > now)?;
        Some(Warning::new("published-at-in-future", format!("The date {at} is in the future.")))
    }

    /// The same, or `published-at-not-used` if an article keeps another date than this one.
    #[must_use]
    pub fn check_date_kept(&self, kept: Option<Timestamp>, now: Timestamp) -> Option<Warning> {
        let not_used = || {
            let at = self.published_at.filter(|at| kept != Some(*at))?;
            let detail = format!(
                "The date {at} is not used: the article has been published before, or your role may not set the date."
            );
            Some(Warning::new("published-at-not-used", detail))
        };
        self.check_date(now).or_else(not_used)
    }

    /// Its sections as those of a new article.
    pub fn new_sections(
        &self,
        pointer: &'static str,
        random: &Random,
        now: Timestamp,
    ) -> Result<Vec<Section>> {
        self.match_sections(&[], pointer, random, now)
    }

    /// Its sections, which replace `known` ones.
    pub fn match_sections(
        &self,
        known: &[Section],
        pointer: &'static str,
        random: &Random,
        now: Timestamp,
    ) -> Result<Vec<Section>> {
        let intro = self.metadata.intro.as_deref().unwrap_or_default();
        match_sections(intro, &self.parts, known, &self.section_custom, pointer, random, now)
    }

    /// Its intro and sections, in document order.
    #[must_use]
    pub fn passages(&self) -> Vec<Passage<'_>> {
        fn walk<'a>(parts: &'a [Part], out: &mut Vec<Passage<'a>>) {
            for part in parts {
                out.push(Passage { heading: part.heading.as_deref(), body: &part.body });
                walk(&part.sections, out);
            }
        }
        let mut passages: Vec<Passage<'_>> = self.metadata.intro.iter().map(Passage::from).collect();
        walk(&self.parts, &mut passages);
        passages
    }
}

impl FrontReader {
    fn keep<T>(
        &mut self,
        name: &str,
        text: String,
        parse: impl FnOnce(&str) -> Result<T, Invalid>,
    ) -> Option<T> {
        let parsed = parse(&text).ok();
        if parsed.is_none() {
            self.leave(name, Value::String(text));
        }
        parsed
    }

    /// Puts what has no field of its own into `custom`, unless that has another value of this name.
    fn leave(&mut self, name: &str, value: Value) {
        match self.custom.entry(name) {
            Entry::Vacant(vacant) => {
                vacant.insert(value);
            }
            Entry::Occupied(other) if *other.get() == value => {}
            Entry::Occupied(_) => self.left_out.push(name.to_owned()),
        }
    }

    /// A value of a field that has no other place.
    fn fits<T>(&mut self, name: &str, value: Option<T>, fits: impl FnOnce(&T) -> bool) -> Option<T> {
        let is_given = value.is_some();
        let found = value.filter(fits);
        if is_given && found.is_none() {
            self.left_out.push(name.to_owned());
        }
        found
    }

    fn cover(&mut self, cover: front_matter::Cover) -> Option<Cover> {
        let url = if cover.url.contains("://") || cover.url.starts_with('/') {
            cover.url
        } else {
            format!("/{}", cover.url.trim_start_matches("./"))
        };
        let url = self.keep("cover", url, |url| validate::url_or_path("url", url));
        let is_text = |text: &String| url.is_some() && validate::text("alt", text, 1000).is_ok();
        let is_size = |size: &u32| url.is_some() && (1..=100_000).contains(size);
        let alt = self.fits("cover.alt", cover.alt, is_text);
        let caption = self.fits("cover.caption", cover.caption, is_text);
        let width = self.fits("cover.width", cover.width, is_size);
        let height = self.fits("cover.height", cover.height, is_size);
        Some(Cover { url: url?, alt, caption, width, height })
    }

    fn aliases(&mut self, aliases: Vec<String>) -> Vec<String> {
        let (mut paths, mut others) = (Vec::new(), Vec::new());
        for alias in aliases {
            match check_alias(&as_path(&alias)) {
                Ok(path) if paths.contains(&path) => {}
                Ok(path) if paths.len() < MAX_ALIASES => paths.push(path),
                _ => others.push(Value::String(alias)),
            }
        }
        if !others.is_empty() {
            self.leave("aliases", Value::Array(others));
        }
        paths
    }

    /// Topics or authors, by slug where there is one, otherwise by name. Those beyond `most`, and those whose name is none,
    /// are left over.
    fn terms(&mut self, key: &str, names: Vec<TermName>, most: usize) -> Vec<Named> {
        let (mut all, mut others) = (Vec::new(), Vec::new());
        for TermName { name, slug } in names {
            let text = one_line(&name.or_else(|| slug.clone()).unwrap_or_default());
            let slug = slug.and_then(|slug| {
                let parsed = Slug::parse(&slug).ok();
                self.fits(&format!("{key}.slug"), Some(parsed), Option::is_some).flatten()
            });
            match validate::line("name", &text, terms::MAX_NAME) {
                Ok(name) if all.len() < most => {
                    let named = Named { slug, name };
                    if !all.contains(&named) {
                        all.push(named);
                    }
                }
                _ => others.push(Value::String(text)),
            }
        }
        if !others.is_empty() {
            self.leave(key, Value::Array(others));
        }
        all
    }

    fn seo(&mut self, seo: front_matter::Seo) -> Seo {
        let is_title = |text: &String| validate::text("title", text, 300).is_ok();
        let is_description = |text: &String| validate::text("description", text, 1000).is_ok();
        Seo {
            title: self.fits("seo.title", seo.title.map(|text| one_line(&text)), is_title),
            description: self.fits("seo.description", seo.description, is_description),
            canonical_url: seo
                .canonical_url
                .and_then(|url| self.keep("canonical_url", url, |url| validate::url("canonical-url", url))),
            image_url: seo
                .image_url
                .and_then(|url| self.keep("image_url", url, |url| validate::url_or_path("image-url", url))),
            noindex: seo.noindex.unwrap_or(false),
        }
    }

    /// What is left over, within its bound.
    fn custom(&mut self) -> Map<String, Value> {
        let mut custom = Map::new();
        // `{}`, and for each member its name, a colon, its value, and a comma before all but the first.
        let mut length = 2;
        for (name, value) in std::mem::take(&mut self.custom) {
            let member = Value::from(name.as_str()).to_string().len() + 1 + value.to_string().len();
            let with = length + member + usize::from(!custom.is_empty());
            if with > validate::MAX_CUSTOM {
                self.left_out.push(name);
                continue;
            }
            length = with;
            custom.insert(name, value);
        }
        custom
    }

    /// What has found no place.
    fn warning(self) -> Option<Warning> {
        if self.left_out.is_empty() {
            return None;
        }
        let names: String = self.left_out.join(", ").chars().take(500).collect();
        let detail =
            format!("These values are too long or unusable, and do not fit into `custom` either: {names}.");
        Some(Warning::new("front-matter-left-out", detail))
    }
}

fn as_path(alias: &str) -> String {
    let path = url::Url::parse(alias).map_or_else(|_| alias.to_owned(), |url| url.path().to_owned());
    if path.starts_with('/') { path } else { format!("/{path}") }
}

/// Writes a draft as a Markdown document with front matter. Parsing it again gives the same draft.
#[must_use]
pub fn write_markdown(
    id: ArticleId,
    content: &Content,
    authors: &[AuthorRef],
    topics: &[TopicRef],
    published_at: Option<Timestamp>,
) -> String {
    let metadata = &content.metadata;
    let front = FrontMatter {
        id: Some(id.uuid()),
        title: Some(metadata.title.clone()),
        subtitle: metadata.subtitle.clone(),
        slug: Some(metadata.slug.to_string()),
        locale: Some(metadata.locale.to_string()),
        translation_of: metadata.translation_of.map(|id| id.to_string()),
        summary: metadata.summary.clone(),
        published_at,
        unreadable_date: None,
        updated_at: None,
        draft: None,
        featured: metadata.featured.then_some(true),
        listed: (!metadata.listed).then_some(false),
        authors: authors
            .iter()
            .map(|author| TermName { name: Some(author.name.clone()), slug: Some(author.slug.to_string()) })
            .collect(),
        topics: topics
            .iter()
            .map(|topic| TermName { name: Some(topic.name.clone()), slug: Some(topic.slug.to_string()) })
            .collect(),
        cover: metadata.cover.clone().map(|cover| front_matter::Cover {
            url: cover.url,
            alt: cover.alt,
            caption: cover.caption,
            width: cover.width,
            height: cover.height,
        }),
        seo: front_matter::Seo {
            title: metadata.seo.title.clone(),
            description: metadata.seo.description.clone(),
            canonical_url: metadata.seo.canonical_url.clone(),
            image_url: metadata.seo.image_url.clone(),
            noindex: metadata.seo.noindex.then_some(true),
        },
        aliases: metadata.aliases.clone(),
        sections: section_custom(&content.sections),
        custom: metadata.custom.clone(),
    };
    let document = Document {
        title: None,
        intro: metadata.intro.clone(),
        sections: content.sections.iter().map(part).collect(),
    };
    front_matter::write(&front) + &outline::write(&document)
}

fn part(section: &Section) -> Part {
    Part {
        heading: section.heading.clone(),
        anchor: section.anchor.clone(),
        body: section.body.clone(),
        sections: section.sections.iter().map(part).collect(),
    }
}

fn section_custom(sections: &[Section]) -> Map<String, Value> {
    tree::flatten(sections)
        .into_iter()
        .filter_map(|(section, ..)| {
            let anchor: &Anchor = section.anchor.as_ref()?;
            (!section.custom.is_empty()).then(|| (anchor.to_string(), Value::Object(section.custom.clone())))
        })
        .collect()
}
