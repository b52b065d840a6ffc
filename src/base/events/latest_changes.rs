//! The latest public change of each article, topic and author, and of the site: a projection of the log, written in the
//! transaction of every event, so that clients that list changes get each subject once.

use diesel::dsl::case_when;
use diesel::prelude::*;
use diesel::sql_types::Text;
use serde::Serialize;
use utoipa::ToSchema;

use super::Event;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::db::schema::latest_changes;
use crate::base::error::Result;
use crate::base::ids::SubjectId;

/// What changed.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    ToSchema,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "lowercase")]
#[schema(as = ChangeKind)]
pub enum Change {
    /// An article was published that readers did not have.
    Published,
    /// A published article has a new edition.
    Updated,
    /// The same edition reads differently, because a name, a link or a setting in it has changed.
    Rerendered,
    /// Readers no longer have an article.
    Unpublished,
    /// An article that was published once was deleted for good. Its text should be deleted from copies, too.
    Purged,
    /// A topic was created, changed, merged or removed.
    Topic,
    /// An author was created, changed, merged or removed.
    Author,
    /// What the site settings show was changed.
    Site,
}

crate::text_column!(Change);

impl Change {
    /// How it is stored.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Updated => "updated",
            Self::Rerendered => "rerendered",
            Self::Unpublished => "unpublished",
            Self::Purged => "purged",
            Self::Topic => "topic",
            Self::Author => "author",
            Self::Site => "site",
        }
    }

    pub(crate) fn from_stored(text: String) -> Self {
        match text.as_str() {
            "published" => Self::Published,
            "updated" => Self::Updated,
            "rerendered" => Self::Rerendered,
            "purged" => Self::Purged,
            "topic" => Self::Topic,
            "author" => Self::Author,
            "site" => Self::Site,
            _ => Self::Unpublished,
        }
    }

    /// What an event changes for readers of its subject.
    fn of(event: &Event) -> Option<Self> {
        Some(match event {
            Event::ArticlePublished { .. } => Self::Published,
            Event::ArticleRerendered { .. } => Self::Rerendered,
            Event::ArticleUnpublished { .. } => Self::Unpublished,
            Event::ArticlePurged { .. } => Self::Purged,
            Event::TopicCreated(_)
            | Event::TopicUpdated(_)
            | Event::TopicMerged { .. }
            | Event::TopicRemoved(_) => Self::Topic,
            Event::AuthorCreated(_)
            | Event::AuthorUpdated(_)
            | Event::AuthorMerged { .. }
            | Event::AuthorRemoved(_) => Self::Author,
            Event::SiteUpdated | Event::SiteLanguagesChanged => Self::Site,
            _ => return None,
        })
    }
}

/// Records what an event says of its subject. Called for every event, in the order of the log.
pub(super) fn record(conn: &mut Connection, number: i64, at: Timestamp, event: &Event) -> Result<()> {
    let Some(change) = Change::of(event) else { return Ok(()) };
    let subject: SubjectId = event.subject();
    let own = latest_changes::table.filter(latest_changes::subject_id.eq(subject));
    let moved = (latest_changes::event_id.eq(number), latest_changes::at.eq(at));
    let edited = latest_changes::edited_event_id.eq(number);
    let known = match change {
        Change::Published => {
            // Readers have an article unless it was unpublished last.
            let is_gone = latest_changes::change.eq(Change::Unpublished);
            let again = case_when::<_, _, Text>(is_gone, Change::Published).otherwise(Change::Updated);
            diesel::update(own).set((moved, edited, latest_changes::change.eq(again))).execute(conn)?
        }
        // The topics, authors and language of an article stay as they were edited.
        Change::Rerendered => {
            diesel::update(own).set((moved, latest_changes::change.eq(change))).execute(conn)?
        }
        _ => diesel::update(own).set((moved, edited, latest_changes::change.eq(change))).execute(conn)?,
    };
    // Readers never had an article that was never published, so only a publication starts its row.
    if known == 0 && !matches!(change, Change::Rerendered | Change::Unpublished | Change::Purged) {
        diesel::insert_into(latest_changes::table)
            .values((
                latest_changes::subject_id.eq(subject),
                latest_changes::change.eq(change),
                latest_changes::event_id.eq(number),
                latest_changes::at.eq(at),
                edited,
            ))
            .execute(conn)?;
    }
    Ok(())
}
