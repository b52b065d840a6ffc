//! What a preview is made of: a draft or a revision, rendered as the edition that publishing it would make.

use crate::articles::draft::Draft;
use crate::articles::store::ArticleRow;
use crate::articles::{Content, history};
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::editions::formats::Source;
use crate::editions::render::{Facts, RenderContext, edition};
use crate::editions::{Edition, context, store};

/// What is to be rendered.
#[derive(Debug)]
pub struct Preview {
    content: Content,
    facts: Facts,
    context: RenderContext,
}

impl Preview {
    /// Reads the draft of an article, or one of its revisions.
    ///
    /// # Errors
    /// Not found, if there is no such revision.
    pub fn find(
        conn: &mut Connection,
        row: &ArticleRow,
        revision: Option<i64>,
        config: &Config,
        now: Timestamp,
    ) -> Result<Self> {
        let content = match revision {
            None => Draft::load(conn, row.clone())?.content,
            Some(revision) => {
                let found = history::find_revision_content(conn, row.id, revision)?;
                found.ok_or(Error::NotFound("revision"))?
            }
        };
        let facts = facts(conn, row, revision.unwrap_or(row.revision), now)?;
        let (_, context) = context::find(conn, row.id, &content, config)?;
        Ok(Self { content, facts, context })
    }

    /// Renders it. This takes time, so it belongs into the pool for the processor.
    #[must_use]
    pub fn render(&self) -> (Edition, Vec<Source>) {
        edition(&self.content, &self.facts, &self.context)
    }
}

/// The facts of the edition that would be live after publishing that revision at `now`.
fn facts(conn: &mut Connection, row: &ArticleRow, revision: i64, now: Timestamp) -> Result<Facts> {
    if row.published_revision == Some(revision)
        && let Some((live, _)) = store::find_live(conn, row.id)?
    {
        return Ok(live);
    }
    Ok(Facts {
        id: row.id,
        edition: row.last_edition + 1,
        published_at: row.published_at.unwrap_or(now),
        updated_at: now,
    })
}
