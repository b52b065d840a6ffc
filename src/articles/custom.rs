//! The values in `custom` that lists find articles by: texts, numbers and booleans at its top level, compared as JSON.
//! A number has one text, however it was written: 5 is the same as 5.0 and 5e0.

use std::collections::BTreeMap;

use serde_json::{Map, Number, Value};
use utoipa::IntoParams;
use utoipa::openapi::Required;
use utoipa::openapi::path::{Parameter, ParameterBuilder, ParameterIn, ParameterStyle};
use utoipa::openapi::schema::{ObjectBuilder, Type};

use crate::base::error::Invalid;
use crate::base::http::query::{FromParams, MAX_MEMBER_NAME, Params, is_member_name};

/// How many fields a list can be filtered by at once.
pub const MAX_FILTERS: usize = 3;
/// How many values an article is found by at most: the first by name.
pub const MAX_VALUES: usize = 50;
/// From so many articles on, a value is common: a list is read in its order and each article is tested. The articles with
/// something rarer are looked up, and sorted.
pub const COMMON: i64 = 1500;
/// The longest text that an article is found by, in characters.
pub const MAX_TEXT: usize = 200;

/// The filters `custom[name]=text`: for each name, the JSON of every value that the text stands for.
#[derive(Debug, Clone, Default)]
pub struct CustomFilter(pub BTreeMap<String, Vec<String>>);

impl FromParams for CustomFilter {
    fn from_params(params: &mut Params) -> Self {
        Self(params.object("custom", MAX_FILTERS, values_of))
    }
}

impl IntoParams for CustomFilter {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let text = |max| ObjectBuilder::new().schema_type(Type::String).max_length(Some(max));
        let name = text(MAX_MEMBER_NAME).min_length(Some(1)).pattern(Some(r"^[^\x00-\x1f\x7f-\x9f\[\]]+$"));
        let schema = ObjectBuilder::new()
            .max_properties(Some(MAX_FILTERS))
            .property_names(Some(name))
            .additional_properties(Some(text(MAX_TEXT)));
        let description = format!(
            "With these values at the top level of `custom`, as in `custom[series]=tides`. A value matches the text \
             that it is, and a number or boolean a text that spells it: `5` finds `\"5\"`, `5` and `5.0`. Of each \
             article the first {MAX_VALUES} texts, numbers and booleans by name are found, texts of at most \
             {MAX_TEXT} characters."
        );
        let parameter = ParameterBuilder::new()
            .name("custom")
            .parameter_in(ParameterIn::Query)
            .required(Required::False)
            .description(Some(description))
            .style(Some(ParameterStyle::DeepObject))
            .explode(Some(true))
            .schema(Some(schema))
            .build();
        vec![parameter]
    }
}

/// The JSON of the values that a text in a query stands for: the text itself, and the number or boolean that it spells.
fn values_of(text: &str) -> Result<Vec<String>, Invalid> {
    if text.contains('\0') || text.chars().nth(MAX_TEXT).is_some() {
        let detail = format!("Must be at most {MAX_TEXT} characters without U+0000.");
        return Err(Invalid::new("parameter-malformed", detail));
    }
    let scalar = match text {
        "true" | "false" => Some(text.to_owned()),
        _ => number_in(text),
    };
    Ok(std::iter::once(Value::from(text).to_string()).chain(scalar).collect())
}

/// The canonical text of a number; `None` if the text is not one.
fn number_in(text: &str) -> Option<String> {
    // White space is not trimmed: such a text is not a number.
    let number: Number = serde_json::from_str(text).ok().filter(|_| !text.contains(char::is_whitespace))?;
    if number.is_f64() { text.parse().ok().and_then(double) } else { Some(number.to_string()) }
}

/// The canonical text of a double. A whole one has neither fraction nor exponent.
fn double(value: f64) -> Option<String> {
    if value.fract() == 0.0 {
        // -0 and 0 are the same number.
        return Some(format!("{:.0}", value + 0.0));
    }
    Some(Number::from_f64(value)?.to_string())
}

/// The names and the JSON of the values that an article with this `custom` is found by, ordered by name: those that a
/// query can name, as far as [`MAX_VALUES`] allows.
#[must_use]
pub fn found_by(custom: &Map<String, Value>) -> Vec<(String, String)> {
    let named = custom.iter().filter(|(name, _)| is_member_name(name));
    named.filter_map(|(name, value)| Some((name.clone(), json(value)?))).take(MAX_VALUES).collect()
}

/// The JSON of a value that articles are found by.
fn json(value: &Value) -> Option<String> {
    match value {
        Value::String(text) if text.chars().nth(MAX_TEXT).is_none() => Some(value.to_string()),
        Value::Number(number) if number.is_f64() => double(number.as_f64()?),
        Value::Number(_) | Value::Bool(_) => Some(value.to_string()),
        _ => None,
    }
}
