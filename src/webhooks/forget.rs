//! Deliveries forget what articles were called that have been deleted for good: their bodies were made before.

use std::time::Duration;

use diesel::prelude::*;
use serde_json::Value;

use crate::base::db::Tx;
use crate::base::db::schema::{events, webhook_deliveries as table};
use crate::base::error::Result;
use crate::base::events::EventKind;
use crate::base::ids::SubjectId;

/// How long after an article was deleted its deliveries are looked through, every time.
const LOOKED_FOR: Duration = Duration::from_secs(24 * 3600);
/// What an event says of an article that can be erased.
const ERASED: [&str; 3] = ["slug", "locale", "url"];

/// Removes slugs, languages and addresses of articles that were deleted for good from the bodies of up to 100 deliveries.
/// Returns whether there may be more.
///
/// # Errors
/// Those of the database.
pub fn forget_purged(tx: &mut Tx<'_>) -> Result<bool> {
    let since = tx.now().minus(LOOKED_FOR);
    let purged: Vec<SubjectId> = events::table
        .filter(events::kind.eq(EventKind::ArticlePurged.as_str()))
        .filter(events::at.ge(since))
        .select(events::subject_id)
        .distinct()
        .load(&mut **tx)?;
    let mut changed = 0;
    for article in purged {
        changed += forget(tx, &article.to_string())?;
        if changed >= 100 {
            return Ok(true);
        }
    }
    Ok(false)
}

fn forget(tx: &mut Tx<'_>, article: &str) -> Result<usize> {
    let naming: Vec<(i64, Option<String>)> = table::table
        .filter(table::body.like(format!("%{article}%")))
        .filter(table::body.like("%\"slug\":\"%").or(table::body.like("%\"url\":\"%")))
        .select((table::sequence, table::body))
        .limit(100)
        .load(&mut **tx)?;
    let mut changed = 0;
    for (sequence, body) in naming {
        let Some(mut value) = body.and_then(|body| serde_json::from_str::<Value>(&body).ok()) else {
            continue;
        };
        if erase(&mut value, article) {
            diesel::update(table::table.filter(table::sequence.eq(sequence)))
                .set(table::body.eq(Some(value.to_string())))
                .execute(&mut **tx)?;
            changed += 1;
        }
    }
    Ok(changed)
}

/// Removes what is said of the article with that id, wherever it is. Returns whether there was anything.
fn erase(value: &mut Value, article: &str) -> bool {
    let mut changed = false;
    match value {
        Value::Object(members) => {
            if members.get("id").is_some_and(|id| id == article) {
                for name in ERASED {
                    if let Some(member) = members.get_mut(name).filter(|member| !member.is_null()) {
                        *member = Value::Null;
                        changed = true;
                    }
                }
            }
            for member in members.values_mut() {
                changed |= erase(member, article);
            }
        }
        Value::Array(items) => {
            for item in items {
                changed |= erase(item, article);
            }
        }
        _ => {}
    }
    changed
}
