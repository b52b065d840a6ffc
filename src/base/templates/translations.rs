//! Parses translation files. A text missing in a language comes from the language it is a variant of, and finally from
//! English.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;
use std::ops::Range;
use std::sync::Arc;

use minijinja::value::Kwargs;
use minijinja::{Error, ErrorKind, Value};
use toml::Spanned;

use super::files::{Files, TranslationFile};
use crate::base::text::Locale;

/// The texts of a language by table and name, as in `unsubscribed.heading`.
#[derive(Debug, Clone)]
pub(super) struct Translations {
    pub tag: Locale,
    pub texts: BTreeMap<String, Text>,
}

/// A language with translations. Cheap to clone.
#[derive(Clone)]
pub struct Language(pub(super) Arc<Translations>);

impl From<Translations> for Language {
    fn from(translations: Translations) -> Self {
        Self(Arc::new(translations))
    }
}

impl Language {
    /// The language tag, such as `de` or `pt-BR`.
    #[must_use]
    pub fn tag(&self) -> &str {
        self.0.tag.as_str()
    }

    /// A text without placeholders.
    pub(super) fn translate(&self, key: &str) -> Result<String, Error> {
        self.0.translate(key, |_| None)
    }

    /// The function `t` of templates.
    pub(super) fn function(&self) -> Value {
        let translations = self.0.clone();
        Value::from_function(move |key: &str, given: Kwargs| {
            translations.translate(key, |name| given.get(name).ok())
        })
    }
}

impl fmt::Debug for Language {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.tag())
    }
}

/// The tag and the tags it is a variant of: `zh-Hant-TW`, `zh-Hant`, `zh`.
pub(super) fn wider(tag: &str) -> impl Iterator<Item = &str> {
    std::iter::successors(Some(tag), |tag| tag.rsplit_once('-').map(|(wider, _)| wider))
}

/// A text with placeholders.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Text(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Literal(String),
    Placeholder(String),
}

type Texts = BTreeMap<String, Text>;

/// Parses all translation files. An error is one line that names the file.
pub(super) fn read(files: &Files) -> Result<Vec<Translations>, String> {
    let mut english = Texts::new();
    let mut languages: BTreeMap<String, (Locale, Texts)> = BTreeMap::new();
    for file in files.translations() {
        let place = files.place(file.name);
        let failed = |why: String| format!("{place}: {why}");
        let tag = Locale::parse(file.name.trim_end_matches(".toml")).map_err(|e| failed(e.detail.into()))?;
        let texts = parse(&file).map_err(failed)?;
        if tag.as_str() == "en" && !file.is_own {
            english.clone_from(&texts);
        }
        // Operator files come later in the list, so their texts replace those compiled in.
        languages.entry(tag.to_string()).or_insert((tag, Texts::new())).1.extend(texts);
    }
    for file in files.translations() {
        check(&file, &english).map_err(|why| format!("{}: {why}", files.place(file.name)))?;
    }
    let given = languages.clone();
    let whole = |(tag, own): (Locale, Texts)| {
        let mut texts = given.get("en").map(|(_, english)| english.clone()).unwrap_or_default();
        let tags: Vec<&str> = wider(tag.as_str()).collect();
        for wider in tags.into_iter().rev() {
            texts.extend(given.get(wider).map(|(_, texts)| texts.clone()).unwrap_or_default());
        }
        texts.extend(own);
        Translations { tag, texts }
    };
    Ok(languages.into_values().map(whole).collect())
}

pub(super) fn parse(file: &TranslationFile<'_>) -> Result<Texts, String> {
    let line = |span: Option<Range<usize>>| {
        span.map(|span| 1 + file.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count())
    };
    let wrong = |span: Option<Range<usize>>, why: &str| {
        let line = line(span).map(|line| format!("line {line}: ")).unwrap_or_default();
        format!("{line}{}", why.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let tables: BTreeMap<String, BTreeMap<String, Spanned<String>>> =
        toml::from_str(file.text).map_err(|error| wrong(error.span(), error.message()))?;
    let mut texts = Texts::new();
    for (table, texts_of) in tables {
        for (name, text) in texts_of {
            let key = format!("{table}.{name}");
            let read = Text::parse(text.as_ref());
            texts
                .insert(key.clone(), read.map_err(|why| wrong(Some(text.span()), &format!("{key}: {why}")))?);
        }
    }
    Ok(texts)
}

/// Fails on texts that no template uses and on placeholders that no template fills in.
fn check(file: &TranslationFile<'_>, english: &Texts) -> Result<(), String> {
    for (key, text) in parse(file)? {
        let known = english.get(&key).ok_or_else(|| format!("no template uses {key}"))?;
        let known = known.placeholders();
        if let Some(name) = text.placeholders().into_iter().find(|name| !known.contains(name)) {
            return Err(format!("{key}: there is no placeholder {{{name}}}"));
        }
    }
    Ok(())
}

impl Translations {
    /// The text with this key. `given` supplies the values of its placeholders.
    pub fn translate(&self, key: &str, given: impl Fn(&str) -> Option<Value>) -> Result<String, Error> {
        let refusal = |why: String| Error::new(ErrorKind::InvalidOperation, why);
        let text = self.texts.get(key).ok_or_else(|| refusal(format!("there is no text called {key}")))?;
        let mut translated = String::new();
        for piece in &text.0 {
            match piece {
                Piece::Literal(text) => translated.push_str(text),
                Piece::Placeholder(name) => {
                    let value = given(name).filter(|value| !value.is_undefined());
                    let value = value.ok_or_else(|| refusal(format!("{key} needs a value for {name}")))?;
                    translated.push_str(&value.to_string());
                }
            }
        }
        Ok(translated)
    }
}

impl Text {
    fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("the text is empty".to_owned());
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("a brace is not closed")?;
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
                return Err(format!("{{{name}}} is no placeholder; one looks like {{site}}"));
            }
            if !before.is_empty() {
                pieces.push(Piece::Literal(before.to_owned()));
            }
            pieces.push(Piece::Placeholder(name.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Literal(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// The names of the placeholders.
    pub fn placeholders(&self) -> BTreeSet<&str> {
        let placeholders = self.0.iter().filter_map(|piece| match piece {
            Piece::Placeholder(name) => Some(name.as_str()),
            Piece::Literal(_) => None,
        });
        placeholders.collect()
    }
}
