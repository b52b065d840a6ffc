//! Which changes of articles a stream is sent.

use utoipa::IntoParams;

use super::frame::{Frame, Labels};
use crate::articles::filter::{Filter, Resolved};
use crate::base::db::Database;
use crate::base::error::Result;
use crate::base::events::Change;
use crate::base::http::query::{FromParams, Params};
use crate::base::ids::TermId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;

/// The filters of a stream.
#[derive(Debug, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct StreamFilter {
    /// With any of these topics: slugs.
    #[param(inline, value_type = Option<Vec<Slug>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    topic: Vec<Slug>,
    /// By any of these authors: slugs.
    #[param(inline, value_type = Option<Vec<Slug>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    author: Vec<Slug>,
    /// In any of these languages.
    #[param(inline, value_type = Option<Vec<Locale>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    locale: Vec<Locale>,
}

impl FromParams for StreamFilter {
    fn from_params(params: &mut Params) -> Self {
        Self {
            topic: params.list("topic", Slug::parse),
            author: params.list("author", Slug::parse),
            locale: params.list("locale", Locale::parse),
        }
    }
}

/// A filter that is applied.
#[derive(Debug)]
pub struct Chosen {
    filter: Filter,
    /// The topics and authors that the slugs lead to; `None` if that may have changed.
    resolved: Option<Resolved>,
}

impl StreamFilter {
    /// What is to be applied, if anything.
    #[must_use]
    pub fn chosen(self) -> Option<Chosen> {
        let Self { topic, author, locale } = self;
        if topic.is_empty() && author.is_empty() && locale.is_empty() {
            return None;
        }
        Some(Chosen { filter: Filter { topic, author, locale, ..Filter::default() }, resolved: None })
    }
}

impl Chosen {
    /// Resolves the slugs.
    pub async fn resolve(&mut self, db: &Database) -> Result<()> {
        let filter = self.filter.clone();
        self.resolved = Some(db.read_inline(move |conn| filter.resolve(conn)).await?);
        Ok(())
    }

    /// Whether the slugs have to be resolved before the next change is judged.
    #[must_use]
    pub fn is_unresolved(&self) -> bool {
        self.resolved.is_none()
    }

    /// Forgets what the slugs lead to, if a change may have changed it.
    pub fn pass(&mut self, change: Change) {
        if matches!(change, Change::Topic | Change::Author) {
            self.resolved = None;
        }
    }

    fn matches(&self, article: &Labels) -> bool {
        let is_in = self.filter.locale.is_empty() || self.filter.locale.contains(&article.locale);
        let has_one = |group: Vec<TermId>| article.terms().any(|term| group.contains(&term));
        is_in && self.resolved.iter().flat_map(Resolved::groups).all(has_one)
    }

    /// Whether a stream is sent a change, and then whether with its article. `caught_up` is the last event up to which it had
    /// passed all changes. An article that was edited since may have matched before, so it is sent without its content; what is
    /// only rendered again is not.
    #[must_use]
    pub fn judge(&self, frame: &Frame, caught_up: i64) -> Option<bool> {
        match &frame.article {
            Some(article) if !self.matches(article) => (frame.edited > caught_up).then_some(false),
            _ => Some(true),
        }
    }
}
