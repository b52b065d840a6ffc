//! Consent as a state machine, without any I/O: `pending → confirmed → unsubscribed`, and back only through a new question
//! that is answered. What someone decided stands until they decide anew: signing up again, which anybody can do with
//! anybody's address, changes no status; it asks.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::clock::Timestamp;

/// Whether someone wants mail.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    ToSchema,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "lowercase")]
#[schema(as = SubscriberStatus)]
pub enum Status {
    /// Someone gave the address; nobody has confirmed yet.
    Pending,
    /// Wants mail.
    Confirmed,
    /// Wants none.
    Unsubscribed,
    /// The address takes none.
    Bounced,
    /// Called our mail spam.
    Complained,
}

crate::text_column!(Status);

/// How long a question can be answered.
pub const ANSWERABLE_FOR: Duration = Duration::from_secs(72 * 3600);
/// How long between two questions to the same address.
pub const PAUSE: Duration = Duration::from_secs(24 * 3600);
/// How many unanswered questions an address is sent.
pub const MOST_QUESTIONS: usize = 3;
/// How long an address is kept that nobody confirms.
pub const PENDING_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long it is remembered that someone was asked.
pub const QUESTIONS_KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

impl Status {
    /// Every status.
    pub const ALL: [Self; 5] =
        [Self::Pending, Self::Confirmed, Self::Unsubscribed, Self::Bounced, Self::Complained];

    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Confirmed => "confirmed",
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
        }
    }

    /// The status of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|status| status.as_str() == name)
    }

    /// A status that was parsed before it was stored; the table refuses any other.
    #[expect(clippy::needless_pass_by_value, reason = "what columns of text give")]
    pub(crate) fn from_stored(name: String) -> Self {
        Self::parse(&name).unwrap_or(Self::Unsubscribed)
    }

    /// What a confirmation makes of it; `None` if nothing changes.
    #[must_use]
    pub fn confirm(self) -> Option<Self> {
        (self != Self::Confirmed).then_some(Self::Confirmed)
    }

    /// What leaving makes of it; `None` if nothing changes, because no mail was sent anyway.
    #[must_use]
    pub fn leave(self) -> Option<Self> {
        matches!(self, Self::Pending | Self::Confirmed).then_some(Self::Unsubscribed)
    }
}

/// Whether someone who signed up (again) is to be asked by mail. `asked` are the times at which they were; those before
/// `confirmed_at` were answered and no longer count.
#[must_use]
pub fn may_ask(status: Status, confirmed_at: Option<Timestamp>, asked: &[Timestamp], now: Timestamp) -> bool {
    let unanswered = || asked.iter().filter(|at| confirmed_at.is_none_or(|confirmed| **at > confirmed));
    matches!(status, Status::Pending | Status::Unsubscribed)
        && unanswered().count() < MOST_QUESTIONS
        && unanswered().all(|at| at.plus(PAUSE) <= now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Status::{Bounced, Complained, Confirmed, Pending, Unsubscribed};

    fn hour(n: u64) -> Timestamp {
        Timestamp::parse("2026-01-31T00:00:00Z").unwrap().plus(Duration::from_secs(n * 3600))
    }

    #[test]
    fn only_those_are_asked_who_do_not_get_mail_and_did_not_complain() {
        for (status, asks) in
            [(Pending, true), (Unsubscribed, true), (Confirmed, false), (Bounced, false), (Complained, false)]
        {
            assert_eq!(may_ask(status, None, &[], hour(0)), asks, "{status:?}");
        }
    }

    #[test]
    fn one_question_a_day_and_three_in_all() {
        assert!(!may_ask(Pending, None, &[hour(0)], hour(23)));
        assert!(may_ask(Pending, None, &[hour(0)], hour(24)));
        assert!(may_ask(Pending, None, &[hour(0), hour(24)], hour(48)));
        assert!(!may_ask(Pending, None, &[hour(0), hour(24), hour(48)], hour(1000)));
    }

    #[test]
    fn who_answered_and_left_is_asked_again_at_once() {
        assert!(may_ask(Unsubscribed, Some(hour(1)), &[hour(0)], hour(2)));
        assert!(!may_ask(Unsubscribed, Some(hour(1)), &[hour(0), hour(2)], hour(3)));
        assert!(!may_ask(Unsubscribed, None, &[hour(0)], hour(2)), "left without ever confirming");
    }

    #[test]
    fn each_status_is_left_and_confirmed_in_one_way() {
        for (status, confirmed, left) in [
            (Pending, Some(Confirmed), Some(Unsubscribed)),
            (Confirmed, None, Some(Unsubscribed)),
            (Unsubscribed, Some(Confirmed), None),
            (Bounced, Some(Confirmed), None),
            (Complained, Some(Confirmed), None),
        ] {
            assert_eq!(status.confirm(), confirmed);
            assert_eq!(status.leave(), left);
            assert_eq!(Status::parse(status.as_str()), Some(status));
        }
    }
}
