//! `fields`: which members of an answer are wanted. The known names are an enum per answer, so that the documentation
//! lists them and a handler can ask whether a derived one, which costs a query, is among them.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use serde_json::value::{RawValue, to_raw_value};

use super::query::Params;
use crate::base::error::Result;
use crate::base::text::validate;

/// The members of an answer, as an enum that [`fields!`](crate::fields) declares.
pub trait Field: Copy + PartialEq + 'static {
    /// Every member and its name, in the order of the answer.
    const KNOWN: &'static [(&'static str, Self)];
}

/// The members that a request asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fields<F>(Vec<F>);

/// Declares the enum of an answer's members: its names for the documentation and for [`Field`].
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

impl<F: Field> Fields<F> {
    /// Takes `fields`; absent, the default answer is wanted.
    pub fn from_params(params: &mut Params) -> Self {
        Self(params.list("fields", |text| {
            let known = F::KNOWN.iter().find(|(name, _)| *name == text);
            known
                .map(|(_, field)| *field)
                .ok_or_else(|| validate::unknown("field", F::KNOWN.iter().map(|(name, _)| *name)))
        }))
    }

    /// Every member but these.
    #[must_use]
    pub fn all_but(absent: &[F]) -> Self {
        Self(F::KNOWN.iter().map(|(_, field)| *field).filter(|field| !absent.contains(field)).collect())
    }

    /// Whether the default answer is wanted.
    #[must_use]
    pub fn is_default(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether a member is asked for by its name: derived ones are only made then.
    #[must_use]
    pub fn name(&self, field: F) -> bool {
        self.0.contains(&field)
    }

    /// The JSON of `value` with the wanted members only, in the order of the answer.
    ///
    /// # Errors
    /// Internal, if the value is no object.
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

/// Members in an order of their own.
struct Members<'a>(Vec<(&'a str, &'a RawValue)>);

impl Serialize for Members<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_map(self.0.iter().copied())
    }
}
