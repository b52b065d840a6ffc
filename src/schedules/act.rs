//! Does one scheduled action: one unit of work, which takes the action's row or changes nothing.

use crate::app::App;
use crate::articles::edit::raise_version;
use crate::articles::review_store;
use crate::articles::schedule::{self, Action, ScheduleRow};
use crate::articles::store as articles;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::editions::publish::{Prepared, Unrendered, is_live, make_live, take_down};

/// How often a revision is rendered again because the article was published otherwise meanwhile.
const TRIES: usize = 3;

/// The outcome of a try.
enum Outcome {
    /// The action is done, or need not be done any more.
    Done,
    /// The article was published otherwise after the revision was rendered: it must be rendered again.
    Outdated,
}

/// Does an action in the name of the user who scheduled it, even if they no longer have the right. Does nothing if another
/// server has done it, or if the schedule was changed.
///
/// # Errors
/// When the article cannot be published.
pub(super) async fn act(app: &App, due: &ScheduleRow) -> Result<()> {
    for _ in 0..TRIES {
        let prepared = prepare(app, due).await?;
        let row = due.clone();
        let work = move |tx: &mut Tx<'_>| commit(tx, &row, prepared.as_ref());
        if let Outcome::Done = app.db.write_as(due.actor_id, work).await? {
            return Ok(());
        }
    }
    Err(Error::unavailable("the article is being published by others"))
}

/// Renders the revision that is to be published; `None` if it is live already, or nothing is to be published.
async fn prepare(app: &App, due: &ScheduleRow) -> Result<Option<Prepared>> {
    let Some(revision) = due.revision else { return Ok(None) };
    let (id, at, config, now) = (due.article_id, due.at, app.config.clone(), app.clock.now());
    let find = move |conn: &mut Connection| {
        let Some(row) = articles::find(conn, id)? else { return Ok(None) };
        let first = row.published_at.unwrap_or(at);
        Unrendered::of(conn, &row, revision, false, first, &config, now)
    };
    let Some(unrendered) = app.db.snapshot(find).await? else { return Ok(None) };
    app.compute.run(move || unrendered.render().map(Some)).await
}

fn commit(tx: &mut Tx<'_>, due: &ScheduleRow, prepared: Option<&Prepared>) -> Result<Outcome> {
    let Some(mut row) = articles::lock(tx, due.article_id)? else { return Ok(Outcome::Done) };
    // Writes to a schedule lock the article first, so what is read here stays.
    let scheduled = schedule::find(tx, row.id)?;
    if !scheduled.iter().any(|other| other.id == due.id) {
        return Ok(Outcome::Done);
    }
    let now = tx.now();
    let has_passed = |other: &ScheduleRow| other.action == Action::Unpublish && other.at <= now;
    match (due.action, prepared, due.revision) {
        (Action::Unpublish, ..) => {
            if row.live_edition.is_some() && scheduled.len() == 1 {
                schedule::take(tx, &row, due.id)?;
            } else {
                // Nothing is live, or a publication is still scheduled: one that has failed, or that is due at the same time.
                schedule::clear(tx, &row, Action::ALL)?;
            }
            take_down(tx, &mut row)?;
        }
        (Action::Publish, ..) if scheduled.iter().any(has_passed) => {
            schedule::clear(tx, &row, &[Action::Publish])?;
        }
        (Action::Publish, Some(prepared), _) if prepared.is_current(&row) => {
            schedule::take(tx, &row, due.id)?;
            make_live(tx, &mut row, prepared, prepared.revision())?;
            review_store::end_up_to(tx, row.id, prepared.revision())?;
        }
        (Action::Publish, None, Some(revision)) if is_live(&row, revision) => {
            schedule::clear(tx, &row, &[Action::Publish])?;
        }
        (Action::Publish, ..) => return Ok(Outcome::Outdated),
    }
    raise_version(tx, &mut row)?;
    Ok(Outcome::Done)
}
