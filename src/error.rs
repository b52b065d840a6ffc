//! Every failure the system knows, on one page.

use std::borrow::Cow;

/// Why a value was refused at the door: a stable kebab-case code and a sentence for a person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Invalid {
    /// Stable, kebab-case, e.g. `too-long`.
    pub code: &'static str,
    /// What is wrong and what would be right.
    pub detail: Cow<'static, str>,
}

impl Invalid {
    /// A refusal with its code and sentence.
    pub fn new(code: &'static str, detail: impl Into<Cow<'static, str>>) -> Self {
        Self { code, detail: detail.into() }
    }
}
