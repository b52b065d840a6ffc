//! The names that filters of the audit take, for the OpenAPI document.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::base::events::EVENTS;
use crate::base::refusals::REASONS;

/// The name of an action. Stands for its text in the document.
#[derive(Debug)]
pub struct ActionName;

/// The name of a reason for a refusal. Stands for its text in the document.
#[derive(Debug)]
pub struct ReasonName;

impl PartialSchema for ActionName {
    fn schema() -> RefOr<Schema> {
        one_of(EVENTS.iter().map(|kind| kind.as_str()))
    }
}

impl ToSchema for ActionName {
    fn name() -> Cow<'static, str> {
        "ActionName".into()
    }
}

impl PartialSchema for ReasonName {
    fn schema() -> RefOr<Schema> {
        one_of(REASONS.iter().copied())
    }
}

impl ToSchema for ReasonName {
    fn name() -> Cow<'static, str> {
        "ReasonName".into()
    }
}

fn one_of(names: impl Iterator<Item = &'static str>) -> RefOr<Schema> {
    ObjectBuilder::new().schema_type(Type::String).enum_values(Some(names)).into()
}
