//! Counts and logs the requests that fail for a reason the operator should see: denied rights, failed authentications,
//! overload and defects. Each is logged with its request id. Somebody who causes many of them must not fill the disk, so
//! the lines of denials and of overload are limited, and the next line tells how many were left out.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::base::clock::Clock;
use crate::base::error::Error;
use crate::base::metrics::{self, Metrics};

/// How many lines a second denied requests may log.
const DENIALS: u32 = 10;
/// How many lines a second overload may log.
const OVERLOADS: u32 = 1;

/// Counts and logs refused requests.
#[derive(Debug)]
pub struct Refusals {
    metrics: Arc<Metrics>,
    clock: Clock,
    denials: Throttle,
    overloads: Throttle,
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
        }
    }

    /// Counts and logs a failed request. `request` is its method, route and id; it must contain no input of the client.
    pub fn record(&self, error: &Error, request: fmt::Arguments<'_>) {
        let now = self.clock.ticks();
        let deny = |reason: &'static str| {
            if let Some(omitted) = self.denials.admit(now) {
                log::info!("{request}: {reason}{omitted}");
            }
        };
        match error {
            Error::Unauthenticated(failure) => {
                let reason = failure.as_str();
                self.metrics.auth_failures.get_or_create(&metrics::Reason { reason }).inc();
                deny(reason);
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
