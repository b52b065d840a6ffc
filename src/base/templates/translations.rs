//! Sentences and what is put into them. A language that lacks one says it as the language does that it is a kind of, and
//! at last in English.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use minijinja::{Error, ErrorKind, Value};
use toml::Spanned;

use super::files::{Files, WordsFile};
use crate::base::text::Locale;

/// Every sentence of a language, by its table and name, as in `left.heading`.
#[derive(Debug, Clone)]
pub(super) struct Words {
    pub tag: Locale,
    pub sentences: BTreeMap<String, Sentence>,
}

/// A sentence with places for what is put in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Sentence(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    Place(String),
}

type Sentences = BTreeMap<String, Sentence>;

/// Reads every file of words.
///
/// # Errors
/// With one line that names the file.
pub(super) fn read(files: &Files) -> Result<Vec<Words>, String> {
    let mut english = Sentences::new();
    let mut languages: BTreeMap<String, (Locale, Sentences)> = BTreeMap::new();
    for file in files.words() {
        let place = files.place(file.name);
        let failed = |why: String| format!("{place}: {why}");
        let tag = Locale::parse(file.name.trim_end_matches(".toml")).map_err(|e| failed(e.detail.into()))?;
        let sentences = parse(&file).map_err(failed)?;
        if tag.as_str() == "en" && !file.is_own {
            english.clone_from(&sentences);
        }
        // The folder's sentences are laid over those that are compiled in.
        languages.entry(tag.to_string()).or_insert((tag, Sentences::new())).1.extend(sentences);
    }
    for file in files.words() {
        check(&file, &english).map_err(|why| format!("{}: {why}", files.place(file.name)))?;
    }
    let given = languages.clone();
    let whole = |(tag, own): (Locale, Sentences)| {
        let mut sentences = given.get("en").map(|(_, english)| english.clone()).unwrap_or_default();
        let kinds: Vec<&str> = super::languages::kinds(tag.as_str()).collect();
        for kind in kinds.into_iter().rev() {
            sentences.extend(given.get(kind).map(|(_, words)| words.clone()).unwrap_or_default());
        }
        sentences.extend(own);
        Words { tag, sentences }
    };
    Ok(languages.into_values().map(whole).collect())
}

pub(super) fn parse(file: &WordsFile<'_>) -> Result<Sentences, String> {
    let line = |span: Option<Range<usize>>| {
        span.map(|span| 1 + file.text.bytes().take(span.start).filter(|byte| *byte == b'\n').count())
    };
    let wrong = |span: Option<Range<usize>>, why: &str| {
        let line = line(span).map(|line| format!("line {line}: ")).unwrap_or_default();
        format!("{line}{}", why.split_whitespace().collect::<Vec<_>>().join(" "))
    };
    let tables: BTreeMap<String, BTreeMap<String, Spanned<String>>> =
        toml::from_str(file.text).map_err(|error| wrong(error.span(), error.message()))?;
    let mut sentences = Sentences::new();
    for (table, words) in tables {
        for (name, sentence) in words {
            let key = format!("{table}.{name}");
            let read = Sentence::parse(sentence.as_ref());
            sentences.insert(
                key.clone(),
                read.map_err(|why| wrong(Some(sentence.span()), &format!("{key}: {why}")))?,
            );
        }
    }
    Ok(sentences)
}

/// Whether every sentence is one that templates ask for, with what they put in.
fn check(file: &WordsFile<'_>, english: &Sentences) -> Result<(), String> {
    for (key, sentence) in parse(file)? {
        let known = english.get(&key).ok_or_else(|| format!("no template asks for {key}"))?;
        let known = known.places();
        if let Some(place) = sentence.places().into_iter().find(|place| !known.contains(place)) {
            return Err(format!("{key}: nothing is put in for {{{place}}}"));
        }
    }
    Ok(())
}

impl Words {
    /// The sentence of that key, with what `given` gives for its places.
    pub fn say(&self, key: &str, given: impl Fn(&str) -> Option<Value>) -> Result<String, Error> {
        let refusal = |why: String| Error::new(ErrorKind::InvalidOperation, why);
        let sentence =
            self.sentences.get(key).ok_or_else(|| refusal(format!("there is no sentence called {key}")))?;
        let mut said = String::new();
        for piece in &sentence.0 {
            match piece {
                Piece::Text(text) => said.push_str(text),
                Piece::Place(name) => {
                    let value = given(name).filter(|value| !value.is_undefined());
                    let value = value.ok_or_else(|| refusal(format!("{key} is to be given {name}")))?;
                    said.push_str(&value.to_string());
                }
            }
        }
        Ok(said)
    }
}

impl Sentence {
    fn parse(text: &str) -> Result<Self, String> {
        if text.trim().is_empty() {
            return Err("a sentence says something".to_owned());
        }
        let mut pieces = Vec::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').ok_or("a brace that is opened is closed")?;
            if name.is_empty() || !name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_') {
                return Err(format!("{{{name}}} is no name, as {{site}} is"));
            }
            if !before.is_empty() {
                pieces.push(Piece::Text(before.to_owned()));
            }
            pieces.push(Piece::Place(name.to_owned()));
            rest = after;
        }
        if !rest.is_empty() {
            pieces.push(Piece::Text(rest.to_owned()));
        }
        Ok(Self(pieces))
    }

    /// The names of what is put in.
    pub fn places(&self) -> BTreeSet<&str> {
        let places = self.0.iter().filter_map(|piece| match piece {
            Piece::Place(name) => Some(name.as_str()),
            Piece::Text(_) => None,
        });
        places.collect()
    }
}
