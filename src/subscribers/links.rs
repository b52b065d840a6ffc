//! The addresses of people's pages, as emails and pages link to them.

use super::tokens::{ConfirmToken, LinkScope};
use crate::auth::Keys;
use crate::base::config::Config;
use crate::base::ids::{ConfirmationRequestId, SubscriberId};

/// Makes links. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Links {
    base_url: String,
    website_url: String,
    keys: Keys,
}

impl Links {
    /// Links of this installation.
    #[must_use]
    pub fn new(config: &Config, keys: &Keys) -> Self {
        Self { base_url: config.base_url(), website_url: config.website_url(), keys: keys.clone() }
    }

    /// The keys that tokens in links are made with.
    #[must_use]
    pub fn keys(&self) -> &Keys {
        &self.keys
    }

    /// The website.
    #[must_use]
    pub fn website(&self) -> &str {
        &self.website_url
    }

    /// The form to subscribe with.
    #[must_use]
    pub fn subscribe(&self) -> String {
        format!("{}/subscribe", self.base_url)
    }

    /// The page that confirms a request.
    #[must_use]
    pub fn confirm(&self, request: ConfirmationRequestId) -> String {
        let token = ConfirmToken::of(&self.keys, request);
        format!("{}/subscribe/confirm/{}", self.base_url, token.as_str())
    }

    /// The page that unsubscribes.
    #[must_use]
    pub fn unsubscribe(&self, subscriber: SubscriberId) -> String {
        let token = LinkScope::Subscription.token(&self.keys, subscriber);
        format!("{}/subscribe/unsubscribe/{token}", self.base_url)
    }

    /// The page of preferences, from which the person can also download and erase their data.
    #[must_use]
    pub fn preferences(&self, subscriber: SubscriberId) -> String {
        let token = LinkScope::PersonalData.token(&self.keys, subscriber);
        format!("{}/subscribe/preferences/{token}", self.base_url)
    }

    /// Where the page of preferences with that token gets the person's data.
    #[must_use]
    pub fn data_export(&self, token: &str) -> String {
        format!("{}/subscribe/preferences/{token}/export", self.base_url)
    }
}
