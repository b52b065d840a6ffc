//! Makes public events of rows of the log: adds the slugs and addresses that their subjects have now, in a few queries
//! for any number of events.

use std::collections::{BTreeSet, HashMap};

use diesel::prelude::*;
use serde::Serialize;
use serde_json::{Map, Value};

use super::data::{
    ArticleEventData, EventArticle, PurgedArticleEventData, RedirectEventData, ReviewEventData,
    ScheduleEventData, SiteEventData, SubscriberEventData, TermEventData,
};
use super::{PublicEvent, id, place};
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::db::schema::{articles, editions, events, redirects, terms};
use crate::base::error::Result;
use crate::base::events::{Event, EventKind, Recorded};
use crate::base::ids::{ArticleId, AuthorId, RedirectId, SubjectId, TermId};
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::render_context::Website;
use crate::terms::IsTerm as _;

/// What is known of an article.
struct ArticleFacts {
    locale: Locale,
    slug: Slug,
    /// Language and slug of the newest edition, and its number.
    published: Option<(Locale, Slug, i64)>,
    /// When it was first published.
    published_at: Option<Timestamp>,
}

/// What is known of the subjects of some events.
#[derive(Default)]
struct Facts {
    articles: HashMap<ArticleId, ArticleFacts>,
    /// Whether it is an author, and the slug.
    terms: HashMap<TermId, (bool, Slug)>,
    redirects: HashMap<RedirectId, String>,
    /// The events that published or unpublished an article, by their numbers, and whether it was published.
    publications: HashMap<SubjectId, Vec<(i64, bool)>>,
}

/// The public events among these rows, in their order. Others have no public name.
///
/// # Errors
/// Those of the database.
pub fn resolve(
    conn: &mut Connection,
    website: &Website,
    recorded: &[Recorded],
) -> Result<Vec<(i64, PublicEvent)>> {
    let told = || {
        let known = recorded.iter().filter_map(|row| row.event.as_ref().map(|event| (row, event)));
        known.filter(|(_, event)| !event.kind().spec().types.is_empty())
    };
    let events: Vec<&Event> = told().map(|(_, event)| event).collect();
    let facts = Facts::load(conn, &events)?;
    told()
        .map(|(row, event)| {
            let (kind, data) = facts.tell(website, row.number, event)?;
            let locale = match event.subject_article() {
                Some(article) => facts.articles.get(&article).map(|facts| facts.locale().clone()),
                None => None,
            };
            Ok((row.number, PublicEvent { id: id(place(row))?, kind, at: row.at, data, locale }))
        })
        .collect()
}

impl Event {
    /// The article that it is about, if it is about one.
    #[must_use]
    pub fn subject_article(&self) -> Option<ArticleId> {
        match self {
            Self::ArticlePublished { article, .. }
            | Self::ArticleUnpublished { article, .. }
            | Self::ArticleTrashed { article, .. }
            | Self::ArticleRerendered { article, .. }
            | Self::ArticlePurged { article }
            | Self::DraftPurged { article }
            | Self::ScheduleSet { article }
            | Self::ScheduleCancelled { article }
            | Self::ScheduleFailed { article }
            | Self::ArticleReviewed { article, .. } => Some(*article),
            _ => None,
        }
    }

    /// The topics and authors that it names.
    fn terms(&self) -> Vec<TermId> {
        match self {
            Self::ArticlePublished { terms, .. }
            | Self::ArticleUnpublished { terms, .. }
            | Self::ArticleTrashed { terms, .. }
            | Self::ArticleRerendered { terms, .. } => terms.clone(),
            Self::TopicCreated(id) | Self::TopicUpdated(id) | Self::TopicRemoved(id) => vec![id.term()],
            Self::TopicMerged { topic, .. } => vec![topic.term()],
            Self::AuthorCreated(id) | Self::AuthorUpdated(id) | Self::AuthorRemoved(id) => vec![id.term()],
            Self::AuthorMerged { author, .. } => vec![author.term()],
            _ => Vec::new(),
        }
    }
}

impl ArticleFacts {
    /// The language that readers know, or else the draft's.
    fn locale(&self) -> &Locale {
        self.published.as_ref().map_or(&self.locale, |(locale, ..)| locale)
    }
}

