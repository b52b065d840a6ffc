//! Deletes words from the index and the vocabulary that no searchable text has any more, after texts were deleted for
//! good.

use std::time::Duration;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::store::merge;
use crate::app::App;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::search_words;
use crate::base::db::statement::Statement;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::jobs::{self, Job, Outcome};

/// How long after a text was deleted its words are. Texts that are deleted in the meantime share that work.
const DELETED_AFTER: Duration = Duration::from_secs(10);
/// How many words one write looks at.
const STEP: i64 = 300;

/// Deletes words that no searchable text has.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ForgetWords;

impl Job<App> for ForgetWords {
    const KIND: &'static str = "forget-words";
    const TIMEOUT: Duration = Duration::from_secs(600);

    async fn run(self, app: &App) -> Result<Outcome> {
        while app.db.write(merge).await? {}
        let mut after = Some(0);
        while let Some(position) = after {
            after = app.db.write(move |tx| forget_some(tx, position)).await?;
        }
        Ok(Outcome::Done)
    }
}

/// Makes [`ForgetWords`] due, unless it is.
///
/// # Errors
/// Those of the database.
pub fn forget_words(tx: &mut Tx<'_>) -> Result<()> {
    jobs::enqueue_once(tx, &ForgetWords, tx.now().plus(DELETED_AFTER))
}

/// Looks at the words after this id. Returns the id of the last one; `None` at the end.
fn forget_some(tx: &mut Tx<'_>, after: i64) -> Result<Option<i64>> {
    // Otherwise another transaction could add a text with a word that is about to be deleted.
    AdvisoryLock::SearchIndex.take(tx)?;
    let next = search_words::table.filter(search_words::id.gt(after)).order(search_words::id);
    let ids: Vec<i64> = next.select(search_words::id).limit(STEP).load(&mut **tx)?;
    let Some(last) = ids.last().copied() else { return Ok(None) };
    // `o` is the letter of `Kind::Own`: every word of a place is there under it.
    match &mut **tx {
        Connection::Sqlite(conn) => Statement::<()>::new(
            "DELETE FROM search_words WHERE id > ? AND id <= ? AND NOT EXISTS \
             (SELECT 1 FROM search_index WHERE search_index MATCH '\"o' || word || '\"')",
        )
        .integer(after)
        .integer(last)
        .execute(conn)?,
        Connection::Postgres(conn) => Statement::<()>::new(
            "DELETE FROM search_words WHERE id > ? AND id <= ? AND NOT EXISTS \
             (SELECT 1 FROM search_places WHERE words @@ ('''o' || word || '''')::tsquery)",
        )
        .integer(after)
        .integer(last)
        .execute(conn)?,
    };
    Ok(Some(last))
}
