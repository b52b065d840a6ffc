//! Consent as a state machine without I/O: `pending → confirmed → unsubscribed | bounced | complained`, and back only
//! through a new confirmation request that is confirmed; erasure ends all of it. Signing up again, which anybody can do
//! with anybody's address, changes no status: it only leads to a request.

use std::time::Duration;

use crate::base::clock::Timestamp;

crate::text_enum! {
    /// Subscription status.
    Status as SubscriberStatus {
        /// Signed up and has not confirmed yet.
        Pending = "pending",
        /// Receives mail.
        Confirmed = "confirmed",
        /// Unsubscribed.
        Unsubscribed = "unsubscribed",
        /// The address does not accept mail.
        Bounced = "bounced",
        /// Reported our mail as spam.
        Complained = "complained",
    }
}

crate::text_enum! {
    /// Why the address is suppressed. A later reason takes precedence over those before it.
    Reason as SuppressionReason {
        /// The person was erased.
        Erased = "erased",
        /// The person unsubscribed.
        Unsubscribed = "unsubscribed",
        /// The address does not accept mail.
        Bounced = "bounced",
        /// The person reported our mail as spam.
        Complained = "complained",
    }
}

/// How long a request can be confirmed.
pub const CONFIRMABLE_FOR: Duration = Duration::from_secs(72 * 3600);
/// How long between two requests to the same address.
pub const REQUEST_INTERVAL: Duration = Duration::from_secs(24 * 3600);
/// How many unanswered requests an address is sent.
pub const MAX_REQUESTS: usize = 3;
/// How many it is sent after it bounced or complained.
pub const MAX_REQUESTS_TO_SUPPRESSED: usize = 1;
/// How long a subscriber is kept who does not confirm.
pub const PENDING_FOR: Duration = Duration::from_secs(7 * 24 * 3600);
/// How long requests are kept.
pub const REQUESTS_KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

impl Status {
    /// The status after a confirmation; `None` if nothing changes.
    #[must_use]
    pub fn confirm(self) -> Option<Self> {
        (self != Self::Confirmed).then_some(Self::Confirmed)
    }

    /// The status after a suppression; `None` if nothing changes. A complaint takes precedence over a bounce, and both
    /// over unsubscribing.
    #[must_use]
    pub fn suppress(self, reason: Reason) -> Option<Self> {
        let next = match reason {
            Reason::Unsubscribed | Reason::Erased => Self::Unsubscribed,
            Reason::Bounced => Self::Bounced,
            Reason::Complained => Self::Complained,
        };
        (next.suppression() > self.suppression()).then_some(next)
    }

    /// The reason for which a subscriber of this status is sent nothing.
    #[must_use]
    pub fn suppression(self) -> Option<Reason> {
        match self {
            Self::Pending | Self::Confirmed => None,
            Self::Unsubscribed => Some(Reason::Unsubscribed),
            Self::Bounced => Some(Reason::Bounced),
            Self::Complained => Some(Reason::Complained),
        }
    }
}

/// Whether someone who signed up (again) is sent a confirmation request. `unanswered` are the times of the requests to
/// the address since its owner last confirmed.
#[must_use]
pub fn may_request(
    status: Status,
    suppressed: Option<Reason>,
    unanswered: &[Timestamp],
    now: Timestamp,
) -> bool {
    let max = match (status, suppressed) {
        (Status::Confirmed, None) => return false,
        (Status::Bounced | Status::Complained, _) | (_, Some(Reason::Bounced | Reason::Complained)) => {
            MAX_REQUESTS_TO_SUPPRESSED
        }
        _ => MAX_REQUESTS,
    };
    unanswered.len() < max && unanswered.iter().all(|at| at.plus(REQUEST_INTERVAL) <= now)
}
