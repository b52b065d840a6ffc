//! The one log of what was done: every accepted change appends here, in its own transaction. Caches, replicas, the audit
//! trail and delta sync read it. An event carries ids and numbers only; whatever can be erased stays elsewhere.

mod generation;

use diesel::prelude::*;
use serde::Serialize;

pub use generation::Generation;

use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::db::schema::events;
use crate::base::db::types::Json;
use crate::base::error::Result;
use crate::base::ids::{
    ArticleId, AuthorId, ImportId, IsId as _, JobId, SectionId, SubjectId, SubscriberId, SuppressionId,
    TopicId, UserId,
};
use crate::changes;

/// Everything that can happen.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "kind", content = "data")]
pub enum Event {
    /// A user was added.
    #[serde(rename = "user.created")]
    UserCreated(UserId),
    /// A user logged in.
    #[serde(rename = "session.created")]
    SessionCreated(UserId),
    /// An article was created, as a draft.
    #[serde(rename = "article.created")]
    ArticleCreated {
        /// Which.
        article: ArticleId,
    },
    /// A draft was changed.
    #[serde(rename = "article.edited")]
    ArticleEdited {
        /// Which.
        article: ArticleId,
        /// The version this made.
        version: i64,
        /// The sections added, changed or removed.
        sections: Vec<SectionId>,
    },
    /// A revision became an edition.
    #[serde(rename = "article.published")]
    ArticlePublished {
        /// Which.
        article: ArticleId,
        /// The number of the edition.
        edition: i64,
        /// The revision it was made of.
        revision: i64,
    },
    /// Readers no longer see the article.
    #[serde(rename = "article.unpublished")]
    ArticleUnpublished {
        /// Which.
        article: ArticleId,
    },
    /// The article went to the trash; if it was live, readers no longer see it.
    #[serde(rename = "article.trashed")]
    ArticleTrashed {
        /// Which.
        article: ArticleId,
    },
    /// The article came back from the trash.
    #[serde(rename = "article.restored")]
    ArticleRestored {
        /// Which.
        article: ArticleId,
    },
    /// A live edition was rendered anew and reads differently, or is found by other words.
    #[serde(rename = "rendering.remade")]
    RenderingRemade {
        /// Which.
        article: ArticleId,
    },
    /// A topic was made.
    #[serde(rename = "topic.created")]
    TopicCreated(TopicId),
    /// A topic was changed.
    #[serde(rename = "topic.updated")]
    TopicUpdated(TopicId),
    /// A topic went up in another.
    #[serde(rename = "topic.merged")]
    TopicMerged {
        /// Which.
        topic: TopicId,
        /// The one that remains.
        into: TopicId,
    },
    /// A topic was removed.
    #[serde(rename = "topic.removed")]
    TopicRemoved(TopicId),
    /// An author was made.
    #[serde(rename = "author.created")]
    AuthorCreated(AuthorId),
    /// An author was changed.
    #[serde(rename = "author.updated")]
    AuthorUpdated(AuthorId),
    /// An author went up in another.
    #[serde(rename = "author.merged")]
    AuthorMerged {
        /// Which.
        author: AuthorId,
        /// The one that remains.
        into: AuthorId,
    },
    /// An author was removed.
    #[serde(rename = "author.removed")]
    AuthorRemoved(AuthorId),
    /// Someone asked to receive mail, and is asked to confirm.
    #[serde(rename = "subscriber.joined")]
    SubscriberJoined(SubscriberId),
    /// A subscriber consented.
    #[serde(rename = "subscriber.confirmed")]
    SubscriberConfirmed(SubscriberId),
    /// A subscriber wants no more mail.
    #[serde(rename = "subscriber.left")]
    SubscriberLeft(SubscriberId),
    /// A subscriber's address takes no mail.
    #[serde(rename = "subscriber.bounced")]
    SubscriberBounced(SubscriberId),
    /// A subscriber called our mail spam.
    #[serde(rename = "subscriber.complained")]
    SubscriberComplained(SubscriberId),
    /// An address was suppressed that no subscriber has.
    #[serde(rename = "address.suppressed")]
    AddressSuppressed(SuppressionId),
    /// A subscriber was brought along from elsewhere, or confirmed by what came from there.
    #[serde(rename = "subscriber.imported")]
    SubscriberImported(SubscriberId),
    /// A file of subscribers was read to its end.
    #[serde(rename = "subscribers.imported")]
    SubscribersImported(ImportId),
    /// The list of subscribers was given out.
    #[serde(rename = "subscribers.exported")]
    SubscribersExported,
    /// What is kept of a subscriber was given out.
    #[serde(rename = "subscriber.exported")]
    SubscriberExported(SubscriberId),
    /// What is kept of a subscriber was changed.
    #[serde(rename = "subscriber.updated")]
    SubscriberUpdated(SubscriberId),
    /// Nothing is kept of a subscriber any more.
    #[serde(rename = "subscriber.erased")]
    SubscriberErased(SubscriberId),
    /// What the publication says of itself, or where its website is, was changed.
    #[serde(rename = "site.updated")]
    SiteUpdated,
    /// An old slug no longer leads to the article.
    #[serde(rename = "redirect.removed")]
    RedirectRemoved {
        /// Which.
        article: ArticleId,
    },
    /// A dead job is tried again.
    #[serde(rename = "job.retried")]
    JobRetried(JobId),
}

