//! How the details of topics are stored, beside their names in `terms`.

use diesel::prelude::*;

use super::{TopicDetails, TopicRef};
use crate::base::db::schema::{terms, topic_details};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::TopicId;
use crate::base::text::slug::Slug;
use crate::terms::{IsTerm, Loaded, TermRow, Terms};

impl IsTerm for TopicId {
    const KIND: &'static str = "topic";
    const UNKNOWN: &'static str = "topic-unknown";
    const HAS_FOLLOWERS: bool = true;
    type Details = TopicDetails;
    type Ref = TopicRef;

    fn embedded(self, slug: Slug, name: String) -> TopicRef {
        TopicRef { id: self, slug, name }
    }
    fn load(conn: &mut Connection, rows: Terms<'_>) -> Result<Vec<Loaded<TopicDetails>>> {
        let rows = rows.left_join(topic_details::table.on(topic_details::topic_id.eq(terms::id)));
        Ok(rows.select((TermRow::as_select(), Option::<TopicDetails>::as_select())).load(conn)?)
    }
    fn save(self, tx: &mut Tx<'_>, details: &TopicDetails) -> Result<()> {
        let own = topic_details::table.filter(topic_details::topic_id.eq(self));
        if diesel::update(own).set(details.clone()).execute(&mut **tx)? == 0 {
            diesel::insert_into(topic_details::table)
                .values((topic_details::topic_id.eq(self), details.clone()))
                .execute(&mut **tx)?;
        }
        Ok(())
    }
    fn created(self) -> Event {
        Event::TopicCreated(self)
    }
    fn updated(self) -> Event {
        Event::TopicUpdated(self)
    }
    fn merged(self, into: Self) -> Event {
        Event::TopicMerged { topic: self, into }
    }
    fn removed(self) -> Event {
        Event::TopicRemoved(self)
    }
}
