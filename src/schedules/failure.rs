//! A scheduled action that fails is tried again with growing pauses for a day. The first failure is an event and an email to
//! the article's owner.

use std::time::Duration;

use super::emails::send_failure;
use super::store;
use crate::app::App;
use crate::articles::schedule::ScheduleRow;
use crate::articles::store as articles;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::jobs;

/// How late an action may be before a temporary error, such as a lost connection, counts as a failure.
const PATIENCE: Duration = Duration::from_secs(60);
/// How long after the first failure an action is tried.
const TRIED_FOR: Duration = Duration::from_secs(24 * 3600);
/// The longest reason that is kept, in characters.
const MAX_REASON: usize = 1000;

/// Handles the failure of an action.
///
/// # Errors
/// When it cannot be recorded. Then the action is tried again when its claim ends.
pub(super) async fn handle(app: &App, due: &ScheduleRow, error: &Error) -> Result<()> {
    let article = due.article_id;
    let passes = matches!(error, Error::Unavailable(_) | Error::NoSpace(_));
    if passes && due.failed_at.is_none() && app.clock.now() < due.at.plus(PATIENCE) {
        log::warn!("the scheduled {} of article {article} waits: {error}", due.action.as_str());
        return Ok(());
    }
    log::warn!("the scheduled {} of article {article} failed: {error}", due.action.as_str());
    let (env, row, why) = (app.clone(), due.clone(), reason(error));
    app.db.write(move |tx| record(tx, &env, &row, &why)).await
}

/// Why it failed, for editors. Internal errors are only in the server's log.
fn reason(error: &Error) -> String {
    match error {
        Error::Internal(_) | Error::Unavailable(_) | Error::NoSpace(_) => {
            "The server has failed. Its log says why.".to_owned()
        }
        error => error.to_string().chars().take(MAX_REASON).collect(),
    }
}

fn record(tx: &mut Tx<'_>, app: &App, due: &ScheduleRow, why: &str) -> Result<()> {
    let (now, first) = (tx.now(), due.failed_at.unwrap_or_else(|| tx.now()));
    let next = Some(now.plus(jobs::pause(due.attempts + 1))).filter(|next| is_within(first, *next));
    if !store::record_failure(tx, due, why, next)? || due.failed_at.is_some() {
        return Ok(());
    }
    tx.append(Event::ScheduleFailed { article: due.article_id });
    match articles::find(tx, due.article_id)? {
        Some(article) => send_failure(tx, app, &article, due, why),
        None => Ok(()),
    }
}

fn is_within(first: Timestamp, next: Timestamp) -> bool {
    next <= first.plus(TRIED_FOR)
}
