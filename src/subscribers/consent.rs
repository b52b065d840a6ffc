//! Consent as a state machine, without any I/O: `pending → confirmed → unsubscribed | bounced | complained`, and back only
//! through a new question that is answered; erasure ends all of it. What someone decided stands until they decide anew:
//! signing up again, which anybody can do with anybody's address, changes no status; it asks.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::base::clock::Timestamp;

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
/// How many, if it bounced or complained.
pub const MOST_QUESTIONS_TO_SUPPRESSED: usize = 1;
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

    /// What the end of mail makes of it, for that reason; `None` if nothing changes. A complaint outweighs a bounce, and
    /// either outweighs having left.
    #[must_use]
    pub fn end(self, reason: Reason) -> Option<Self> {
        let weight = |status| match status {
            Self::Pending | Self::Confirmed => 0,
            Self::Unsubscribed => 1,
            Self::Bounced => 2,
            Self::Complained => 3,
        };
        let next = match reason {
            Reason::Unsubscribed | Reason::Erased => Self::Unsubscribed,
            Reason::Bounced => Self::Bounced,
            Reason::Complained => Self::Complained,
        };
        (weight(next) > weight(self)).then_some(next)
    }
}

/// Why an address is sent nothing.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Serialize,
    Deserialize,
    ToSchema,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "lowercase")]
#[schema(as = SuppressionReason)]
pub enum Reason {
    /// Nothing is kept of the person any more.
    Erased,
    /// They left.
    Unsubscribed,
    /// The address takes no mail.
    Bounced,
    /// They called our mail spam.
    Complained,
}

crate::text_column!(Reason);

impl Reason {
    /// Every reason; a later one outweighs those before it.
    pub const ALL: [Self; 4] = [Self::Erased, Self::Unsubscribed, Self::Bounced, Self::Complained];

    /// How it is written.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Erased => "erased",
            Self::Unsubscribed => "unsubscribed",
            Self::Bounced => "bounced",
            Self::Complained => "complained",
        }
    }

    /// The reason of that name.
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|reason| reason.as_str() == name)
    }

    /// A reason that was parsed before it was stored; the table refuses any other.
    #[expect(clippy::needless_pass_by_value, reason = "what columns of text give")]
    pub(crate) fn from_stored(name: String) -> Self {
        Self::parse(&name).unwrap_or(Self::Unsubscribed)
    }
}

/// Whether someone who signed up (again) is to be asked by mail. `unanswered` are the times at which the address was asked
/// since its owner last answered.
#[must_use]
pub fn may_ask(status: Status, suppressed: Option<Reason>, unanswered: &[Timestamp], now: Timestamp) -> bool {
    let most = match (status, suppressed) {
        (Status::Confirmed, None) => return false,
        (Status::Bounced | Status::Complained, _) | (_, Some(Reason::Bounced | Reason::Complained)) => {
            MOST_QUESTIONS_TO_SUPPRESSED
        }
        _ => MOST_QUESTIONS,
    };
    unanswered.len() < most && unanswered.iter().all(|at| at.plus(PAUSE) <= now)
}
