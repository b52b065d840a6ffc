//! Reads the front matter of a document as metadata. What has no field of its own, or does not fit it, goes to `custom`; what
//! does not fit there either is told.

use serde_json::map::Entry;
use serde_json::{Map, Value};

use super::aliases::{MAX_ALIASES, check_alias};
use super::checks::{MAX_AUTHORS, MAX_TOPICS};
use super::metadata_change::MetadataChange;
use super::{ArticleRef, Cover, Seo, slugs};
use crate::base::error::Invalid;
use crate::base::text::Locale;
use crate::base::text::front_matter::{self, FrontMatter, TermName};
use crate::base::text::inline::one_line;
use crate::base::text::markdown::Warning;
use crate::base::text::slug::Slug;
use crate::base::text::validate;
use crate::terms;
use crate::terms::names::Named;

/// The metadata of a document with this front matter, whose text has this title and intro, and what of it has no place.
pub(super) fn read(
    front: FrontMatter,
    title: Option<String>,
    intro: String,
) -> (MetadataChange, Option<Warning>) {
    let mut reader = FrontReader { custom: front.custom, left_out: front.left_out };
    let title = front
        .title
        .or(title)
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
        // A document without it leaves the article in its group, which is no part of the text.
        translation_of: front.translation_of.and_then(|wanted| match wanted {
            Some(text) => reader.keep("translation_of", text, ArticleRef::parse).map(Some),
            None => Some(None),
        }),
        aliases: Some(reader.aliases(front.aliases)),
        custom: Some(reader.custom()),
    };
    (metadata, left_out(&reader.left_out))
}

/// A warning about values that are not stored, by their names.
pub(super) fn left_out(names: &[String]) -> Option<Warning> {
    if names.is_empty() {
        return None;
    }
    let names: String = names.join(", ").chars().take(500).collect();
    let detail = format!(
        "These values have no field, are too long or are unusable, and do not fit into `custom` either: {names}."
    );
    Some(Warning::new("front-matter-left-out", detail))
}

/// Puts front matter into its fields, or else into `custom`, or else into a warning.
struct FrontReader {
    custom: Map<String, Value>,
    /// The keys of values that fit nowhere.
    left_out: Vec<String>,
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
}

fn as_path(alias: &str) -> String {
    let path = url::Url::parse(alias).map_or_else(|_| alias.to_owned(), |url| url.path().to_owned());
    if path.starts_with('/') { path } else { format!("/{path}") }
}
