//! Deliveries forget what articles were called that have been deleted for good: their bodies were made before.

use std::collections::HashSet;
use std::time::Duration;

use diesel::prelude::*;
use serde_json::Value;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{events, webhook_deliveries as table};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::EventKind;
use crate::base::ids::SubjectId;

/// How long after an article was deleted its deliveries are looked through, every time.
const LOOKED_FOR: Duration = Duration::from_secs(24 * 3600);
/// How many deliveries are read at once.
const PAGE: i64 = 100;
/// What an event says of an article that can be erased.
const ERASED: [&str; 3] = ["slug", "locale", "url"];

/// What was found on a page: the last sequence, and what other bodies there have to be.
type Found = (Option<i64>, Vec<(i64, String)>);

/// Removes slugs, languages and addresses of articles that were deleted for good from the bodies of deliveries that wait, in
/// one pass over them. Only what is changed is written.
///
/// # Errors
/// Those of the database.
pub async fn forget_purged(app: &App) -> Result<()> {
    let since = app.clock.now().minus(LOOKED_FOR);
    let purged = app.db.read(move |conn| purged(conn, since)).await?;
    if purged.is_empty() {
        return Ok(());
    }
    let mut after = 0;
    loop {
        let of = purged.clone();
        let (last, changed) = app.db.read(move |conn| look_through(conn, &of, after)).await?;
        if !changed.is_empty() {
            app.db.write(move |tx| replace(tx, &changed)).await?;
        }
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}

fn purged(conn: &mut Connection, since: Timestamp) -> Result<HashSet<String>> {
    let kinds = [EventKind::ArticlePurged, EventKind::DraftPurged].map(EventKind::as_str);
    let purged: Vec<SubjectId> = events::table
        .filter(events::kind.eq_any(kinds))
        .filter(events::at.ge(since))
        .select(events::subject_id)
        .distinct()
        .load(conn)?;
    Ok(purged.into_iter().map(|id| id.to_string()).collect())
}

fn look_through(conn: &mut Connection, purged: &HashSet<String>, after: i64) -> Result<Found> {
    let rows: Vec<(i64, Option<String>)> = table::table
        .filter(table::sequence.gt(after))
        .filter(table::body.is_not_null())
        .order(table::sequence)
        .select((table::sequence, table::body))
        .limit(PAGE)
        .load(conn)?;
    let last = rows.last().map(|(sequence, _)| *sequence);
    let mut changed = Vec::new();
    for (sequence, body) in rows {
        changed.extend(body.and_then(|body| erased(&body, purged)).map(|body| (sequence, body)));
    }
    Ok((last, changed))
}

/// Replaces bodies, unless they were delivered and removed meanwhile.
fn replace(tx: &mut Tx<'_>, changed: &[(i64, String)]) -> Result<()> {
    for (sequence, body) in changed {
        diesel::update(table::table.filter(table::sequence.eq(sequence)).filter(table::body.is_not_null()))
            .set(table::body.eq(Some(body)))
            .execute(&mut **tx)?;
    }
    Ok(())
}

/// A body without what is said of these articles; `None` if it says nothing of them.
pub(super) fn erased(body: &str, articles: &HashSet<String>) -> Option<String> {
    if articles.is_empty() {
        return None;
    }
    let mut value = serde_json::from_str::<Value>(body).ok()?;
    erase(&mut value, articles).then(|| value.to_string())
}

/// Removes what is said of these articles, wherever it is. Returns whether there was anything.
fn erase(value: &mut Value, articles: &HashSet<String>) -> bool {
    let mut changed = false;
    match value {
        Value::Object(members) => {
            if members.get("id").and_then(Value::as_str).is_some_and(|id| articles.contains(id)) {
                for name in ERASED {
                    if let Some(member) = members.get_mut(name).filter(|member| !member.is_null()) {
                        *member = Value::Null;
                        changed = true;
                    }
                }
            }
            for member in members.values_mut() {
                changed |= erase(member, articles);
            }
        }
        Value::Array(items) => {
            for item in items {
                changed |= erase(item, articles);
            }
        }
        _ => {}
    }
    changed
}
