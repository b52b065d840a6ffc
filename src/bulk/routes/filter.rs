//! The filters of the list of drafts as a JSON object: the same names and values, with lists as arrays.

use std::borrow::Cow;

use serde::Deserialize;
use serde_json::{Map, Value};
use url::form_urlencoded;
use utoipa::openapi::schema::{AdditionalProperties, Object, Schema, Type};
use utoipa::openapi::{RefOr, path::ParameterIn};
use utoipa::{IntoParams as _, PartialSchema, ToSchema};

use crate::articles::custom::CustomFilter;
use crate::articles::draft_list::DraftFilter;
use crate::base::error::{Error, Invalid, Location, Result, Violations};
use crate::base::http::canonical::Parameter;
use crate::base::http::query;

/// Parameters of the list that are no filters, and `trashed`, which the action decides.
const LEFT_OUT: [&str; 2] = ["sort", "trashed"];

/// Which articles are changed.
#[derive(Debug, Clone, Deserialize)]
#[serde(transparent)]
pub struct BulkFilter(Map<String, Value>);

impl BulkFilter {
    /// Reads it as the list of drafts reads its query.
    ///
    /// # Errors
    /// Malformed, with what the list's query would be refused for; invalid `type-mismatch`.
    pub fn parse(self) -> Result<DraftFilter> {
        let mut text = form_urlencoded::Serializer::new(String::new());
        let mut violations = Violations::default();
        for (name, value) in &self.0 {
            match spelled(name, value) {
                Some(pairs) => {
                    text.extend_pairs(pairs);
                }
                None => violations.push(
                    Location::Pointer(format!("/filter/{name}")),
                    Invalid::new(
                        "type-mismatch",
                        "Must be a text, a number, a boolean, or a list or object of texts.",
                    ),
                ),
            }
        }
        violations.check()?;
        let text = text.finish();
        let known: Vec<Parameter> = parameters().filter_map(|known| Parameter::of(&known)).collect();
        query::check_known(&text, &known).map_err(of_body)?;
        query::read(&text).map_err(of_body)
    }
}

/// A value as it stands in a query.
fn spelled(name: &str, value: &Value) -> Option<Vec<(String, String)>> {
    let one = |text: String| vec![(name.to_owned(), text)];
    match value {
        Value::String(text) => Some(one(text.clone())),
        Value::Bool(_) | Value::Number(_) => Some(one(value.to_string())),
        Value::Array(items) => {
            items.iter().map(Value::as_str).collect::<Option<Vec<_>>>().map(|items| one(items.join(",")))
        }
        Value::Object(members) => members
            .iter()
            .map(|(member, text)| Some((format!("{name}[{member}]"), text.as_str()?.to_owned())))
            .collect(),
        Value::Null => None,
    }
}

/// What is wrong with a parameter, as what is wrong with a member.
fn of_body(error: Error) -> Error {
    let Error::Malformed(found) = error else { return error };
    let mut violations = Violations::default();
    for (place, invalid) in found.as_slice() {
        let name = match place {
            Location::Pointer(name) | Location::Parameter(name) => name,
        };
        let code =
            if invalid.code == "parameter-unknown" { "field-unknown".into() } else { invalid.code.clone() };
        violations.push(
            Location::Pointer(format!("/filter/{name}")),
            Invalid { code, detail: invalid.detail.clone() },
        );
    }
    Error::Malformed(violations)
}

fn parameters() -> impl Iterator<Item = utoipa::openapi::path::Parameter> {
    let within = || Some(ParameterIn::Query);
    let all = DraftFilter::into_params(within).into_iter().chain(CustomFilter::into_params(within));
    all.filter(|parameter| !LEFT_OUT.contains(&parameter.name.as_str()))
}

impl PartialSchema for BulkFilter {
    fn schema() -> RefOr<Schema> {
        let object =
            Object::builder().schema_type(Type::Object).description(Some("Which articles are changed."));
        let object = parameters().fold(object, |object, parameter| match parameter.schema {
            Some(schema) => object.property(parameter.name, schema),
            None => object,
        });
        object.additional_properties(Some(AdditionalProperties::FreeForm(false))).build().into()
    }
}

impl ToSchema for BulkFilter {
    fn name() -> Cow<'static, str> {
        "BulkFilter".into()
    }
}