impl Event {
    fn subject(&self) -> SubjectId {
        SubjectId::from_uuid(match self {
            Self::UserCreated(user) | Self::SessionCreated(user) => user.uuid(),
            Self::ArticleCreated { article }
            | Self::ArticleEdited { article, .. }
            | Self::ArticlePublished { article, .. }
            | Self::ArticleUnpublished { article }
            | Self::ArticleTrashed { article }
            | Self::ArticleRestored { article }
            | Self::RenderingRemade { article }
            | Self::RedirectRemoved { article } => article.uuid(),
            Self::TopicCreated(topic)
            | Self::TopicUpdated(topic)
            | Self::TopicMerged { topic, .. }
            | Self::TopicRemoved(topic) => topic.uuid(),
            Self::AuthorCreated(author)
            | Self::AuthorUpdated(author)
            | Self::AuthorMerged { author, .. }
            | Self::AuthorRemoved(author) => author.uuid(),
            Self::SubscriberJoined(subscriber)
            | Self::SubscriberConfirmed(subscriber)
            | Self::SubscriberLeft(subscriber)
            | Self::SubscriberBounced(subscriber)
            | Self::SubscriberComplained(subscriber)
            | Self::SubscriberImported(subscriber)
            | Self::SubscriberExported(subscriber)
            | Self::SubscriberUpdated(subscriber)
            | Self::SubscriberErased(subscriber) => subscriber.uuid(),
            Self::AddressSuppressed(suppression) => suppression.uuid(),
            Self::JobRetried(job) => job.uuid(),
            Self::SubscribersImported(import) => import.uuid(),
            // There is one site and one list, and neither has an id.
            Self::SiteUpdated | Self::SubscribersExported => uuid::Uuid::nil(),
        })
    }

    /// Whether any public answer may differ after this.
    #[must_use]
    pub fn readers_see(&self) -> bool {
        !matches!(
            self,
            Self::UserCreated(_)
                | Self::SessionCreated(_)
                | Self::ArticleCreated { .. }
                | Self::ArticleEdited { .. }
                | Self::ArticleRestored { .. }
                | Self::SubscriberJoined(_)
                | Self::SubscriberConfirmed(_)
                | Self::SubscriberLeft(_)
                | Self::SubscriberBounced(_)
                | Self::SubscriberComplained(_)
                | Self::SubscriberImported(_)
                | Self::SubscribersImported(_)
                | Self::SubscribersExported
                | Self::SubscriberExported(_)
                | Self::AddressSuppressed(_)
                | Self::SubscriberUpdated(_)
                | Self::SubscriberErased(_)
                | Self::JobRetried(_)
        )
    }
}

/// Appends to the log and returns the event's number. Called by [`crate::base::db::Tx`] alone, which keeps the order.
///
/// # Errors
/// When the database refuses.
pub fn insert(conn: &mut Connection, now: Timestamp, actor: Option<UserId>, event: &Event) -> Result<i64> {
    let mut written = serde_json::to_value(event)?;
    let kind = written.get("kind").and_then(|kind| kind.as_str()).unwrap_or_default().to_owned();
    let data = written.get_mut("data").map(serde_json::Value::take).unwrap_or_default();
    let id: i64 = diesel::insert_into(events::table)
        .values((
            events::at.eq(now),
            events::kind.eq(kind),
            events::actor_id.eq(actor),
            events::subject_id.eq(event.subject()),
            events::data.eq(Json(data)),
            events::readers_see.eq(event.readers_see()),
        ))
        .returning(events::id)
        .get_result(conn)?;
    changes::store::note(conn, id, now, event)?;
    Ok(id)
}
