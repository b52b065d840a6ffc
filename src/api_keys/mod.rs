//! API keys: the credentials of programs. A key acts for its owner, and may do what both its scopes and the owner's present
//! role allow. Its secret is shown once and stored as a hash.

pub mod routes;
mod scopes;
pub mod store;

pub use scopes::{ApiKeyScope, ScopeList};

use std::time::Duration;

use utoipa::IntoParams;

use crate::base::clock::Timestamp;
use crate::base::error::{Invalid, Result, Violations};
use crate::base::ids::UserId;
use crate::base::text::validate;

/// How many API keys a user may have that are not revoked.
pub const MAX_KEYS: i64 = 100;
/// The longest name, in characters.
pub const MAX_NAME: usize = 100;
/// How many seconds the previous secret works after a rotation, unless the request says otherwise.
pub const DEFAULT_GRACE: i64 = 86_400;
/// The most seconds that it may work.
pub const MAX_GRACE: i64 = 604_800;

/// Filters for a list of API keys.
#[derive(Debug, Clone, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct ApiKeyFilter {
    /// Only keys of this user, by id.
    #[param(nullable = false)]
    pub owner: Option<UserId>,
}

/// What an owner says of a key.
#[derive(Debug, Clone)]
pub struct NewApiKey {
    /// What the key is for, to tell it from others.
    pub name: String,
    /// What the key may do.
    pub scopes: ScopeList,
    /// When it stops working; `None` for never.
    pub expires_at: Option<Timestamp>,
}

impl NewApiKey {
    /// Checks what an owner says of a key.
    ///
    /// # Errors
    /// Invalid, with every rule that is broken.
    pub fn parse(
        name: &str,
        scopes: &[String],
        expires_at: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<Self> {
        let mut violations = Violations::default();
        let name = violations.take("/name", check_name(name));
        let scopes = ScopeList::parse(scopes, &mut violations);
        let expires_at =
            violations.take("/expires_at", expires_at.map(|at| check_expiry(at, now)).transpose());
        violations.check()?;
        // All are there if there is no violation.
        let (name, scopes) = (name.unwrap_or_default(), scopes.unwrap_or_default());
        Ok(Self { name, scopes, expires_at: expires_at.flatten() })
    }
}

/// Checks a name.
fn check_name(name: &str) -> Result<String, Invalid> {
    validate::line("name", name, MAX_NAME)
}

/// Checks that an expiry is in the future.
fn check_expiry(at: Timestamp, now: Timestamp) -> Result<Timestamp, Invalid> {
    if at > now { Ok(at) } else { Err(Invalid::new("expires-at-in-past", "Must be in the future.")) }
}

/// Checks for how many seconds the previous secret is to work.
fn check_grace(seconds: i64) -> Result<Duration, Invalid> {
    let seconds = validate::number("grace-seconds", seconds, &(0..=MAX_GRACE))?;
    Ok(Duration::from_secs(u64::try_from(seconds).unwrap_or_default()))
}
