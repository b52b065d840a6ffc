//! Rate limits. Each policy has one [`Budget`] per key; when it is used up, the response is 429 with `Retry-After`.
//! Budgets are in memory, so each replica has its own and a restart resets them.
//!
//! A key belongs to whoever is refused when its budget is used up: a network, a user or an API key. None is the name
//! of an account, which strangers could lock out. Sign-ups also have budgets for a mailbox and for everyone together,
//! because what they protect is a person's mailbox and the server's reputation: when a mailbox's is used up, it has been
//! sent requests that its owner can confirm, and a part of everyone's is reserved ([`Policy::SignUpReserve`]).

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use actix_web::{HttpMessage as _, HttpRequest};

pub use super::budget::{Budget, Key, RateLimitStatus};
use super::client_ip;
use crate::base::clock::Clock;
use crate::base::config::Config;
use crate::base::error::{Error, Result};
use crate::base::metrics::{self, Metrics};

/// What a rate limit applies to. [`Limits::new`] makes the budgets in this order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Policy {
    /// Sign-ups, by network.
    SignUp,
    /// Sign-ups for one mailbox.
    SignUpMailbox,
    /// All sign-ups together.
    SignUpAll,
    /// Sign-ups beyond [`Policy::SignUpAll`], each the only one of its site within the hour: a stranger who uses up the
    /// budget of all can take only one of these for each site.
    SignUpReserve,
    /// The sites that have used [`Policy::SignUpReserve`] within the hour.
    SignUpSite,
    /// Requests for password resets, by network.
    PasswordReset,
    /// All requests for password resets together.
    PasswordResetAll,
    /// Requests for password resets beyond [`Policy::PasswordResetAll`], each the only one of its site within the hour.
    PasswordResetReserve,
    /// The sites that have used [`Policy::PasswordResetReserve`] within the hour.
    PasswordResetSite,
    /// Refreshes, by session.
    Refresh,
    /// Refreshes with unknown tokens, by network.
    UnknownRefresh,
    /// Requests with preview links that do not exist, by network.
    UnknownPreviewLink,
    /// Writes with an access token or an API key, by user or key.
    Write,
    /// `GET` requests except health checks and metrics, by network.
    Read,
}

/// A budget that everyone shares, with a reserve: its policies of all, of the sites and of the reserve.
pub type SharedPolicies = [Policy; 3];

impl Policy {
    /// Sign-ups of everyone.
    pub const SIGN_UPS: SharedPolicies = [Self::SignUpAll, Self::SignUpSite, Self::SignUpReserve];
    /// Requests for password resets of everyone.
    pub const PASSWORD_RESETS: SharedPolicies =
        [Self::PasswordResetAll, Self::PasswordResetSite, Self::PasswordResetReserve];
}

/// The budgets of all policies.
pub struct Limits {
    /// In the order of [`Policy`].
    budgets: [Option<Budget>; Policy::Read as usize + 1],
    metrics: Arc<Metrics>,
    trusted: Vec<ipnet::IpNet>,
}

impl Limits {
    /// Creates the budgets from the settings. A limit of 0 turns a policy off.
    #[must_use]
    pub fn new(config: &Config, clock: &Clock, metrics: &Arc<Metrics>) -> Self {
        let minutes = |n: u64| Duration::from_secs(60 * n);
        let budget = |name, quota, window| Budget::new(name, quota, window, clock);
        let sign_up = config.limits.sign_up;
        let half_of_all = sign_up.saturating_mul(50);
        Self {
            budgets: [
                budget("sign-up", sign_up, minutes(60)),
                budget("sign-up-mailbox", sign_up.min(10), minutes(24 * 60)),
                budget("sign-up-all", half_of_all, minutes(60)),
                budget("sign-up-reserve", half_of_all, minutes(60)),
                budget("sign-up-site", sign_up.min(1), minutes(60)),
                budget("password-reset", sign_up, minutes(60)),
                budget("password-reset-all", half_of_all, minutes(60)),
                budget("password-reset-reserve", half_of_all, minutes(60)),
                budget("password-reset-site", sign_up.min(1), minutes(60)),
                budget("refresh", config.limits.write.min(300), minutes(60)),
                budget("unknown-refresh", config.limits.write.min(60), minutes(1)),
                budget("unknown-preview-link", config.limits.write.min(60), minutes(1)),
                budget("write", config.limits.write, minutes(1)),
                budget("read", config.limits.read, minutes(1)),
            ],
            metrics: metrics.clone(),
            trusted: config.server.trusted_proxies.clone(),
        }
    }

