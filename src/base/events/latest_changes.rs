//! The latest public change of each article: a projection of the log, written in the transaction of every event, so
//! that clients that list changes get each article once.

use diesel::prelude::*;
use serde::Serialize;
use utoipa::ToSchema;

use super::Event;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::db::schema::latest_changes;
use crate::base::error::Result;
use crate::base::ids::ArticleId;

/// The kind of change.
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
pub enum Change {
    /// There is a new edition of it.
    Published,
    /// The same edition reads differently, because a name, a link or a setting in it has changed.
    Updated,
    /// Readers no longer have it.
    Withdrawn,
}

crate::text_column!(Change);

impl Change {
    /// How it is stored.
    #[must_use]
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Published => "published",
            Self::Updated => "updated",
            Self::Withdrawn => "withdrawn",
        }
    }

    pub(crate) fn from_stored(text: String) -> Self {
        match text.as_str() {
            "published" => Self::Published,
            "updated" => Self::Updated,
            _ => Self::Withdrawn,
        }
    }
}

/// Records what an event says of an article. Called for every event, in the order of the log.
pub(super) fn record(conn: &mut Connection, number: i64, at: Timestamp, event: &Event) -> Result<()> {
    let (article, change) = match event {
        Event::ArticlePublished { article, .. } => (*article, Change::Published),
        Event::ArticleRerendered { article } => (*article, Change::Updated),
        Event::ArticleUnpublished { article } => (*article, Change::Withdrawn),
        _ => return Ok(()),
    };
    upsert(conn, article, (number, change, at))
}

fn upsert(
    conn: &mut Connection,
    article: ArticleId,
    (number, change, at): (i64, Change, Timestamp),
) -> Result<()> {
    let values =
        (latest_changes::event_id.eq(number), latest_changes::change.eq(change), latest_changes::at.eq(at));
    let own = latest_changes::table.filter(latest_changes::article_id.eq(article));
    // Readers never had an article that was never published, so only a publication starts its row.
    if diesel::update(own).set(values).execute(conn)? == 0 && change == Change::Published {
        diesel::insert_into(latest_changes::table)
            .values((latest_changes::article_id.eq(article), values))
            .execute(conn)?;
    }
    Ok(())
}
