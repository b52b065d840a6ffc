//! The topics that subscribers follow. Whoever follows none receives everything.

use diesel::prelude::*;

use super::consent::Status;
use super::store::lock;
use crate::base::db::schema::{subscriber_topics, subscribers, terms, topic_details};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::{SubscriberId, TopicId};
use crate::base::text::slug::Slug;
use crate::terms::IsTerm as _;
use crate::terms::slugs;
use crate::terms::store::hold;

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

/// The topics that a form offers, by name: at most [`MAX_TOPICS`] of those that can be followed. Those that the
/// subscriber follows are always among them.
pub fn followable(conn: &mut Connection, subscriber: Option<SubscriberId>) -> Result<Vec<Followable>> {
    let followed = subscriber_topics::table
        .filter(subscriber_topics::subscriber_id.nullable().eq(subscriber))
        .select(subscriber_topics::topic_id);
    let mut offered: Vec<Followable> = terms::table
        .inner_join(topic_details::table.on(topic_details::topic_id.eq(terms::id)))
        .filter(terms::kind.eq(TopicId::KIND))
        .filter(topic_details::followable.eq(true))
        .filter(terms::merged_into.is_null())
        .order((terms::id.eq_any(followed).desc(), terms::name, terms::id))
        .select((terms::slug, terms::name))
        .limit(i64::try_from(MAX_TOPICS).unwrap_or(i64::MAX))
        .load(conn)?;
    offered.sort_by(|one, other| one.name.cmp(&other.name));
    Ok(offered)
}

/// The topics with these slugs, in their order; a merged one is replaced by what it was merged into. `None` for those
/// that cannot be followed.
pub(super) fn find_followable(conn: &mut Connection, slugs: &[Slug]) -> Result<Vec<Option<TopicId>>> {
    let found: Vec<Option<TopicId>> = slugs::find(conn, slugs)?;
    let followable: Vec<TopicId> = topic_details::table
        .filter(topic_details::topic_id.eq_any(found.iter().flatten().copied()))
        .filter(topic_details::followable.eq(true))
        .select(topic_details::topic_id)
        .load(conn)?;
    Ok(found.into_iter().map(|id| id.filter(|id| followable.contains(id))).collect())
}

/// Lets a subscriber follow those of the topics that can be followed, if they have one of the statuses.
pub(super) fn follow(tx: &mut Tx<'_>, id: SubscriberId, slugs: &[Slug], statuses: &[Status]) -> Result<()> {
    let found: Vec<TopicId> = find_followable(tx, slugs)?.into_iter().flatten().collect();
    let topics = hold(tx, &found)?;
    subscribers::table
        .inner_join(terms::table.on(terms::id.eq_any(topics)))
        .filter(subscribers::id.eq(id))
        .filter(subscribers::status.eq_any(statuses.to_vec()))
        .select((subscribers::id, terms::id))
        .insert_into(subscriber_topics::table)
        .into_columns((subscriber_topics::subscriber_id, subscriber_topics::topic_id))
        .execute(&mut **tx)?;
    Ok(())
}

/// Replaces the topics that a subscriber follows. Those that can no longer be followed stay, because no form shows
/// them.
pub fn replace(tx: &mut Tx<'_>, id: SubscriberId, slugs: &[Slug]) -> Result<()> {
    let now = tx.now();
    if lock(tx, id)?.is_none() {
        return Ok(());
    }
    let followable = topic_details::table.filter(topic_details::followable.eq(true));
    let shown = subscriber_topics::table
        .filter(subscriber_topics::subscriber_id.eq(id))
        .filter(subscriber_topics::topic_id.eq_any(followable.select(topic_details::topic_id)));
    diesel::delete(shown).execute(&mut **tx)?;
    follow(tx, id, slugs, Status::ALL)?;
    diesel::update(subscribers::table.filter(subscribers::id.eq(id)))
        .set(subscribers::updated_at.eq(now))
        .execute(&mut **tx)?;
    tx.append(Event::SubscriberUpdated(id));
    Ok(())
}
