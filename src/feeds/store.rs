//! What a feed is made of: a constant number of statements, and texts only of the editions that are shown.

use url::form_urlencoded;
use utoipa::IntoParams;

use super::{ENTRIES, Entry, Feed, home};
use crate::base::config::Config;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::query::{FromParams, Params};
use crate::base::ids::TopicId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::editions::filter::Resolved;
use crate::editions::items;
use crate::editions::list::EditionFilter;
use crate::editions::order::EditionOrder;
use crate::editions::renderings::ItemRow;
use crate::render_context;
use crate::site::store::title_and_description;
use crate::terms;
use crate::topics::TopicRef;

/// What a feed is about.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct About {
    /// Only what is about this topic: a slug.
    #[param(value_type = Option<Slug>)]
    topic: Option<Slug>,
    /// Only what is in this language.
    #[param(value_type = Option<Locale>)]
    locale: Option<Locale>,
}

impl FromParams for About {
    fn from_params(params: &mut Params) -> Self {
        Self { topic: params.parsed("topic", Slug::parse), locale: params.parsed("locale", Locale::parse) }
    }
}

impl About {
    /// The rows of the newest editions, and the topic as it is now.
    ///
    /// # Errors
    /// Not found, if there is no such topic.
    pub(super) fn find(&self, conn: &mut Connection) -> Result<(Vec<ItemRow>, Option<TopicRef>)> {
        let topic = self.topic.as_ref().map(|slug| find_topic(conn, slug)).transpose()?;
        let topics = topic.iter().map(|topic| vec![topic.id]).collect();
        let filter = EditionFilter::in_language(self.locale.clone());
        let editions = filter.with(conn, &Resolved { topics, ..Resolved::default() })?;
        Ok((editions.find(conn, &EditionOrder::newest_first(), None, ENTRIES)?, topic))
    }

    /// The feed at `path` of these editions.
    ///
    /// # Errors
    /// When the database refuses.
    pub(super) fn feed(
        &self,
        conn: &mut Connection,
        config: &Config,
        path: &str,
        rows: &[ItemRow],
        topic: Option<TopicRef>,
    ) -> Result<Feed> {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(topic.iter().map(|topic| ("topic", topic.slug.as_str())));
        query.extend_pairs(self.locale.iter().map(|locale| ("locale", locale.as_str())));
        let query = query.finish();
        let separator = if query.is_empty() { "" } else { "?" };
        let (publisher, description) = title_and_description(conn, config)?;
        Ok(Feed {
            title: match topic {
                Some(topic) => format!("{publisher}: {}", topic.name),
                None => publisher.clone(),
            },
            publisher,
            description,
            home: home(&render_context::store::website(conn, config)?)?,
            address: format!("{}{path}{separator}{query}", config.base_url()),
            language: self.locale.as_ref().unwrap_or(&config.locale).clone(),
            entries: items::whole(conn, rows)?.iter().map(Entry::new).collect::<Result<_>>()?,
        })
    }
}

/// The topic with that slug, or the one it was merged into.
fn find_topic(conn: &mut Connection, slug: &Slug) -> Result<TopicRef> {
    let found: Vec<Option<TopicId>> = terms::store::find_by_slugs(conn, std::slice::from_ref(slug))?;
    let found: Vec<TopicId> = found.into_iter().flatten().collect();
    terms::store::resolve(conn, &found)?.pop().ok_or(Error::NotFound("topic"))
}
