//! The `fields` query parameter, which selects the members of a response. The names are an enum per response, so that
//! the OpenAPI document lists them and a handler can skip the query for a derived member that is not requested.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};
use utoipa::ToSchema;
use utoipa::openapi::RefOr;
use utoipa::openapi::schema::{AllOfBuilder, Ref, Schema};

use super::query::Params;
use crate::base::error::Result;
use crate::base::text::validate;

/// The members of a response, as an enum that [`fields!`](crate::fields) declares.
pub trait Field: Copy + PartialEq + 'static {
    /// Every member and its name, in the order of the response.
    const KNOWN: &'static [(&'static str, Self)];
}

/// The members that a request selects; empty if it has no `fields`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields<F>(Vec<F>);

/// Declares the enum of a response's members, with their names for the OpenAPI document and for [`Field`].
#[macro_export]
macro_rules! fields {
    ($(#[$doc:meta])* $name:ident { $($variant:ident = $text:tt,)* }) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, serde::Serialize, utoipa::ToSchema)]
        #[allow(missing_docs, reason = "each is the member that it is named after")]
        pub enum $name {
            $(#[serde(rename = $text)] $variant,)*
        }
        impl $crate::base::http::fields::Field for $name {
            const KNOWN: &'static [(&'static str, Self)] = &[$(($text, Self::$variant)),*];
        }
    };
}

impl<F> Default for Fields<F> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

/// Declares the schema of a response that `fields` can shorten: that of `$whole`, with nothing required.
#[macro_export]
macro_rules! partial {
    ($name:ident of $whole:ty) => {
        #[doc = concat!("[`", stringify!($whole), "`] with the fields that a request selects, in the OpenAPI document.")]
        #[derive(Debug, Clone, Copy, serde::Serialize)]
        pub enum $name {}
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                $crate::base::http::fields::partial::<$whole>()
            }
        }
        impl utoipa::ToSchema for $name {
            fn name() -> std::borrow::Cow<'static, str> {
                stringify!($name).into()
            }
            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::Schema>)>) {
                schemas.push((
                    <$whole as utoipa::ToSchema>::name().into(),
                    <$whole as utoipa::PartialSchema>::schema(),
                ));
                <$whole as utoipa::ToSchema>::schemas(schemas);
            }
        }
    };
}

/// The schema of `T`, to be made partial when the document is finished.
#[must_use]
pub fn partial<T: ToSchema>() -> RefOr<Schema> {
    let whole = T::name();
    let description = format!(
        "{whole}, with the fields that the request selects. Without `fields`, those that are not only on request."
    );
    AllOfBuilder::new().description(Some(description)).item(Ref::from_schema_name(whole)).into()
}

impl<F: Field> Fields<F> {
    /// Reads `fields`. If it is absent, the default response is requested.
    pub fn from_params(params: &mut Params) -> Self {
        Self(params.list("fields", |text| {
            let known = F::KNOWN.iter().find(|(name, _)| *name == text);
            known
                .map(|(_, field)| *field)
                .ok_or_else(|| validate::unknown("field", F::KNOWN.iter().map(|(name, _)| *name)))
        }))
    }

    /// Selects every member except `absent`.
    #[must_use]
    pub fn all_but(absent: &[F]) -> Self {
        Self(F::KNOWN.iter().map(|(_, field)| *field).filter(|field| !absent.contains(field)).collect())
    }

    /// Whether the request has no `fields`, which selects the default response.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a member is selected by its name. Derived members are computed only then.
    #[must_use]
    pub fn name(&self, field: F) -> bool {
        self.0.contains(&field)
    }

    /// Serializes `value` with only the selected members, in the order of the response.
    ///
    /// # Errors
    /// [`Error::Internal`](crate::base::error::Error::Internal) if `value` does not serialize to an object.
    pub fn choose(&self, value: &impl Serialize) -> Result<Box<RawValue>> {
        if self.0.is_empty() {
            return Ok(to_raw_value(value)?);
        }
        let text = serde_json::to_string(value)?;
        let members: BTreeMap<&str, &RawValue> = serde_json::from_str(&text)?;
        let wanted = F::KNOWN.iter().filter(|(_, field)| self.0.contains(field));
        let chosen = wanted.filter_map(|(name, _)| Some((*name, *members.get(name)?)));
        Ok(to_raw_value(&Members(chosen.collect()))?)
    }
}

/// Serializes members in the given order, which a `BTreeMap` would sort.
struct Members<'a>(Vec<(&'a str, &'a RawValue)>);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}