    fn budget(&self, policy: Policy) -> Option<&Budget> {
        self.budgets.get(policy as usize)?.as_ref()
    }

    /// Whether reads are limited.
    #[must_use]
    pub fn reads(&self) -> bool {
        self.budget(Policy::Read).is_some()
    }

    /// The client's IP address.
    #[must_use]
    pub fn client(&self, req: &HttpRequest) -> IpAddr {
        client_ip::of(req.head(), &self.trusted)
    }

    fn network(&self, req: &HttpRequest) -> Key {
        Key::Network(client_ip::network(self.client(req)))
    }

    /// Counts a request against the budget of the client's network, and stores the budget's state for the response's
    /// headers.
    ///
    /// # Errors
    /// [`Error::TooMany`] if the budget is used up.
    pub fn admit_network(&self, req: &HttpRequest, policy: Policy) -> Result<()> {
        self.admit(req, policy, self.network(req))
    }

    /// Counts a request against a budget, and stores the budget's state for the response's headers.
    ///
    /// # Errors
    /// [`Error::TooMany`] if the budget is used up.
    pub fn admit(&self, req: &HttpRequest, policy: Policy, key: Key) -> Result<()> {
        let Some(budget) = self.budget(policy) else { return Ok(()) };
        self.outcome(req, policy, budget, budget.take(key))
    }

    /// Counts a request against a budget. Returns whether it is within the budget.
    #[must_use]
    pub fn takes(&self, policy: Policy, key: Key) -> bool {
        self.budget(policy).is_none_or(|budget| budget.take(key).1)
    }

    /// Counts a request of `client` against a budget that everyone shares, and beyond it against the reserve, from
    /// which each site gets one request an hour.
    ///
    /// # Errors
    /// [`Error::TooMany`] if both are used up.
    pub fn admit_shared(
        &self,
        req: &HttpRequest,
        client: IpAddr,
        [all, site, reserve]: SharedPolicies,
    ) -> Result<()> {
        let is_within = self.takes(all, Key::Everyone)
            || self.takes(site, Key::Network(client_ip::site(client))) && self.takes(reserve, Key::Everyone);
        if is_within { Ok(()) } else { Err(self.refuse(req, all, &Key::Everyone)) }
    }

    /// Refuses a request over a budget: counts it in the metrics and returns the error, with the time until the budget
    /// admits another request.
    fn refuse(&self, req: &HttpRequest, policy: Policy, key: &Key) -> Error {
        let Some(budget) = self.budget(policy) else { return Error::TooMany(1) };
        let (status, _) = budget.check(key);
        self.metrics.limited.get_or_create(&metrics::Policy { policy: budget.name }).inc();
        req.extensions_mut().insert(status);
        Error::TooMany(status.reset)
    }

    fn outcome(
        &self,
        req: &HttpRequest,
        policy: Policy,
        budget: &Budget,
        (status, admitted): (RateLimitStatus, bool),
    ) -> Result<()> {
        // Public responses are shared by caches, so the budget of one client must not be in them. A 429 has it.
        if policy != Policy::Read || !admitted {
            req.extensions_mut().insert(status);
        }
        if admitted {
            return Ok(());
        }
        self.metrics.limited.get_or_create(&metrics::Policy { policy: budget.name }).inc();
        Err(Error::TooMany(status.reset))
    }
}