impl Facts {
    fn load(conn: &mut Connection, events: &[&Event]) -> Result<Self> {
        let articles: BTreeSet<ArticleId> =
            events.iter().filter_map(|event| event.subject_article()).collect();
        let terms: BTreeSet<TermId> = events.iter().flat_map(|event| event.terms()).collect();
        let redirects = events.iter().filter_map(|event| match event {
            Event::RedirectCreated(id) => Some(*id),
            _ => None,
        });
        let redirects: BTreeSet<RedirectId> = redirects.collect();
        let published = events.iter().filter(|event| event.kind() == EventKind::ArticlePublished);
        let published: BTreeSet<SubjectId> = published.map(|event| event.subject()).collect();
        let mut facts = Self::default();
        if !articles.is_empty() {
            facts.articles = load_articles(conn, articles)?;
        }
        if !terms.is_empty() {
            facts.terms = load_terms(conn, terms)?;
        }
        if !redirects.is_empty() {
            let paths = redirects::table.filter(redirects::id.eq_any(redirects));
            let paths: Vec<(RedirectId, String)> =
                paths.select((redirects::id, redirects::path)).load(conn)?;
            facts.redirects = paths.into_iter().collect();
        }
        if !published.is_empty() {
            facts.publications = load_publications(conn, published)?;
        }
        Ok(facts)
    }

    /// The public name of an event, and what it says.
    fn tell(
        &self,
        website: &Website,
        number: i64,
        event: &Event,
    ) -> Result<(&'static str, Map<String, Value>)> {
        let types = event.kind().spec().types;
        let (first, other) = (types.first().copied().unwrap_or_default(), types.get(1).copied());
        let mut kind = first;
        let data = match event {
            Event::ArticlePublished { article, edition, terms, .. } => {
                if self.was_live(event.subject(), number) {
                    kind = other.unwrap_or(first);
                }
                self.article(website, *article, Some(*edition), terms)?
            }
            Event::ArticleUnpublished { article, terms }
            | Event::ArticleTrashed { article, terms }
            | Event::ArticleRerendered { article, terms } => self.article(website, *article, None, terms)?,
            Event::ArticlePurged { article } | Event::DraftPurged { article } => {
                object(&PurgedArticleEventData { id: *article })?
            }
            Event::ScheduleSet { article }
            | Event::ScheduleCancelled { article }
            | Event::ScheduleFailed { article } => {
                object(&ScheduleEventData { article: self.draft(*article) })?
            }
            Event::ArticleReviewed { article, review, state } => {
                if state != "requested" {
                    kind = other.unwrap_or(first);
                }
                let (article, review, state) = (self.draft(*article), *review, state.clone());
                object(&ReviewEventData { article, review, state })?
            }
            Event::TopicCreated(id) | Event::TopicUpdated(id) | Event::TopicRemoved(id) => {
                self.term(id.term(), None)?
            }
            Event::TopicMerged { topic, into } => self.term(topic.term(), Some(into.term()))?,
            Event::AuthorCreated(id) | Event::AuthorUpdated(id) | Event::AuthorRemoved(id) => {
                self.term(id.term(), None)?
            }
            Event::AuthorMerged { author, into } => self.term(author.term(), Some(into.term()))?,
            Event::RedirectCreated(id) => {
                let path = self.redirects.get(id).cloned();
                object(&RedirectEventData { id: event.subject(), path })?
            }
            Event::RedirectDeleted(_) | Event::RedirectRemoved { .. } => {
                object(&RedirectEventData { id: event.subject(), path: None })?
            }
            Event::SubscriberConfirmed(id)
            | Event::SubscriberUpdated(id)
            | Event::SubscriberUnsubscribed(id)
            | Event::SubscriberBounced(id)
            | Event::SubscriberComplained(id)
            | Event::SubscriberErased(id) => object(&SubscriberEventData { id: *id })?,
            _ => object(&SiteEventData {})?,
        };
        Ok((kind, data))
    }

    /// Whether readers had the article before the event with that number.
    fn was_live(&self, article: SubjectId, number: i64) -> bool {
        let all = self.publications.get(&article).map(Vec::as_slice).unwrap_or_default();
        let before = all.partition_point(|(at, _)| *at < number);
        before.checked_sub(1).and_then(|last| all.get(last)).is_some_and(|(_, published)| *published)
    }

