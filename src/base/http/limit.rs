//! How often somebody may ask. Each policy has a budget a key, refilled evenly; whoever has used it up is answered with
//! 429 and told when to come again. Budgets are kept in memory: each replica has its own.

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

/// After so many takes a budget is swept, so that what is kept does not grow with those who came once.
pub const SWEEP: u32 = 10_000;

/// What a budget is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Trying to log in, by network.
    Login,
    /// Trying to log in, by account.
    Account,
    /// Asking to join the list, by network.
    Join,
    /// Asking for one mailbox to join, by that mailbox.
    JoinAddress,
    /// Asking to join, by everybody together.
    JoinAll,
    /// Writing with a token, by user.
    Write,
    /// Reading, by network.
    Read,
}

/// Whose budget it is.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Key {
    /// A client's network.
    Network(IpAddr),
    /// A user who has shown a token.
    User(UserId),
    /// An account that somebody tries to log in to, or an address that is to join, by a hash of it.
    Hash([u8; 32]),
    /// Everybody's.
    Everyone,
}

/// What is left of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct RateLimitStatus {
    policy: &'static str,
    quota: u32,
    window: u64,
    remaining: u32,
    /// In how many seconds more is left: all of it or, of a refusal, enough for one.
    reset: u64,
}

/// Every budget.
pub struct Limits {
    budgets: [Option<Budget>; 7],
    metrics: Arc<Metrics>,
    trusted: Vec<ipnet::IpNet>,
}

/// What each key may take within a window of time, refilled evenly.
pub struct Budget {
    name: &'static str,
    quota: NonZeroU32,
    window: Duration,
    clock: Clock,
    taken: AtomicU32,
    limiter: RateLimiter<Key, HashMapStateStore<Key>, Ticks, StateInformationMiddleware>,
}

/// The application's clock, as the limiter asks it.
#[derive(Debug, Clone)]
struct Ticks(Clock);

impl Ticking for Ticks {
    type Instant = Duration;
    fn now(&self) -> Duration {
        self.0.ticks()
    }
}

impl Limits {
    /// The budgets that the settings ask for; a limit of 0 is none.
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

    /// Whether reading costs anything.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.budget(Policy::Read).is_some()
    }

    /// Takes one from a client's budget, by its network.
    ///
    /// # Errors
    /// Too many, when it is used up.
    pub fn admit_network(&self, req: &HttpRequest, policy: Policy) -> Result<()> {
        self.admit(req, policy, || Key::Network(client_ip::network(client_ip::of(req.head(), &self.trusted))))
    }

    /// Takes one from a budget without telling anybody; whether there was one.
    #[must_use]
    pub fn admits(&self, policy: Policy, key: impl FnOnce() -> Key) -> bool {
        let Some(budget) = self.budget(policy) else { return true };
        let (_, admitted) = budget.take(&key());
        if !admitted {
            self.metrics.limited.get_or_create(&metrics::Policy { policy: budget.name }).inc();
        }
        admitted
    }

    /// Takes one from a budget; what is left is told with the answer.
    ///
    /// # Errors
    /// Too many, when it is used up.
    pub fn admit(&self, req: &HttpRequest, policy: Policy, key: impl FnOnce() -> Key) -> Result<()> {
        let Some(budget) = self.budget(policy) else { return Ok(()) };
        let (standing, admitted) = budget.take(&key());
        // An answer to a reader is everybody's, and whoever joins learns nothing of who else did: what is left is told
        // only where the budget is the caller's own.
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
    /// `quota` in each `window`; `None` if that is nothing.
    #[must_use]
    pub fn new(name: &'static str, quota: u32, window: Duration, clock: &Clock) -> Option<Self> {
        let quota = NonZeroU32::new(quota)?;
        let refill = Quota::with_period(window / quota.get())?.allow_burst(quota);
        let limiter = RateLimiter::hashmap_with_clock(refill, Ticks(clock.clone()))
            .with_middleware::<StateInformationMiddleware>();
        Some(Self { name, quota, window, clock: clock.clone(), taken: AtomicU32::new(0), limiter })
    }

    /// How many keys it remembers: those whose budget is not full, and at most [`SWEEP`] others.
    #[must_use]
    pub fn remembered(&self) -> usize {
        self.limiter.len()
    }

    /// What is left, and whether there was anything to take.
    pub fn take(&self, key: &Key) -> (RateLimitStatus, bool) {
        if self.taken.fetch_add(1, Ordering::Relaxed) % SWEEP == SWEEP - 1 {
            // Whoever has a full budget again is forgotten.
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
    /// Tells it, in the words of the IETF's draft on rate limit headers.
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
