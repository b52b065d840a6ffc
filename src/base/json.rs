//! Reads JSON values that come from outside. Request bodies, front matter and cells of imported files all read them
//! here, so that one set of rules bounds what is stored, whatever it was written in.
//!
//! A value nests at most [`MAX_DEPTH`] deep. Member names have at most [`MAX_NAME`] characters, none comes twice in an
//! object, and none begins with [`RESERVED`]. Numbers are finite: an integer of 64 bits, or a double, to which longer
//! integers are rounded. [`find_nul`] finds U+0000, which is reported with its place. Whoever stores a value also
//! bounds its size.

use std::fmt;

use serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// How deep objects and arrays nest. They are read recursively, so this bounds the stack; it leaves room below the 128
/// levels at which `serde_json` refuses to read a stored value, in which this one may stand deeper.
pub const MAX_DEPTH: usize = 64;
/// The longest name of a member, in characters.
pub const MAX_NAME: usize = 200;
/// How the names begin by which `serde_json` recognises its own types. It would read such a member as something else:
/// `RawValue` as the JSON in its text, past every rule.
pub const RESERVED: &str = "$serde_json::private::";

/// A JSON value that was read by the rules of this module, from any format.
#[derive(Debug, Clone, PartialEq)]
pub struct Strict(pub Value);

impl<'de> Deserialize<'de> for Strict {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Reader { depth: 0 }.deserialize(deserializer).map(Self)
    }
}

/// Parses a JSON text.
pub fn parse(text: &[u8]) -> Result<Value, serde_json::Error> {
    serde_json::from_slice(text).map(|Strict(value)| value)
}

/// Says in our words why a JSON text cannot be read, and where.
#[must_use]
pub fn describe(error: &serde_json::Error) -> String {
    let place = format!("line {}, column {}", error.line(), error.column());
    match error.classify() {
        // One of our rules, followed by the place in the words of serde_json.
        serde_json::error::Category::Data => {
            let text = error.to_string();
            let rule = text.rsplit_once(" at line ").map_or(text.as_str(), |(rule, _)| rule);
            format!("{rule} ({place}).")
        }
        serde_json::error::Category::Eof => format!("Must be JSON, but the text ends early ({place})."),
        _ => format!("Must be JSON, but the syntax is wrong ({place})."),
    }
}

/// Checks the name of a member. Says which rule it breaks.
pub fn check_name(name: &str) -> Result<(), String> {
    if name.chars().nth(MAX_NAME).is_some() {
        return Err(format!("Field names have at most {MAX_NAME} characters"));
    }
    if name.starts_with(RESERVED) {
        return Err(format!("The name {name:?} is reserved"));
    }
    Ok(())
}

/// Returns the JSON pointer of the first string or member name with U+0000, which PostgreSQL's `text` cannot store.
#[must_use]
pub fn find_nul(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => text.contains('\0').then(String::new),
        Value::Array(items) => {
            items.iter().enumerate().find_map(|(at, item)| find_nul(item).map(|rest| format!("/{at}{rest}")))
        }
        Value::Object(members) => members.iter().find_map(|(key, member)| {
            let rest = if key.contains('\0') { Some(String::new()) } else { find_nul(member) };
            rest.map(|rest| {
                let mut pointer = String::new();
                push_key(&mut pointer, &key.replace('\0', "\u{fffd}"));
                pointer + &rest
            })
        }),
        _ => None,
    }
}

/// Appends the name of a member to a JSON pointer.
pub fn push_key(pointer: &mut String, key: &str) {
    pointer.push('/');
    pointer.push_str(&key.replace('~', "~0").replace('/', "~1"));
}

/// Applies a merge patch to an object (RFC 7396): objects are merged recursively, and `null` removes a member. The
/// result nests no deeper than the deeper of the two.
pub fn merge(target: &mut Map<String, Value>, patch: &Map<String, Value>) {
    for (name, value) in patch {
        match value {
            Value::Null => {
                target.remove(name);
            }
            Value::Object(patch) => {
                let member = target.entry(name.clone()).or_insert(Value::Null);
                if !member.is_object() {
                    *member = Map::new().into();
                }
                if let Some(member) = member.as_object_mut() {
                    merge(member, patch);
                }
            }
            value => {
                target.insert(name.clone(), value.clone());
            }
        }
    }
}

struct Reader {
    depth: usize,
}

impl<'de> DeserializeSeed<'de> for Reader {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        if self.depth > MAX_DEPTH {
            return Err(D::Error::custom(format_args!("Values nest at most {MAX_DEPTH} levels deep")));
        }
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }
    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_none<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }
    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        self.deserialize(deserializer)
    }
    fn visit_bool<E>(self, value: bool) -> Result<Value, E> {
        Ok(Value::Bool(value))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_u64<E>(self, value: u64) -> Result<Value, E> {
        Ok(value.into())
    }
    #[expect(clippy::cast_precision_loss, reason = "what every reader of JSON does with a longer integer")]
    fn visit_i128<E: Error>(self, value: i128) -> Result<Value, E> {
        self.visit_f64(value as f64)
    }
    #[expect(clippy::cast_precision_loss, reason = "what every reader of JSON does with a longer integer")]
    fn visit_u128<E: Error>(self, value: u128) -> Result<Value, E> {
        self.visit_f64(value as f64)
    }
    fn visit_f64<E: Error>(self, value: f64) -> Result<Value, E> {
        let number = Number::from_f64(value).map(Value::Number);
        number.ok_or_else(|| E::custom("Numbers must be finite"))
    }
    fn visit_str<E>(self, value: &str) -> Result<Value, E> {
        Ok(value.into())
    }
    fn visit_string<E>(self, value: String) -> Result<Value, E> {
        Ok(value.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Value, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(Reader { depth: self.depth + 1 })? {
            items.push(item);
        }
        Ok(Value::Array(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value, A::Error> {
        let mut members = Map::new();
        while let Some(name) = map.next_key::<String>()? {
            check_name(&name).map_err(A::Error::custom)?;
            let value = map.next_value_seed(Reader { depth: self.depth + 1 })?;
            if members.contains_key(&name) {
                return Err(A::Error::custom(format_args!("The member {name:?} comes twice")));
            }
            members.insert(name, value);
        }
        Ok(Value::Object(members))
    }
}
