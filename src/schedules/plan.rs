//! What a client wants to be scheduled, and the rules for it.

use crate::articles::schedule::Schedule;
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Invalid, Result, Violations};
use crate::base::text::validate;

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
        if publish_at.or(unpublish_at).is_none() {
            let detail = "Must have `publish_at`, `unpublish_at` or both.";
            return Err(Error::invalid("", "schedule-empty", detail));
        }
        let mut violations = Violations::default();
        violations.take("/publish_at", check_publish_at(publish_at, now));
        violations.take("/unpublish_at", check_unpublish_at(unpublish_at, publish_at, now));
        violations.take("/revision", check_revision(revision, publish_at));
        violations.check()?;
        Ok(Self { publish: publish_at.zip(revision), unpublish_at })
    }
}

/// Checks when something is to be published. Invalid `publish-at-in-past`.
pub fn check_publish_at(at: Option<Timestamp>, now: Timestamp) -> Result<(), Invalid> {
    match at {
        Some(at) if at <= now => Err(Invalid::new("publish-at-in-past", "Must be in the future.")),
        _ => Ok(()),
    }
}

impl Plan {
    /// Whether this is scheduled already.
    #[must_use]
    pub fn is(&self, schedule: &Schedule) -> bool {
        let (publish_at, revision) = self.publish.unzip();
        schedule.publish_at == publish_at
            && schedule.revision == revision
            && schedule.unpublish_at == self.unpublish_at
    }
}

fn check_unpublish_at(
    at: Option<Timestamp>,
    publish_at: Option<Timestamp>,
    now: Timestamp,
) -> Result<(), Invalid> {
    match at {
        Some(at) if at <= now => Err(Invalid::new("unpublish-at-in-past", "Must be in the future.")),
        Some(at) if publish_at.is_some_and(|publish_at| at <= publish_at) => {
            Err(Invalid::new("unpublish-at-too-early", "Must be later than `publish_at`."))
        }
        _ => Ok(()),
    }
}

fn check_revision(revision: Option<i64>, publish_at: Option<Timestamp>) -> Result<(), Invalid> {
    match (revision, publish_at) {
        (None, Some(_)) => Err(validate::missing("revision")),
        (Some(_), None) => {
            let detail = "Names what is published at `publish_at`, which is missing.";
            Err(Invalid::new("revision-without-publish-at", detail))
        }
        _ => Ok(()),
    }
}
