//! The budget of a rate limit: how much each key may use within a window of time, refilled evenly (the generic cell rate
//! algorithm). Checking a budget and counting against it are separate steps, so that a limit can count failures only.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};

use crate::base::clock::Clock;
use crate::base::ids::{ActorId, SessionId};

static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// After how many counted requests a budget forgets the keys that are full again, which bounds its memory.
pub const SWEEP: usize = 10_000;

/// The key of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A client's network, as [`client_ip::network`](super::client_ip::network) or
    /// [`client_ip::site`](super::client_ip::site) returns it.
    Network(IpAddr),
    /// A user or an API key.
    Actor(ActorId),
    /// A session.
    Session(SessionId),
    /// The hash of a mailbox, for sign-ups.
    Mailbox([u8; 32]),
    /// The only key of a policy that all clients share.
    Everyone,
}

/// The state of a budget, for the `RateLimit` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitStatus {
    policy: &'static str,
    quota: u32,
    window: u64,
    remaining: u32,
    /// Seconds until the budget is full again or, if it is used up, until one request is allowed.
    pub reset: u64,
}

/// A budget: how many requests each key may make within a window of time.
pub struct Budget {
    /// The name of the policy, in headers and metrics.
    pub name: &'static str,
    quota: u32,
    window: Duration,
    clock: Clock,
    keys: Mutex<Keys>,
}

#[derive(Default)]
struct Keys {
    /// When each key's budget is full again. A key that is absent has a full budget.
    full_at: HashMap<Key, Duration>,
    counted: usize,
}

impl Budget {
    /// Allows `quota` requests in each `window`. `None` if `quota` is 0.
    #[must_use]
    pub fn new(name: &'static str, quota: u32, window: Duration, clock: &Clock) -> Option<Self> {
        (quota > 0).then(|| Self { name, quota, window, clock: clock.clone(), keys: Mutex::default() })
    }

    /// Returns how many keys are in memory: those whose budget is not full, and at most [`SWEEP`] others.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.keys().full_at.len()
    }

    /// Returns the state of a key's budget and whether another request is within it. Counts nothing.
    #[must_use]
    pub fn check(&self, key: &Key) -> (RateLimitStatus, bool) {
        let now = self.clock.ticks();
        self.next(self.keys().full_at.get(key).copied().unwrap_or(now), now)
    }

    /// Counts a request, whether it is within the budget or not. One that is not lengthens the wait.
    pub fn count(&self, key: Key) -> RateLimitStatus {
        let now = self.clock.ticks();
        self.status(self.keys().count(key, now, self.interval()), now)
    }

    /// Counts a request if it is within the budget. Returns the budget's state and whether it was.
    pub fn take(&self, key: Key) -> (RateLimitStatus, bool) {
        let now = self.clock.ticks();
        let mut keys = self.keys();
        let (status, admitted) = self.next(keys.full_at.get(&key).copied().unwrap_or(now), now);
        if !admitted {
            return (status, false);
        }
        let full_at = keys.count(key, now, self.interval());
        (self.status(full_at, now), true)
    }

    /// How long one request takes to be refilled.
    fn interval(&self) -> Duration {
        self.window / self.quota
    }

    fn keys(&self) -> MutexGuard<'_, Keys> {
        self.keys.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The state of a budget that is full at `full_at`.
    fn status(&self, full_at: Duration, now: Duration) -> RateLimitStatus {
        let (interval, missing) = (self.interval(), full_at.saturating_sub(now));
        let free = (interval * self.quota).saturating_sub(missing);
        let remaining = free.as_nanos().checked_div(interval.as_nanos()).unwrap_or_default();
        RateLimitStatus {
            policy: self.name,
            quota: self.quota,
            window: self.window.as_secs(),
            remaining: remaining.try_into().unwrap_or(self.quota),
            reset: seconds(missing),
        }
    }

    /// The same, and whether another request is within the budget.
    fn next(&self, full_at: Duration, now: Duration) -> (RateLimitStatus, bool) {
        let status = self.status(full_at, now);
        if status.remaining > 0 {
            return (status, true);
        }
        let until_admitted = full_at.saturating_sub(now).saturating_sub(self.interval() * (self.quota - 1));
        (RateLimitStatus { reset: seconds(until_admitted), ..status }, false)
    }
}

/// Rounds up to whole seconds, at least 1.
fn seconds(wait: Duration) -> u64 {
    wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX).max(1)
}

impl Keys {
    /// Counts a request and returns when the budget is full again.
    fn count(&mut self, key: Key, now: Duration, interval: Duration) -> Duration {
        self.counted += 1;
        if self.counted.is_multiple_of(SWEEP) {
            // Removes the keys whose budget is full again: a new entry would equal them.
            self.full_at.retain(|_, full_at| *full_at > now);
            self.full_at.shrink_to_fit();
        }
        let full_at = self.full_at.entry(key).or_insert(now);
        *full_at = (*full_at).max(now) + interval;
        *full_at
    }
}

impl RateLimitStatus {
    /// Adds `RateLimit` and `RateLimit-Policy` (draft-ietf-httpapi-ratelimit-headers).
    pub fn write(&self, headers: &mut HeaderMap) {
        let Self { policy, quota, window, remaining, reset } = self;
        let values = [
            (&RATE_LIMIT, format!("\"{policy}\";r={remaining};t={reset}")),
            (&RATE_LIMIT_POLICY, format!("\"{policy}\";q={quota};w={window}")),
        ];
        for (name, value) in values {
            if let Ok(value) = HeaderValue::from_str(&value) {
                headers.insert(name.clone(), value);
            }
        }
    }
}
