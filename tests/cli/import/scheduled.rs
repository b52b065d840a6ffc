//! Front matter with times in the future: what `lede import --publish` schedules.

use std::process::Output;

use diesel::prelude::*;
use lede::base::clock::Timestamp;
use lede::base::db::schema::{articles, schedules};

use super::summary;
use crate::executable::{add_user, lede_on, run};
use crate::test_database::TestDatabase;

const FILES: &[(&str, &str)] = &[
    ("date.md", "date: 2999-01-01"),
    ("publish-date.md", "date: 2020-02-03\npublishDate: 2999-01-02"),
    ("both.md", "date: 2999-01-01\nexpiryDate: 2999-06-01"),
    ("expiry.md", "date: 2020-02-03\nexpiry_date: 2999-06-01T10:00:00+02:00"),
    ("draft.md", "draft: true\ndate: 2999-01-01\nexpiryDate: 2999-06-01"),
    ("expired.md", "date: 2020-02-03\nexpiryDate: 2021-02-03"),
    ("reversed.md", "date: 2999-06-01\nexpiryDate: 2999-01-01"),
    ("unclear.md", "date: 2020-02-03\nexpiryDate: 02/03/2999"),
];

/// What is scheduled, as `slug action date`.
fn scheduled(database: &TestDatabase) -> Vec<String> {
    let rows = schedules::table
        .inner_join(articles::table.on(articles::id.eq(schedules::article_id)))
        .order((articles::slug, schedules::action))
        .select((articles::slug, schedules::action, schedules::at));
    let rows: Vec<(String, String, Timestamp)> = rows.load(&mut database.connect()).expect("rows");
    rows.into_iter().map(|(slug, action, at)| format!("{slug} {action} {at}")).collect()
}

fn import(database: &TestDatabase, folder: &tempfile::TempDir, options: &[&str]) -> Output {
    run(lede_on(database).arg("import").args(options).arg(folder.path()), "")
}

#[test]
fn times_in_the_future_become_schedules() {
    let (database, folder) = (TestDatabase::fresh(), tempfile::tempdir().expect("a folder"));
    add_user(&database, "ada@lede.example", "admin", "correct horse battery staple");
    for (name, front) in FILES {
        std::fs::write(folder.path().join(name), format!("---\n{front}\n---\nText.\n")).expect("a file");
    }
    assert_eq!(summary(&import(&database, &folder, &[])), "8 created, 0 updated, 0 unchanged, 0 failed");
    assert_eq!(scheduled(&database), Vec::<String>::new());
    import(&database, &folder, &["--publish", "--dry-run"]);
    assert_eq!(scheduled(&database), Vec::<String>::new());
    let first = import(&database, &folder, &["--publish"]);
    assert_eq!(summary(&first), "0 created, 4 updated, 4 unchanged, 0 failed");
    let wanted = [
        "both publish 2999-01-01T00:00:00.000000Z",
        "both unpublish 2999-06-01T00:00:00.000000Z",
        "date publish 2999-01-01T00:00:00.000000Z",
        "expiry unpublish 2999-06-01T08:00:00.000000Z",
        "publish-date publish 2999-01-02T00:00:00.000000Z",
    ];
    assert_eq!(scheduled(&database), wanted);
    let said = String::from_utf8_lossy(&first.stderr).into_owned();
    for (file, reason) in [
        ("date.md", "is scheduled: it is published at 2999-01-01T00:00:00.000000Z"),
        ("publish-date.md", "is scheduled: it is published at 2999-01-02T00:00:00.000000Z"),
        ("expired.md", "is not published: it has expired at 2021-02-03T00:00:00.000000Z"),
        ("reversed.md", "is not published: it expires at 2999-01-01T00:00:00.000000Z, before its date"),
        ("unclear.md", "is not published: expiryDate \"02/03/2999\" cannot be read in one way only"),
    ] {
        assert!(said.lines().any(|line| line.ends_with(&format!("/{file}: {reason}"))), "{file}: {said}");
    }
    assert!(!said.contains("draft.md") && !said.contains("/expiry.md"), "{said}");
    let live = articles::table.filter(articles::live_edition.is_not_null()).select(articles::slug);
    let live: Vec<String> = live.load(&mut database.connect()).expect("slugs");
    assert_eq!(live, ["expiry"]);
    // The date of the first publication elsewhere stays that.
    let kept = articles::table.filter(articles::slug.eq("publish-date")).select(articles::published_at);
    let kept: Option<Timestamp> = kept.get_result(&mut database.connect()).expect("a row");
    assert_eq!(kept, Timestamp::parse("2020-02-03T00:00:00Z"));
    let second = import(&database, &folder, &["--publish"]);
    assert_eq!(summary(&second), "0 created, 0 updated, 8 unchanged, 0 failed");
    assert_eq!(String::from_utf8_lossy(&second.stderr), said);
}
