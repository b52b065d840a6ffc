//! The filters that lists and search share. Slugs are resolved once per request.

use utoipa::IntoParams;

use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::http::query::{FromParams, Params};
use crate::base::ids::{AuthorId, TermId, TopicId};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::terms::{self, IsTerm};

/// Filters shared by lists and search.
#[derive(Debug, Clone, Default, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Filter {
    /// With any of these topics: slugs.
    #[param(inline, value_type = Option<Vec<Slug>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    pub topic: Vec<Slug>,
    /// With all of these topics: slugs.
    #[param(inline, value_type = Option<Vec<Slug>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    pub topic_all: Vec<Slug>,
    /// By any of these authors: slugs.
    #[param(inline, value_type = Option<Vec<Slug>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    pub author: Vec<Slug>,
    /// In any of these languages.
    #[param(inline, value_type = Option<Vec<Locale>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    pub locale: Vec<Locale>,
    /// Whether the site features them.
    #[param(value_type = Option<bool>)]
    pub featured: Option<bool>,
    /// First published at this time or later.
    #[param(value_type = Option<Timestamp>)]
    pub published_at_gte: Option<Timestamp>,
    /// First published after this time.
    #[param(value_type = Option<Timestamp>)]
    pub published_at_gt: Option<Timestamp>,
    /// First published at this time or earlier.
    #[param(value_type = Option<Timestamp>)]
    pub published_at_lte: Option<Timestamp>,
    /// First published before this time.
    #[param(value_type = Option<Timestamp>)]
    pub published_at_lt: Option<Timestamp>,
}

/// The topics and authors in a filter. An article must have one of each group; a group is empty if none of its slugs
/// exists.
#[derive(Debug, Clone, Default)]
pub struct Resolved {
    /// Topics, the merged ones replaced by what they were merged into.
    pub topics: Vec<Vec<TopicId>>,
    /// Authors, likewise.
    pub authors: Vec<Vec<AuthorId>>,
}

impl FromParams for Filter {
    fn from_params(params: &mut Params) -> Self {
        Self {
            topic: params.list("topic", Slug::parse),
            topic_all: params.list("topic_all", Slug::parse),
            author: params.list("author", Slug::parse),
            locale: params.list("locale", Locale::parse),
            featured: params.flag("featured"),
            published_at_gte: params.time("published_at_gte"),
            published_at_gt: params.time("published_at_gt"),
            published_at_lte: params.time("published_at_lte"),
            published_at_lt: params.time("published_at_lt"),
        }
    }
}

impl Resolved {
    /// The groups, whichever kind their terms are of.
    pub fn groups(&self) -> impl Iterator<Item = Vec<TermId>> {
        self.topics.iter().map(|group| bare(group)).chain(self.authors.iter().map(|group| bare(group)))
    }
}

fn bare<I: IsTerm>(group: &[I]) -> Vec<TermId> {
    group.iter().map(|id| id.term()).collect()
}

impl Filter {
    /// Resolves the slugs.
    pub fn resolve(&self, conn: &mut Connection) -> Result<Resolved> {
        let slugs = [self.topic.as_slice(), &self.topic_all].concat();
        let topics = terms::slugs::find(conn, &slugs)?;
        let (any, all) = topics.split_at(self.topic.len());
        let authors = terms::slugs::find(conn, &self.author)?;
        Ok(Resolved {
            topics: group(any).into_iter().chain(all.chunks(1).filter_map(group)).collect(),
            authors: group(&authors).into_iter().collect(),
        })
    }
}

/// Those that exist; `None` if the filter names none.
fn group<I: Copy>(found: &[Option<I>]) -> Option<Vec<I>> {
    (!found.is_empty()).then(|| found.iter().flatten().copied().collect())
}
