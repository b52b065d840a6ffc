//! How the details of authors are stored, beside their names in `terms`.

use diesel::prelude::*;

use super::{AuthorDetails, AuthorRef};
use crate::base::db::schema::{author_details, terms};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::AuthorId;
use crate::base::text::slug::Slug;
use crate::terms::{IsTerm, Loaded, TermRow, Terms};

impl IsTerm for AuthorId {
    const KIND: &'static str = "author";
    const UNKNOWN: &'static str = "author-unknown";
    const HAS_FOLLOWERS: bool = false;
    type Details = AuthorDetails;
    type Ref = AuthorRef;

    fn embedded(self, slug: Slug, name: String) -> AuthorRef {
        AuthorRef { id: self, slug, name }
    }
    fn load(conn: &mut Connection, rows: Terms<'_>) -> Result<Vec<Loaded<AuthorDetails>>> {
        let rows = rows.left_join(author_details::table.on(author_details::author_id.eq(terms::id)));
        Ok(rows.select((TermRow::as_select(), Option::<AuthorDetails>::as_select())).load(conn)?)
    }
    fn save(self, tx: &mut Tx<'_>, details: &AuthorDetails) -> Result<()> {
        let own = author_details::table.filter(author_details::author_id.eq(self));
        if diesel::update(own).set(details.clone()).execute(&mut **tx)? == 0 {
            diesel::insert_into(author_details::table)
                .values((author_details::author_id.eq(self), details.clone()))
                .execute(&mut **tx)?;
        }
        Ok(())
    }
    fn created(self) -> Event {
        Event::AuthorCreated(self)
    }
    fn updated(self) -> Event {
        Event::AuthorUpdated(self)
    }
    fn merged(self, into: Self) -> Event {
        Event::AuthorMerged { author: self, into }
    }
    fn removed(self) -> Event {
        Event::AuthorRemoved(self)
    }
}
