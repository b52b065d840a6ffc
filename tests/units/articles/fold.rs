//! Revisions as lines.

use lede::articles::fold::fold;
use lede::articles::history::RevisionRow;
use lede::base::clock::Timestamp;
use lede::base::ids::{ActorId, IsId as _};
use uuid::Uuid;

/// A revision of an actor, so many minutes after the hour; `named` has a label.
fn row(revision: i64, actor: u128, minute: u64, named: bool) -> RevisionRow {
    let hour = Timestamp::parse("2026-01-05T09:00:00Z").expect("a time");
    RevisionRow {
        revision,
        parent: None,
        actor_id: Some(ActorId::from_uuid(Uuid::from_u128(actor))),
        title: format!("Title {revision}"),
        created_at: hour.plus(std::time::Duration::from_secs(60 * minute)),
        label: named.then(|| "As sent".to_owned()),
    }
}

/// The lines of revisions that are given from the oldest: each the newest, the first and the number of edits.
fn lines(mut rows: Vec<RevisionRow>) -> Vec<(i64, i64, i64)> {
    rows.reverse();
    fold(rows).iter().map(|line| (line.newest.revision, line.first, line.edits)).collect()
}

#[test]
fn edits_of_one_actor_within_ten_minutes_are_one_line() {
    let rows = vec![
        row(1, 1, 0, false),
        row(2, 1, 10, false),
        row(4, 1, 20, false),
        row(5, 1, 31, false),
        row(6, 2, 32, false),
        row(7, 1, 33, false),
    ];
    assert_eq!(lines(rows), [(7, 7, 1), (6, 6, 1), (5, 5, 1), (4, 1, 3)]);
}

#[test]
fn a_revision_with_a_label_is_the_last_of_its_line() {
    let rows = (1..=5).map(|revision| row(revision, 1, 0, revision == 2 || revision == 5)).collect();
    assert_eq!(lines(rows), [(5, 3, 3), (2, 1, 2)]);
}

#[test]
fn a_line_has_an_end() {
    let rows = (1..=2500).map(|revision| row(revision, 1, 0, false)).collect();
    assert_eq!(lines(rows), [(2500, 1501, 1000), (1500, 501, 1000), (500, 1, 500)]);
}
