//! Which keys of public responses an event touches: what a cache in front of the server purges by `Surrogate-Key`.

use super::Event;
use crate::base::http::public::EVERYTHING;
use crate::base::ids::IsId as _;

/// What of the public responses may differ after an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Touches {
    /// Nothing that readers see.
    Nothing,
    /// The article, and whatever shows several articles.
    Article,
    /// The topic or author, the articles that name it, and whatever shows several articles.
    Term,
    /// The site settings, and whatever has the site's name, languages or addresses in it.
    Site,
    /// Whatever shows several articles, or redirects.
    Lists,
    /// The keys that access tokens are verified with.
    SigningKeys,
}

impl Event {
    /// The keys of the public responses that may differ after it.
    #[must_use]
    pub fn keys(&self) -> Vec<String> {
        let articles = || "articles".to_owned();
        match self.kind().spec().touches {
            Touches::Nothing => Vec::new(),
            Touches::Article | Touches::Term => vec![self.subject().uuid().to_string(), articles()],
            Touches::Site => vec![EVERYTHING.to_owned()],
            Touches::Lists => vec![articles()],
            Touches::SigningKeys => vec!["signing-keys".to_owned()],
        }
    }
}
