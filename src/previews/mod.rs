//! Previews: a draft, or an older revision, as readers would see it. Those who may read the draft see it with their own
//! credentials, and give others a preview link, whose token opens the preview of one article and nothing else.

pub mod preview;
pub mod routes;
pub mod store;

use std::time::Duration;

use crate::auth::preview_token::PreviewToken;
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::error::{Invalid, Result, Violations};
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;

/// The most preview links of an article that work at the same time.
pub const MAX_LINKS: i64 = 100;
/// How long a link works unless the request says otherwise.
const DEFAULT_LIFE: Duration = Duration::from_secs(7 * DAY);
/// How long it may work at most.
const MAX_LIFE: Duration = Duration::from_secs(90 * DAY);

const DAY: u64 = 24 * 3600;

/// A preview link to create.
#[derive(Debug, Clone, Copy)]
pub struct NewLink {
    /// When it stops working.
    pub expires_at: Timestamp,
    /// The revision that it shows; `None` for the draft as it is.
    pub revision: Option<i64>,
}

impl NewLink {
    /// Checks what a client says of a link.
    ///
    /// # Errors
    /// Invalid, with every rule that is broken.
    pub fn parse(expires_at: Option<Timestamp>, revision: Option<i64>, now: Timestamp) -> Result<Self> {
        let mut violations = Violations::default();
        let expires_at = expires_at.unwrap_or(now.plus(DEFAULT_LIFE));
        violations.take("/expires_at", check_expiry(expires_at, now));
        violations.check()?;
        Ok(Self { expires_at, revision })
    }
}

fn check_expiry(at: Timestamp, now: Timestamp) -> Result<(), Invalid> {
    if at <= now {
        return Err(Invalid::new("expires-at-in-past", "Must be in the future."));
    }
    if at > now.plus(MAX_LIFE) {
        return Err(Invalid::new("expires-at-too-late", "Must be at most 90 days from now."));
    }
    Ok(())
}

/// The URL to give to others: of the website, if `LEDE_PREVIEW_URL` says where, or else of our own page.
#[must_use]
pub fn url(config: &Config, id: ArticleId, slug: &Slug, locale: &Locale, token: &PreviewToken) -> String {
    let Some(pattern) = &config.site.preview_url else {
        return format!("{}/preview/{}", config.base_url(), token.expose());
    };
    pattern
        .replace("{id}", &id.to_string())
        .replace("{slug}", slug.as_str())
        .replace("{locale}", locale.as_str())
        .replace("{token}", token.expose())
}
