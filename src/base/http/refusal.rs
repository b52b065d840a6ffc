//! Reads types from JSON values with refusals in the API's own words. Serde tells what it found and expected; here that
//! becomes a code and a sentence, so that no sentence of a library is sent to a client.

use std::fmt::{self, Display};

use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{self, Deserializer, Expected, IntoDeserializer, Unexpected, Visitor};
use serde::forward_to_deserialize_any;
use serde_json::Value;

/// Why a value does not fit a type: a stable code and a sentence.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refusal {
    /// `field-unknown`, `field-missing`, `value-unknown` or `type-mismatch`.
    pub code: &'static str,
    /// What is allowed there.
    pub detail: String,
}

/// A JSON value that refuses as [`Refusal`].
#[derive(Debug)]
pub struct Untyped(pub Value);

impl Refusal {
    fn mismatch(wanted: &str) -> Self {
        Self { code: "type-mismatch", detail: format!("Must be {wanted}.") }
    }
}

/// What a type calls itself, in our words. Other names are those of our types, which say nothing to a client.
fn wanted(expected: &dyn Expected) -> &'static str {
    match expected.to_string().as_str() {
        "a string" | "a borrowed string" | "a character" => "a string",
        "a boolean" => "true or false",
        "a sequence" => "an array",
        "f32" | "f64" => "a number",
        "i8" | "i16" | "i32" | "i64" | "u8" | "u16" | "u32" | "u64" | "usize" => "an integer in range",
        "a formatted UUID string" | "UUID string" => "a UUID",
        "an RFC 3339 time with an offset" => "an RFC 3339 time such as 2026-01-31T09:30:00Z",
        text if text == "a map" || text.starts_with("struct ") => "an object",
        text if text.starts_with("enum ") => "one of the documented values",
        _ => "a valid value",
    }
}

impl de::Error for Refusal {
    fn custom<T: Display>(message: T) -> Self {
        // The one type whose reading fails in a library and without an expectation.
        let is_uuid = message.to_string().starts_with("UUID parsing failed");
        Self::mismatch(if is_uuid { "a UUID" } else { "a valid value" })
    }
    fn invalid_type(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::mismatch(wanted(expected))
    }
    fn invalid_value(_: Unexpected<'_>, expected: &dyn Expected) -> Self {
        Self::mismatch(wanted(expected))
    }
    fn invalid_length(_: usize, _: &dyn Expected) -> Self {
        Self::mismatch("of the documented length")
    }
    fn unknown_variant(_: &str, known: &'static [&'static str]) -> Self {
        Self { code: "value-unknown", detail: format!("Must be one of {}.", known.join(", ")) }
    }
    fn unknown_field(_: &str, known: &'static [&'static str]) -> Self {
        let detail = format!("There is no such field. The fields here are: {}.", known.join(", "));
        Self { code: "field-unknown", detail }
    }
    fn missing_field(name: &'static str) -> Self {
        Self { code: "field-missing", detail: format!("The field {name} is required.") }
    }
    fn duplicate_field(name: &'static str) -> Self {
        Self { code: "type-mismatch", detail: format!("The field {name} comes twice.") }
    }
}

impl Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.detail)
    }
}

impl std::error::Error for Refusal {}

impl IntoDeserializer<'_, Refusal> for Untyped {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

/// Reads whole numbers that are written with a fraction, as in `1.0`, which JSON Schema has for integers, too.
macro_rules! integers {
    ($($name:ident)*) => {$(
        fn $name<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
            Untyped(whole(self.0)).deserialize_any(visitor)
        }
    )*};
}

/// The integer that a number is, if it is one and can be told from its neighbours.
fn whole(value: Value) -> Value {
    match value.as_f64() {
        #[expect(clippy::cast_possible_truncation, reason = "whole and within bounds")]
        Some(number) if number.fract() == 0.0 && number.abs() < 9_007_199_254_740_992.0 => {
            Value::from(number as i64)
        }
        _ => value,
    }
}

impl<'de> Deserializer<'de> for Untyped {
    type Error = Refusal;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        match self.0 {
            Value::Null => visitor.visit_unit(),
            Value::Bool(value) => visitor.visit_bool(value),
            Value::Number(number) => match (number.as_u64(), number.as_i64(), number.as_f64()) {
                (Some(number), ..) => visitor.visit_u64(number),
                (_, Some(number), _) => visitor.visit_i64(number),
                (.., number) => visitor.visit_f64(number.unwrap_or(f64::NAN)),
            },
            Value::String(text) => visitor.visit_string(text),
            Value::Array(items) => {
                let mut items = SeqDeserializer::new(items.into_iter().map(Untyped));
                let read = visitor.visit_seq(&mut items)?;
                // What is left is too much for a tuple.
                items.end().map(|()| read)
            }
            Value::Object(members) => {
                let members = members.into_iter().map(|(name, member)| (name, Untyped(member)));
                visitor.visit_map(MapDeserializer::new(members))
            }
        }
    }

    fn deserialize_option<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refusal> {
        if self.0.is_null() { visitor.visit_none() } else { visitor.visit_some(self) }
    }

    fn deserialize_newtype_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        visitor.visit_newtype_struct(self)
    }

    /// Serde would also read a struct from an array, by position.
    fn deserialize_struct<V: Visitor<'de>>(
        self,
        _: &'static str,
        _: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        if self.0.is_object() { self.deserialize_any(visitor) } else { Err(Refusal::mismatch("an object")) }
    }

    /// The enums of the API are names.
    fn deserialize_enum<V: Visitor<'de>>(
        self,
        _: &'static str,
        known: &'static [&'static str],
        visitor: V,
    ) -> Result<V::Value, Refusal> {
        match self.0 {
            Value::String(name) => visitor.visit_enum(name.into_deserializer()),
            _ => Err(de::Error::unknown_variant("", known)),
        }
    }

    integers! {
        deserialize_i8 deserialize_i16 deserialize_i32 deserialize_i64
        deserialize_u8 deserialize_u16 deserialize_u32 deserialize_u64
    }

    forward_to_deserialize_any! {
        bool i128 u128 f32 f64 char str string bytes byte_buf unit unit_struct seq tuple
        tuple_struct map identifier ignored_any
    }
}
