//! Texts in requests and responses that are bounded, for the OpenAPI document.

use std::borrow::Cow;

use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{ObjectBuilder, Schema, Type};
use utoipa::{PartialSchema, ToSchema};

use crate::webhooks::MAX_HEADERS;

/// What the name of a header consists of (RFC 9110, section 5.1).
const NAME: &str = "^[!#$%&'*+.^_`|~0-9A-Za-z-]+$";
/// Visible ASCII characters and spaces.
const VALUE: &str = "^[ -~]+$";

/// A type of event, a group of types or `*`. Stands for its text in the document.
#[derive(Debug)]
pub struct EventPattern;

impl PartialSchema for EventPattern {
    fn schema() -> RefOr<Schema> {
        let description = "A type of event, a group of types such as `article.*`, or `*`.";
        text(1, 60).description(Some(description)).examples([serde_json::json!("article.*")]).into()
    }
}

impl ToSchema for EventPattern {
    fn name() -> Cow<'static, str> {
        "EventPattern".into()
    }
}

/// The name of a header. Stands for its text in the document.
#[derive(Debug)]
pub struct HeaderNameText;

impl PartialSchema for HeaderNameText {
    fn schema() -> RefOr<Schema> {
        text(1, 200).description(Some("The name of a header.")).into()
    }
}

impl ToSchema for HeaderNameText {
    fn name() -> Cow<'static, str> {
        "WebhookHeaderName".into()
    }
}

/// Headers by name, with their values.
pub fn headers() -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Object)
        .description(Some(
            "Headers to add to every request, by name: at most five. They are stored encrypted and not returned. In an update, they take the place of those before.",
        ))
        .property_names(Some(text(1, 200).pattern(Some(NAME)).build()))
        .additional_properties(Some(RefOr::T(Schema::Object(text(1, 2000).pattern(Some(VALUE)).build()))))
        .max_properties(Some(MAX_HEADERS))
}

fn text(least: usize, most: usize) -> ObjectBuilder {
    ObjectBuilder::new().schema_type(Type::String).min_length(Some(least)).max_length(Some(most))
}