    fn article(
        &self,
        website: &Website,
        id: ArticleId,
        edition: Option<i64>,
        named: &[TermId],
    ) -> Result<Map<String, Value>> {
        let facts = self.articles.get(&id);
        let published = facts.and_then(|facts| facts.published.as_ref());
        let slugs = |of_authors: bool| {
            let found = named.iter().filter_map(|term| self.terms.get(term));
            found.filter(|(is_author, _)| *is_author == of_authors).map(|(_, slug)| slug.clone()).collect()
        };
        object(&ArticleEventData {
            id,
            slug: published.map(|(_, slug, _)| slug).or(facts.map(|facts| &facts.slug)).cloned(),
            locale: facts.map(|facts| facts.locale().clone()),
            url: published
                .zip(facts.and_then(|facts| facts.published_at))
                .map(|((locale, slug, _), first)| website.article(locale, slug, first)),
            edition: edition.or(published.map(|(.., edition)| *edition)),
            topics: slugs(false),
            authors: slugs(true),
        })
    }

    fn draft(&self, id: ArticleId) -> EventArticle {
        let facts = self.articles.get(&id);
        EventArticle {
            id,
            slug: facts.map(|facts| facts.slug.clone()),
            locale: facts.map(|facts| facts.locale.clone()),
        }
    }

    fn term(&self, id: TermId, into: Option<TermId>) -> Result<Map<String, Value>> {
        object(&TermEventData { id, slug: self.terms.get(&id).map(|(_, slug)| slug.clone()), into })
    }
}

fn object(data: &impl Serialize) -> Result<Map<String, Value>> {
    match serde_json::to_value(data)? {
        Value::Object(members) => Ok(members),
        _ => Ok(Map::new()),
    }
}

type ArticleColumns = (ArticleId, Locale, Slug, Option<(Locale, Slug, i64)>, Option<Timestamp>);

/// Articles that are being deleted for good are left out.
fn load_articles(
    conn: &mut Connection,
    ids: BTreeSet<ArticleId>,
) -> Result<HashMap<ArticleId, ArticleFacts>> {
    let newest = editions::article_id.eq(articles::id).and(editions::edition.eq(articles::last_edition));
    let rows: Vec<ArticleColumns> = articles::table
        .left_join(editions::table.on(newest))
        .filter(articles::id.eq_any(ids))
        .filter(articles::purging_at.is_null())
        .select((
            articles::id,
            articles::locale,
            articles::slug,
            (editions::locale, editions::slug, editions::edition).nullable(),
            articles::published_at,
        ))
        .load(conn)?;
    let facts = |(id, locale, slug, published, published_at)| {
        (id, ArticleFacts { locale, slug, published, published_at })
    };
    Ok(rows.into_iter().map(facts).collect())
}

fn load_terms(conn: &mut Connection, ids: BTreeSet<TermId>) -> Result<HashMap<TermId, (bool, Slug)>> {
    let rows: Vec<(TermId, String, Slug)> = terms::table
        .filter(terms::id.eq_any(ids))
        .select((terms::id, terms::kind, terms::slug))
        .load(conn)?;
    Ok(rows.into_iter().map(|(id, kind, slug)| (id, (kind == AuthorId::KIND, slug))).collect())
}

fn load_publications(
    conn: &mut Connection,
    subjects: BTreeSet<SubjectId>,
) -> Result<HashMap<SubjectId, Vec<(i64, bool)>>> {
    let published = EventKind::ArticlePublished.as_str();
    let rows: Vec<(i64, SubjectId, String)> = events::table
        .filter(events::subject_id.eq_any(subjects))
        .filter(events::kind.eq_any([published, EventKind::ArticleUnpublished.as_str()]))
        .order(events::id)
        .select((events::id, events::subject_id, events::kind))
        .load(conn)?;
    let mut found: HashMap<SubjectId, Vec<(i64, bool)>> = HashMap::new();
    for (number, subject, kind) in rows {
        found.entry(subject).or_default().push((number, kind == published));
    }
    Ok(found)
}
