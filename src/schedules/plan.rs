//! What a client wants to be scheduled, and the rules for it.

use crate::base::clock::Timestamp;
use crate::base::error::{Invalid, Result, Violations};

/// What is to be scheduled: at least one of the two, each in the future.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    /// When to publish which revision.
    pub publish: Option<(Timestamp, i64)>,
    /// When to unpublish, later than that.
    pub unpublish_at: Option<Timestamp>,
}

impl Plan {
    /// Checks the fields of a schedule.
    ///
    /// # Errors
    /// Invalid: `schedule-empty`, `publish-at-in-past`, `unpublish-at-in-past`, `unpublish-at-too-early`, `revision-missing`,
    /// `revision-without-publish-at`.
    pub fn parse(
        revision: Option<i64>,
        publish_at: Option<Timestamp>,
        unpublish_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self> {
        let mut violations = Violations::default();
        let mut refuse = |pointer: &str, code: &'static str, detail: &'static str| {
            violations.take::<()>(pointer, Err(Invalid::new(code, detail)));
        };
        if publish_at.is_none() && unpublish_at.is_none() {
            refuse("", "schedule-empty", "Must have `publish_at`, `unpublish_at` or both.");
        }
        if publish_at.is_some_and(|at| at <= now) {
            refuse("/publish_at", "publish-at-in-past", "Must be in the future.");
        }
        match unpublish_at {
            Some(at) if at <= now => {
                refuse("/unpublish_at", "unpublish-at-in-past", "Must be in the future.");
            }
            Some(at) if publish_at.is_some_and(|publish_at| at <= publish_at) => {
                refuse("/unpublish_at", "unpublish-at-too-early", "Must be later than `publish_at`.");
            }
            _ => {}
        }
        match (publish_at, revision) {
            (Some(_), None) => refuse("/revision", "revision-missing", "Required with `publish_at`."),
            (None, Some(_)) if unpublish_at.is_some() => {
                refuse("/revision", "revision-without-publish-at", "Is for `publish_at` only: leave it out.");
            }
            _ => {}
        }
        violations.check()?;
        Ok(Self { publish: publish_at.zip(revision), unpublish_at })
    }
}
