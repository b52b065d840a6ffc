//! The topics that subscribers follow. Whoever follows none receives everything.

use diesel::prelude::*;

use super::Status;
use super::store::lock;
use crate::base::db::schema::{subscriber_topics, subscribers, topics};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::{SubscriberId, TopicId};
use crate::base::text::slug::Slug;

/// How many topics a subscriber can follow.
pub const MAX_TOPICS: usize = 100;

/// A topic that can be followed.
#[derive(Debug, Clone, Queryable)]
pub struct Followable {
    /// Its slug.
    pub slug: Slug,
    /// Its name.
    pub name: String,
}

/// Every topic that can be followed, by name.
pub fn followable(conn: &mut Connection) -> Result<Vec<Followable>> {
    Ok(topics::table
        .filter(topics::followable.eq(true))
        .filter(topics::merged_into.is_null())
        .order((topics::name, topics::id))
        .select((topics::slug, topics::name))
        .limit(i64::try_from(MAX_TOPICS).unwrap_or(i64::MAX))
        .load(conn)?)
}

/// Lets a subscriber, if their status is `among` these, follow those of the topics that can be followed.
pub(super) fn follow(
    tx: &mut Tx<'_>,
    id: SubscriberId,
    slugs: &[Slug],
    among: Option<&[Status]>,
) -> Result<()> {
    let known = topics::table
        .on(topics::slug.eq_any(slugs).and(topics::followable.eq(true)).and(topics::merged_into.is_null()));
    subscribers::table
        .inner_join(known)
        .filter(subscribers::id.eq(id))
        .filter(subscribers::status.eq_any(among.unwrap_or(&Status::ALL)))
        .select((subscribers::id, topics::id))
        .insert_into(subscriber_topics::table)
        .into_columns((subscriber_topics::subscriber_id, subscriber_topics::topic_id))
        .execute(&mut **tx)?;
    Ok(())
}

/// Lets a subscriber follow these topics and no others.
///
/// # Errors
/// When the database refuses.
pub fn choose_topics(tx: &mut Tx<'_>, id: SubscriberId, slugs: &[Slug]) -> Result<()> {
    let now = tx.now();
    if lock(tx, id)?.is_none() {
        return Ok(());
    }
    let chosen = subscriber_topics::table.filter(subscriber_topics::subscriber_id.eq(id));
    diesel::delete(chosen).execute(&mut **tx)?;
    follow(tx, id, slugs, None)?;
    diesel::update(subscribers::table.filter(subscribers::id.eq(id)))
        .set(subscribers::updated_at.eq(now))
        .execute(&mut **tx)?;
    tx.append(Event::SubscriberUpdated(id));
    Ok(())
}

/// What was known of a topic's followers holds of the one it goes up in.
///
/// # Errors
/// When the database refuses.
pub fn move_followers(tx: &mut Tx<'_>, from: TopicId, into: TopicId) -> Result<()> {
    let other = diesel::alias!(subscriber_topics as others);
    let have = other.filter(other.field(subscriber_topics::topic_id).eq(into));
    let own = subscriber_topics::table.filter(subscriber_topics::topic_id.eq(from));
    let twice = have.select(other.field(subscriber_topics::subscriber_id));
    diesel::delete(own.filter(subscriber_topics::subscriber_id.eq_any(twice))).execute(&mut **tx)?;
    diesel::update(own).set(subscriber_topics::topic_id.eq(into)).execute(&mut **tx)?;
    Ok(())
}
