//! YAML as JSON values. A plain scalar is a number only if JSON writes that number in the same way; otherwise it stays
//! the text that was written: `1.10`, `007`, `0x1F` and `.nan` are more often names, versions and codes than numbers.

use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Value};
use serde_saphyr::NonFiniteFloatPolicy;
use serde_saphyr::options::MergeKeyPolicy;
use serde_saphyr::{Error, Options, Spanned};

use crate::base::json::Strict;

/// Parses a YAML text.
pub(super) fn parse(text: &str) -> Result<Value, Error> {
    let Strict(value) = serde_saphyr::from_str_with_options(text, options())?;
    if !has_numbers(&value) {
        return Ok(value);
    }
    // Read for the second time, with the place of each scalar. The first reading has checked depth and names.
    let node: Node = serde_saphyr::from_str_with_options(text, options())?;
    Ok(node.value(text))
}

fn options() -> Options {
    // Strict booleans, because a title may be `No`. `<<` is not merged but kept as an ordinary key, which ends up in
    // `custom`.
    serde_saphyr::options! {
        merge_keys: MergeKeyPolicy::AsOrdinary,
        strict_booleans: true,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
    }
}

/// How numbers that JSON does not have are given as text.
fn is_non_finite(text: &str) -> bool {
    matches!(text, ".nan" | ".inf" | "-.inf")
}

fn has_numbers(value: &Value) -> bool {
    match value {
        Value::Number(_) => true,
        Value::String(text) => is_non_finite(text),
        Value::Array(items) => items.iter().any(has_numbers),
        Value::Object(members) => members.values().any(has_numbers),
        _ => false,
    }
}

/// A value and its place in the text.
struct Node(Spanned<Shape>);

enum Shape {
    Scalar(Value),
    Items(Vec<Node>),
    Members(Vec<(String, Node)>),
}

impl Node {
    fn value(self, text: &str) -> Value {
        // An alias is written where its anchor stands.
        let span = self.0.defined.span();
        let written = || {
            let (start, length) =
                (usize::try_from(span.byte_offset()?).ok()?, usize::try_from(span.byte_len()?).ok()?);
            text.get(start..start.checked_add(length)?).map(str::trim)
        };
        match self.0.value {
            Shape::Items(items) => items.into_iter().map(|item| item.value(text)).collect(),
            Shape::Members(members) => {
                let members = members.into_iter().map(|(name, member)| (name, member.value(text)));
                members.collect::<Map<String, Value>>().into()
            }
            Shape::Scalar(Value::Number(number)) => {
                let same = number.to_string();
                match written() {
                    // Anything else is not the number alone, such as one with a tag.
                    Some(written) if written != same && written.starts_with(is_of_number) => written.into(),
                    _ => Value::Number(number),
                }
            }
            Shape::Scalar(Value::String(scalar)) if is_non_finite(&scalar) => match written() {
                Some(written) if written.starts_with(is_of_number) => written.into(),
                _ => scalar.into(),
            },
            Shape::Scalar(value) => value,
        }
    }
}

fn is_of_number(c: char) -> bool {
    c.is_ascii_digit() || matches!(c, '+' | '-' | '.')
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for Shape {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(ShapeVisitor)
    }
}

struct ShapeVisitor;

impl<'de> Visitor<'de> for ShapeVisitor {
    type Value = Shape;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }
    fn visit_unit<E>(self) -> Result<Shape, E> {
        Ok(Shape::Scalar(Value::Null))
    }
    fn visit_none<E>(self) -> Result<Shape, E> {
        Ok(Shape::Scalar(Value::Null))
    }
    fn visit_bool<E>(self, value: bool) -> Result<Shape, E> {
        Ok(Shape::Scalar(value.into()))
    }
    fn visit_i64<E>(self, value: i64) -> Result<Shape, E> {
        Ok(Shape::Scalar(value.into()))
    }
    fn visit_u64<E>(self, value: u64) -> Result<Shape, E> {
        Ok(Shape::Scalar(value.into()))
    }
    #[expect(clippy::cast_precision_loss, reason = "the text is kept instead")]
    fn visit_i128<E>(self, value: i128) -> Result<Shape, E> {
        Ok(Shape::Scalar((value as f64).into()))
    }
    #[expect(clippy::cast_precision_loss, reason = "the text is kept instead")]
    fn visit_u128<E>(self, value: u128) -> Result<Shape, E> {
        Ok(Shape::Scalar((value as f64).into()))
    }
    fn visit_f64<E>(self, value: f64) -> Result<Shape, E> {
        Ok(Shape::Scalar(value.into()))
    }
    fn visit_str<E>(self, value: &str) -> Result<Shape, E> {
        Ok(Shape::Scalar(value.into()))
    }
    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Shape, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element()? {
            items.push(item);
        }
        Ok(Shape::Items(items))
    }
    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Shape, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(Shape::Members(members))
    }
}
