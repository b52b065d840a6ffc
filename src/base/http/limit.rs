//! Rate limits. Each policy has one budget per key, refilled evenly; when it is used up, the response is 429 with
//! `Retry-After`. Budgets are in memory, so each replica has its own and a restart resets them.

use std::net::IpAddr;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::{HttpMessage as _, HttpRequest};
use governor::clock::Clock as Ticking;
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::HashMapStateStore;
use governor::{Quota, RateLimiter};

use super::client_ip;
use crate::base::clock::Clock;
use crate::base::config::Config;
use crate::base::error::{Error, Result};
use crate::base::ids::UserId;
use crate::base::metrics::{self, Metrics};

static RATE_LIMIT: HeaderName = HeaderName::from_static("ratelimit");
static RATE_LIMIT_POLICY: HeaderName = HeaderName::from_static("ratelimit-policy");

/// After how many requests a budget forgets the keys that are full again, which bounds its memory.
pub const SWEEP: u32 = 10_000;

/// What a rate limit applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Login attempts, by network.
    Login,
    /// Login attempts, by the account's email address.
    Account,
    /// Sign-ups, by network.
    Join,
    /// Sign-ups for one mailbox.
    JoinAddress,
    /// All sign-ups together.
    JoinAll,
    /// Writes with an access token, by user.
    Write,
    /// `GET` requests except health checks and metrics, by network.
    Read,
}

/// The key of a budget.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A client's network, as [`client_ip::network`] returns it.
    Network(IpAddr),
    /// An authenticated user.
    User(UserId),
    /// The hash of an email address, for logins and sign-ups.
    Hash([u8; 32]),
    /// The only key of a policy that all clients share.
    Everyone,
}

/// The state of a budget after a request, for the `RateLimit` headers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitStatus {
    policy: &'static str,
    quota: u32,
    window: u64,
    remaining: u32,
    /// Seconds until the budget is full again or, after a refusal, until one request is allowed.
    reset: u64,
}

/// The budgets of all policies.
pub struct Limits {
    budgets: [Option<Budget>; 7],
    metrics: Arc<Metrics>,
    trusted: Vec<ipnet::IpNet>,
}

/// A budget: how many requests each key may make within a window of time, refilled evenly.
pub struct Budget {
    name: &'static str,
    quota: NonZeroU32,
    window: Duration,
    clock: Clock,
    taken: AtomicU32,
    limiter: RateLimiter<Key, HashMapStateStore<Key>, Ticks, StateInformationMiddleware>,
}

/// The application's clock as the limiter's, so that tests can set the time.
#[derive(Debug, Clone)]
struct Ticks(Clock);

impl Ticking for Ticks {
    type Instant = Duration;
    fn now(&self) -> Duration {
        self.0.ticks()
    }
}

impl Limits {
    /// Creates the budgets from the settings. A limit of 0 turns a policy off.
    #[must_use]
    pub fn new(config: &Config, clock: &Clock, metrics: &Arc<Metrics>) -> Self {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        let budget = |name, quota, window| Budget::new(name, quota, window, clock);
        Self {
            budgets: [
                budget("login", config.limits.login, minutes(1)),
                budget("account", config.limits.login, minutes(10)),
                budget("join", config.limits.join, minutes(60)),
                budget("join-address", config.limits.join.min(10), minutes(24 * 60)),
                budget("join-all", config.limits.join.saturating_mul(100), minutes(60)),
                budget("write", config.limits.write, minutes(1)),
                budget("read", config.limits.read, minutes(1)),
            ],
            metrics: metrics.clone(),
            trusted: config.server.trusted_proxies.clone(),
        }
    }

    fn budget(&self, policy: Policy) -> Option<&Budget> {
        let [login, account, join, join_address, join_all, write, read] = &self.budgets;
        match policy {
            Policy::Login => login,
            Policy::Account => account,
            Policy::Join => join,
            Policy::JoinAddress => join_address,
            Policy::JoinAll => join_all,
            Policy::Write => write,
            Policy::Read => read,
        }
        .as_ref()
    }

    /// Whether reads are limited.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.budget(Policy::Read).is_some()
    }

    /// Counts a request against the budget of the client's network.
    ///
    /// # Errors
    /// [`Error::TooMany`] if the budget is used up.
    pub fn admit_network(&self, req: &HttpRequest, policy: Policy) -> Result<()> {
        self.admit(req, policy, || Key::Network(client_ip::network(client_ip::of(req.head(), &self.trusted))))
    }

    /// Counts a request against a budget without adding headers to the response. Returns whether it is within the
    /// budget.
    #[must_use]
    pub fn admits(&self, policy: Policy, key: impl FnOnce() -> Key) -> bool {
        let Some(budget) = self.budget(policy) else { return true };
        let (_, admitted) = budget.take(&key());
        if !admitted {
            self.metrics.limited.get_or_create(&metrics::Policy { policy: budget.name }).inc();
        }
        admitted
    }

    /// Counts a request against a budget, and stores the budget's state for the response's headers.
    ///
    /// # Errors
    /// [`Error::TooMany`] if the budget is used up.
    pub fn admit(&self, req: &HttpRequest, policy: Policy, key: impl FnOnce() -> Key) -> Result<()> {
        let Some(budget) = self.budget(policy) else { return Ok(()) };
        let (standing, admitted) = budget.take(&key());
        // No headers for a budget whose state must not be in the response: public responses are shared by caches, and
        // the sign-up budget would show how many others sign up. A 429 has them in any case.
        let is_own = !matches!(policy, Policy::Read | Policy::JoinAll);
        if is_own || !admitted {
            req.extensions_mut().insert(standing);
        }
        if admitted {
            return Ok(());
        }
        self.metrics.limited.get_or_create(&metrics::Policy { policy: budget.name }).inc();
        Err(Error::TooMany(standing.reset))
    }
}

impl Budget {
    /// Allows `quota` requests in each `window`. `None` if `quota` is 0.
    #[must_use]
    pub fn new(name: &'static str, quota: u32, window: Duration, clock: &Clock) -> Option<Self> {
        let quota = NonZeroU32::new(quota)?;
        let refill = Quota::with_period(window / quota.get())?.allow_burst(quota);
        let limiter = RateLimiter::hashmap_with_clock(refill, Ticks(clock.clone()))
            .with_middleware::<StateInformationMiddleware>();
        Some(Self { name, quota, window, clock: clock.clone(), taken: AtomicU32::new(0), limiter })
    }

    /// Returns how many keys are in memory: those whose budget is not full, and at most [`SWEEP`] others.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.limiter.len()
    }

    /// Counts a request. Returns the budget's state and whether the request is within it.
    pub fn take(&self, key: &Key) -> (RateLimitStatus, bool) {
        if self.taken.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            // Removes the keys whose budget is full again: a new entry would equal them.
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
        let outcome = self.limiter.check_key(key);
        let (remaining, wait) = match &outcome {
            Ok(state) => {
                let remaining = state.remaining_burst_capacity();
                (remaining, self.window / self.quota.get() * self.quota.get().saturating_sub(remaining))
            }
            Err(refusal) => (0, refusal.wait_time_from(self.clock.ticks())),
        };
        let reset = wait.as_millis().div_ceil(1000).try_into().unwrap_or(u64::MAX);
        let standing = RateLimitStatus {
            policy: self.name,
            quota: self.quota.get(),
            window: self.window.as_secs(),
            remaining,
            reset: reset.max(1),
        };
        (standing, outcome.is_ok())
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
