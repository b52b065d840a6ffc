//! Counts, logs and collects the requests that fail for a reason the operator should see: denied rights, failed
//! authentications, overload and defects. Each is logged with its request id. Somebody who causes many of them must not fill
//! the disk, so the lines of denials and of overload are limited, and the next line tells how many were left out. What
//! clients were refused is collected here and stored later, off the path of their requests.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crate::base::actor::{NetworkHash, RequestId};
use crate::base::clock::{Clock, Timestamp};
use crate::base::error::{AuthFailure, Denial, Error};
use crate::base::ids::ActorId;
use crate::base::metrics::{self, Metrics};

/// How many lines a second denied requests may log.
const DENIALS: u32 = 10;
/// How many lines a second overload may log.
const OVERLOADS: u32 = 1;
/// How many refusals for one reason may wait to be stored. Further ones are dropped.
const MAX_WAITING: usize = 1000;
/// The reason of a refusal that the client takes for an unknown resource.
const HIDDEN: &str = "hidden";

/// The reasons of refusals that are stored.
pub const REASONS: &[&str] = &[
    AuthFailure::WrongPassword.as_str(),
    AuthFailure::UnknownAccount.as_str(),
    AuthFailure::WrongCode.as_str(),
    AuthFailure::InvalidToken.as_str(),
    AuthFailure::ExpiredToken.as_str(),
    AuthFailure::EndedSession.as_str(),
    AuthFailure::ReusedToken.as_str(),
    AuthFailure::ExpiredKey.as_str(),
    AuthFailure::UnknownLink.as_str(),
    AuthFailure::ExpiredLink.as_str(),
    Denial::Right.code(),
    Denial::SecondFactor.code(),
    Denial::Origin.code(),
    HIDDEN,
];

/// A refused request, as it is stored: nothing in it is secret, or the client's own text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refused {
    /// When.
    pub at: Timestamp,
    /// Why: one of [`REASONS`].
    pub reason: &'static str,
    /// What was requested: the method, and the path template of the route.
    pub operation: String,
    /// Whose token or API key it was, as far as it tells.
    pub actor: Option<ActorId>,
    /// The keyed hash of the address that a login named.
    pub account: Option<[u8; 32]>,
    /// The keyed hash of the client's network.
    pub network: NetworkHash,
    /// The request.
    pub request: RequestId,
}

/// The keyed hash of the address that a login names, which goes with its request.
#[derive(Debug, Clone, Copy)]
pub struct NamedAccount(pub [u8; 32]);

/// Counts, logs and collects refused requests.
#[derive(Debug)]
pub struct Refusals {
    metrics: Arc<Metrics>,
    clock: Clock,
    denials: Throttle,
    overloads: Throttle,
    waiting: Mutex<Vec<Refused>>,
}

/// Why a failed request is stored; `None` if it is not. One without a token, and a login that is asked for its code, are how
/// clients find out what they need.
#[must_use]
pub fn reason(error: &Error) -> Option<&'static str> {
    match error {
        Error::Unauthenticated(AuthFailure::MissingToken | AuthFailure::MissingCode) => None,
        Error::Unauthenticated(failure) => Some(failure.as_str()),
        Error::Forbidden(denial) => Some(denial.code()),
        Error::Hidden(_) => Some(HIDDEN),
        _ => None,
    }
}

/// What a failed authentication is counted as. All failed logins are counted together, because what distinguishes them
/// tells which accounts there are.
fn counted_as(failure: AuthFailure) -> &'static str {
    match failure {
        AuthFailure::WrongPassword | AuthFailure::UnknownAccount | AuthFailure::WrongCode => "failed-login",
        other => other.as_str(),
    }
}

impl Refusals {
    /// Counts in these metrics.
    #[must_use]
    pub fn new(metrics: &Arc<Metrics>, clock: &Clock) -> Self {
        Self {
            metrics: metrics.clone(),
            clock: clock.clone(),
            denials: Throttle::new(DENIALS),
            overloads: Throttle::new(OVERLOADS),
            waiting: Mutex::default(),
        }
    }

    /// Keeps a refused request until it is stored. Drops it if too many of its reason wait, so that a storm of one
    /// reason leaves room for the others.
    pub fn keep(&self, refused: Refused) {
        let mut waiting = self.waiting();
        let alike = waiting.iter().filter(|other| other.reason == refused.reason).count();
        if alike < MAX_WAITING {
            waiting.push(refused);
        } else {
            self.drop_some(1);
        }
    }

    /// The oldest refusals that wait to be stored, at most `limit`. They no longer wait.
    #[must_use]
    pub fn take(&self, limit: usize) -> Vec<Refused> {
        let mut waiting = self.waiting();
        let end = limit.min(waiting.len());
        waiting.drain(..end).collect()
    }

    /// Counts refusals that are not stored.
    pub fn drop_some(&self, count: usize) {
        self.metrics.refusals_dropped.inc_by(count as u64);
    }

    fn waiting(&self) -> MutexGuard<'_, Vec<Refused>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Counts and logs a failed request. `request` is its method, route and id, or what the server did; it must contain no
    /// input of the client.
    pub fn record(&self, error: &Error, request: fmt::Arguments<'_>) {
        let now = self.clock.ticks();
        let deny = |reason: &'static str| {
            if let Some(omitted) = self.denials.admit(now) {
                log::info!("{request}: {reason}{omitted}");
            }
        };
        match error {
            Error::Unauthenticated(failure) => {
                let counted = metrics::Reason { reason: counted_as(*failure) };
                self.metrics.auth_failures.get_or_create(&counted).inc();
                deny(failure.as_str());
            }
            Error::Forbidden(denial) => {
                self.metrics.denied.get_or_create(&metrics::Denial { status: 403 }).inc();
                deny(denial.code());
            }
            Error::Hidden(_) => {
                self.metrics.denied.get_or_create(&metrics::Denial { status: 404 }).inc();
                deny("forbidden, and hidden as not found");
            }
            Error::Unavailable(why) | Error::NoSpace(why) => {
                if let Some(omitted) = self.overloads.admit(now) {
                    log::warn!("{request}: {why}{omitted}");
                }
            }
            Error::Internal(why) => log::error!("{request}: {why}"),
            _ => {}
        }
    }
}

/// Limits the log lines of one kind to a number in each second.
#[derive(Debug)]
pub struct Throttle {
    per_second: u32,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    second: u64,
    written: u32,
    omitted: u64,
}

/// How many lines were left out before this one; its text goes to the end of the line.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Omitted(pub u64);

impl Throttle {
    /// Allows `per_second` lines in each second.
    #[must_use]
    pub fn new(per_second: u32) -> Self {
        Self { per_second, state: Mutex::default() }
    }

    /// Returns whether a line may be written at `now`, and then how many were left out since the previous one.
    pub fn admit(&self, now: Duration) -> Option<Omitted> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if state.second != now.as_secs() {
            state.second = now.as_secs();
            state.written = 0;
        }
        if state.written == self.per_second {
            state.omitted += 1;
            return None;
        }
        state.written += 1;
        Some(Omitted(std::mem::take(&mut state.omitted)))
    }
}

impl fmt::Display for Omitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            0 => Ok(()),
            n => write!(f, " ({n} similar lines before this one were left out)"),
        }
    }
}
