//! Who may be told of an event. What readers may see is for everyone; the rest takes the right to read what it is about,
//! as it is when the event is told.

use std::collections::HashMap;

use crate::articles::resolve::covers;
use crate::articles::store as articles;
use crate::auth::{Identity, ReadDrafts, ReadSubscribers, Scope};
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::events::{Audience, Event};
use crate::base::ids::ArticleId;

/// Somebody who is told of events. Remembers what it has found out, so it is made anew for each unit of work.
pub struct Viewer {
    /// `None` for who has no rights any more.
    identity: Option<Identity>,
    articles: HashMap<ArticleId, bool>,
}

impl Viewer {
    /// Somebody with these rights; with none, they are told what readers may see.
    #[must_use]
    pub fn new(identity: Option<Identity>) -> Self {
        Self { identity, articles: HashMap::new() }
    }

    /// Whether they may be told of an event.
    ///
    /// # Errors
    /// Those of the database.
    pub fn may_see(&mut self, conn: &mut Connection, event: &Event) -> Result<bool> {
        Ok(match event.audience() {
            Audience::Public => true,
            Audience::Drafts => match event.subject_article() {
                Some(article) => self.may_read(conn, article)?,
                None => false,
            },
            Audience::Subscribers => {
                self.identity.is_some_and(|identity| identity.scope::<ReadSubscribers>() == Scope::Any)
            }
            Audience::Admins => false,
        })
    }

    fn sees_drafts(&self) -> Scope {
        self.identity.map_or(Scope::Nothing, |identity| identity.scope::<ReadDrafts>())
    }

    fn may_read(&mut self, conn: &mut Connection, article: ArticleId) -> Result<bool> {
        let Some(identity) = self.identity.filter(|_| self.sees_drafts() != Scope::Nothing) else {
            return Ok(false);
        };
        if self.sees_drafts() == Scope::Any {
            return Ok(true);
        }
        if let Some(known) = self.articles.get(&article) {
            return Ok(*known);
        }
        let may = match articles::find(conn, article)? {
            Some(row) => covers::<ReadDrafts>(conn, &identity, &row)?,
            None => false,
        };
        self.articles.insert(article, may);
        Ok(may)
    }
}
