//! What sanitising removes from the texts of an accepted write, and what else its caller should know, as its response lists it.

use serde::Serialize;
use utoipa::ToSchema;

use super::checks::check_html;
use crate::base::clock::Timestamp;
use crate::base::error::Result;
use crate::base::text::markdown::{self, Passage, Policy, Warning as Removed};

/// The largest number of warnings in a response.
pub const MAX_WARNINGS: usize = 50;

/// Something that sanitising removes from the text, front matter that is not used, or a schedule that lacks a correction.
#[derive(Debug, Clone, Serialize, ToSchema)]
#[schema(as = ContentWarning)]
pub struct Warning {
    /// A stable code, such as `element-removed`.
    #[schema(max_length = 60)]
    code: &'static str,
    /// What is removed, not used or to be checked.
    #[schema(max_length = 1000)]
    detail: String,
}

impl From<Removed> for Warning {
    fn from(Removed { code, detail }: Removed) -> Self {
        Self::new(code, detail)
    }
}

impl Warning {
    /// The publication of a revision is scheduled that was written before a correction.
    #[must_use]
    pub fn scheduled_without_correction(revision: i64, at: Timestamp) -> Self {
        let detail = format!(
            "Revision {revision}, which is to be published at {at}, was written before this correction. Unless it has the \
             corrected text, schedule a newer revision."
        );
        Warning::new("scheduled-without-correction", detail)
    }

    fn new(code: &'static str, detail: String) -> Self {
        Self { code, detail }
    }
}

/// What sanitising will remove from these passages of one article. Invalid `rendering-too-large`. Parses them, so this
/// belongs into the pool for the processor.
pub fn warnings<'a>(
    passages: impl IntoIterator<Item = Passage<'a>>,
    policy: &Policy,
) -> Result<Vec<Warning>> {
    warnings_after(Vec::new(), passages, policy)
}

/// What was removed when a document was converted, and what sanitising will remove from its passages, like [`warnings`].
pub fn warnings_after<'a>(
    mut removed: Vec<Removed>,
    passages: impl IntoIterator<Item = Passage<'a>>,
    policy: &Policy,
) -> Result<Vec<Warning>> {
    let passages: Vec<Passage<'a>> = passages.into_iter().collect();
    check_html(&passages)?;
    for warning in markdown::warnings(&passages, policy) {
        if !removed.contains(&warning) {
            removed.push(warning);
        }
    }
    Ok(removed.into_iter().take(MAX_WARNINGS).map(Warning::from).collect())
}
