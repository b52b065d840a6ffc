//! Removes the slugs, languages and URLs of purged articles from deliveries that were written before the purge.

use std::collections::BTreeSet;
use std::sync::Arc;

use diesel::prelude::*;
use serde_json::Value;
use uuid::Uuid;

use crate::base::db::schema::webhook_deliveries as table;
use crate::base::db::{Connection, Database, Tx};
use crate::base::error::Result;
use crate::base::ids::uuids;

/// How many deliveries are read at once.
const PAGE: i64 = 100;
/// What an event says of an article that can be erased.
const ERASED: [&str; 3] = ["slug", "locale", "url"];

/// One page: the last sequence number, and the bodies to replace with their new text.
type Found = (Option<i64>, Vec<(i64, String)>);

/// Removes slugs, languages and addresses of articles that were deleted for good from the bodies of deliveries that wait, in
/// one pass over them. Only what is changed is written.
///
/// # Errors
/// Those of the database.
pub async fn forget(db: &Database, purged: &Arc<BTreeSet<Uuid>>) -> Result<()> {
    let mut after = 0;
    loop {
        let of = purged.clone();
        let (last, changed) = db.read(move |conn| look_through(conn, &of, after)).await?;
        if !changed.is_empty() {
            db.write(move |tx| replace(tx, &changed)).await?;
        }
        match last {
            Some(last) => after = last,
            None => return Ok(()),
        }
    }
}

fn look_through(conn: &mut Connection, purged: &BTreeSet<Uuid>, after: i64) -> Result<Found> {
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

/// The body with the slugs, languages and URLs of these articles set to null; `None` if none changed.
pub(super) fn erased(body: &str, articles: &BTreeSet<Uuid>) -> Option<String> {
    if !uuids(body.as_bytes()).any(|id| articles.contains(&id)) {
        return None;
    }
    let mut value = serde_json::from_str::<Value>(body).ok()?;
    erase(&mut value, articles).then(|| value.to_string())
}

/// Sets them to null, wherever they are. Returns whether any changed.
fn erase(value: &mut Value, articles: &BTreeSet<Uuid>) -> bool {
    let mut changed = false;
    match value {
        Value::Object(members) => {
            let id = members.get("id").and_then(Value::as_str).and_then(|id| Uuid::try_parse(id).ok());
            if id.is_some_and(|id| articles.contains(&id)) {
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
