//! Reads front matter in YAML, TOML or JSON as a JSON object, and writes it as YAML.

use serde::{Deserialize as _, Serialize};
use serde_json::{Map, Value};

use super::super::steps;
use super::MAX_LENGTH;
use crate::base::error::Invalid;
use crate::base::json::{self, Strict};

/// The front matter and the Markdown after it.
type Front<'d> = (Map<String, Value>, &'d str);

/// Splits a document into its front matter and its Markdown. `None` if there is no front matter. Blank lines before it
/// are skipped.
pub(super) fn read(document: &str) -> Result<Option<Front<'_>>, Invalid> {
    let opening = skip_blank_lines(document);
    let first = opening.lines().next().unwrap_or_default();
    let parse = |closers: &[&str], parse: fn(&str, u64) -> Result<Value, Invalid>| {
        fenced(opening, closers)
            .map(|(inside, rest)| Ok((parse(bounded(inside)?, lines_before(document, inside))?, rest)))
    };
    let found = match first.trim_end() {
        "---" => parse(&["---", "..."], yaml),
        "+++" => parse(&["+++"], toml),
        _ if opens_object(opening) => Some(json(opening, lines_before(document, opening))),
        _ => None,
    };
    Ok(match found.transpose()? {
        Some((Value::Object(map), rest)) => Some((map, rest)),
        Some((Value::Null, rest)) => Some((Map::new(), rest)),
        _ => None,
    })
}

/// The document from its first line that is not blank. A byte order mark is blank.
fn skip_blank_lines(document: &str) -> &str {
    let is_blank = |line: &&str| line.chars().all(|c| c.is_whitespace() || c == '\u{feff}');
    let skipped: usize = document.split_inclusive('\n').take_while(is_blank).map(str::len).sum();
    document.get(skipped..).unwrap_or_default().trim_start_matches('\u{feff}')
}

/// How many lines of the document stand before a part of it.
fn lines_before(document: &str, part: &str) -> u64 {
    let offset = (part.as_ptr() as usize).saturating_sub(document.as_ptr() as usize);
    document.get(..offset).map_or(0, |before| before.matches('\n').count() as u64)
}

/// Writes an object as YAML, one line per key, with a line feed at the end.
pub(super) fn to_yaml(value: &impl Serialize) -> String {
    let mut out = String::new();
    if let Ok(Value::Object(map)) = serde_json::to_value(value) {
        for (key, value) in map {
            // JSON values are valid YAML on one line, so neither indentation nor folding nor words like `no` need care.
            out.extend([&bare_key(&key), ": ", &escape(&value.to_string()), "\n"]);
        }
    }
    out
}

/// Splits after the first line: the lines up to the first closing line, and the text after that line.
fn fenced<'d>(document: &'d str, closers: &[&str]) -> Option<(&'d str, &'d str)> {
    let start = document.find('\n')? + 1;
    let mut at = start;
    for line in document.get(start..)?.split_inclusive('\n') {
        steps::count(line.len());
        let end = at + line.len();
        if closers.contains(&line.trim_end()) {
            return Some((document.get(start..at)?, document.get(end..)?));
        }
        at = end;
    }
    None
}

fn bounded(inside: &str) -> Result<&str, Invalid> {
    if inside.len() > MAX_LENGTH {
        return Err(Invalid::new(
            "front-matter-too-long",
            format!("Front matter has at most {MAX_LENGTH} bytes."),
        ));
    }
    steps::count(inside.len());
    Ok(inside)
}

fn yaml(inside: &str, lines_before: u64) -> Result<Value, Invalid> {
    if inside.lines().all(|line| line.trim().is_empty() || line.starts_with('#')) {
        return Ok(Value::Null);
    }
    super::yaml::parse(inside).map_err(|error| {
        let line = error.location().map(|location| lines_before + location.line());
        malformed("YAML", line, &error.to_string())
    })
}

fn toml(inside: &str, lines_before: u64) -> Result<Value, Invalid> {
    let table: toml::Table = inside.parse().map_err(|error: toml::de::Error| {
        let before = error.span().and_then(|span| inside.get(..span.start));
        let line = before.map(|text| lines_before + text.matches('\n').count() as u64 + 1);
        malformed("TOML", line, error.message())
    })?;
    let table = toml::Value::Table(table.into_iter().map(|(key, value)| (key, as_json(value))).collect());
    let Strict(value) = Strict::deserialize(table)
        .map_err(|error: toml::de::Error| malformed("TOML", None, error.message()))?;
    Ok(value)
}

/// JSON has no dates, which `toml` would pass on in objects of its own, and no numbers that are not finite.
fn as_json(value: toml::Value) -> toml::Value {
    match value {
        toml::Value::Datetime(time) => toml::Value::String(time.to_string()),
        toml::Value::Float(number) if !number.is_finite() => {
            toml::Value::String(number.to_string().to_lowercase())
        }
        toml::Value::Array(items) => toml::Value::Array(items.into_iter().map(as_json).collect()),
        toml::Value::Table(table) => {
            toml::Value::Table(table.into_iter().map(|(key, value)| (key, as_json(value))).collect())
        }
        value => value,
    }
}

/// A brace alone is not enough: `{{` or `{%` opens a template shortcode.
fn opens_object(document: &str) -> bool {
    document.strip_prefix('{').is_some_and(|rest| rest.trim_start().starts_with(['"', '}']))
}

fn json(document: &str, lines_before: u64) -> Result<(Value, &str), Invalid> {
    let mut values = serde_json::Deserializer::from_str(document).into_iter::<Strict>();
    match values.next() {
        Some(Ok(Strict(value))) => {
            let end = values.byte_offset();
            bounded(document.get(..end).unwrap_or_default())?;
            let rest = document.get(end..).unwrap_or_default();
            Ok((value, rest.split_once('\n').map_or("", |(_, markdown)| markdown)))
        }
        Some(Err(error)) => {
            // Once more below as many blank lines, for the line in the message.
            let padded = "\n".repeat(usize::try_from(lines_before).unwrap_or(0)) + document;
            let error = serde_json::Deserializer::from_str(&padded)
                .into_iter::<Strict>()
                .find_map(Result::err)
                .unwrap_or(error);
            Err(malformed("JSON", None, &json::describe(&error)))
        }
        None => Ok((Value::Null, document)),
    }
}

/// `line` counts from 1 in the document.
fn malformed(language: &str, line: Option<u64>, message: &str) -> Invalid {
    let message = message.lines().next().unwrap_or_default();
    let place = line.map(|line| format!(" in line {line}")).unwrap_or_default();
    Invalid::new(
        "front-matter-malformed",
        format!("The front matter is not valid {language}{place}: {message}"),
    )
}

fn bare_key(key: &str) -> String {
    let plain = key.starts_with(|c: char| c.is_ascii_lowercase())
        && key.chars().all(|c| c.is_ascii_lowercase() || c == '_');
    if plain { key.to_owned() } else { escape(&Value::String(key.to_owned()).to_string()) }
}

/// Escapes the characters that JSON allows in a string but YAML does not allow unescaped.
fn escape(json: &str) -> String {
    let mut out = String::with_capacity(json.len());
    for c in json.chars() {
        let is_plain = matches!(c, ' '..='~' | '\u{a0}'..='\u{d7ff}' | '\u{e000}'..='\u{fefe}' | '\u{ff00}'..='\u{fffd}' | '\u{10000}'..);
        if is_plain && !matches!(c, '\u{2028}' | '\u{2029}') {
            out.push(c);
        } else {
            let code = format!("\\u{:04x}", u32::from(c));
            out.push_str(&code);
        }
    }
    out
}
