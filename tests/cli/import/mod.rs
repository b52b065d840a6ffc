//! `lede import`: what it brings in, what it says, and how it ends.

mod scheduled;
mod translations;

use std::path::Path;
use std::process::Output;

use diesel::prelude::*;
use lede::base::clock::Timestamp;
use lede::base::db::schema::{articles, revisions};
use lede::base::ids::ArticleId;

use crate::executable::{Serving, add_user, lede_on, run};
use crate::test_database::TestDatabase;

const PASSWORD: &str = "correct horse battery staple";

/// The last line that was printed.
fn summary(output: &Output) -> &str {
    std::str::from_utf8(&output.stdout).expect("UTF-8").lines().last().unwrap_or_default()
}

fn write(folder: &Path, name: &str, text: &str) {
    let file = folder.join(name);
    std::fs::create_dir_all(file.parent().expect("a folder")).expect("a folder");
    std::fs::write(file, text).expect("a file");
}

/// A folder of posts, three of them good.
fn posts() -> tempfile::TempDir {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    write(
        path,
        "2024-05-01-tides.md",
        "---\ntitle: Tides\ntags: [Sea]\n---\n\nTwice a day.\n\n## Slack water\n\nWait.\n",
    );
    write(path, "deep/fog/index.md", "# Fog\n\nListen.\n");
    write(path, "notes.md", "---\ntitle: Notes\ndraft: true\n---\n\nNot yet.\n");
    write(path, "picture.jpg", "no text");
    folder
}

#[test]
fn a_folder_comes_in_and_a_second_run_changes_nothing() {
    let (database, folder) = (TestDatabase::fresh(), posts());
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let import = || run(lede_on(&database).args(["import", "--publish"]).arg(folder.path()), "");
    let first = import();
    assert_eq!(first.status.code(), Some(0), "{first:?}");
    assert_eq!(summary(&first), "3 created, 0 updated, 0 unchanged, 0 failed, 1 skipped");
    assert_eq!(summary(&import()), "0 created, 0 updated, 3 unchanged, 0 failed, 1 skipped");
    write(folder.path(), "deep/fog/index.md", "# Fog\n\nListen, and look.\n");
    assert_eq!(summary(&import()), "0 created, 1 updated, 2 unchanged, 0 failed, 1 skipped");
}

#[test]
fn one_bad_file_never_stops_the_rest_and_is_named_with_its_reason() {
    let (database, folder) = (TestDatabase::fresh(), posts());
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    write(folder.path(), "broken.md", "---\ntitle: [\n---\n\nText.\n");
    std::fs::write(folder.path().join("latin.md"), b"caf\xe9").expect("a file");
    write(folder.path(), "same.md", "---\ntitle: Other tides\nslug: tides\n---\n");
    let outcome = run(lede_on(&database).arg("import").arg(folder.path()), "");
    assert_eq!(outcome.status.code(), Some(1), "{outcome:?}");
    assert_eq!(summary(&outcome), "3 created, 0 updated, 0 unchanged, 3 failed, 1 skipped");
    let said = String::from_utf8(outcome.stderr).expect("UTF-8");
    for (file, reason) in
        [("broken.md", "front matter"), ("latin.md", "UTF-8"), ("same.md", "the same slug, tides")]
    {
        let line = said.lines().find(|line| line.contains(file)).unwrap_or_else(|| panic!("{file}: {said}"));
        assert!(line.to_lowercase().contains(&reason.to_lowercase()), "{line}");
    }
}

#[test]
fn a_file_without_a_title_is_called_after_what_identifies_it() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let folder = tempfile::tempdir().expect("a folder");
    for file in [
        "posts/2019-05-01-tides.md",
        "posts/fog/index.md",
        "tides.and.harbours.md",
        "2019-05-01-.md",
        "wind/README.md",
    ] {
        write(folder.path(), file, "Text.\n");
    }
    let imported = run(lede_on(&database).arg("import").arg(folder.path()), "");
    assert_eq!(summary(&imported), "5 created, 0 updated, 0 unchanged, 0 failed");
    let slugs = articles::table.select(articles::slug).order(articles::slug);
    let slugs: Vec<String> = slugs.load(&mut database.connect()).expect("slugs");
    assert_eq!(slugs, ["2019-05-01", "fog", "tides", "tides-and-harbours", "wind"]);
}

/// What was said of a file.
#[track_caller]
fn line<'a>(output: &'a Output, file: &str) -> &'a str {
    let said = std::str::from_utf8(&output.stderr).expect("UTF-8");
    said.lines().find(|line| line.contains(file)).unwrap_or_else(|| panic!("{file}: {said}"))
}

#[test]
fn every_file_is_taken_or_named() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    for name in ["UPPER.MD", "a.markdown", "b.Mdown", "c.mkd", "d.mkdn", "e.mdx"] {
        write(path, name, "Text.\n");
    }
    for name in ["old.txt", "page.html", "media/quay.jpg", ".draft.md", ".git/config", "README"] {
        write(path, name, "Text.\n");
    }
    std::os::unix::fs::symlink(path.join("a.markdown"), path.join("link.md")).expect("a link");
    let imported = run(lede_on(&database).arg("import").arg(path), "");
    assert_eq!(imported.status.code(), Some(0), "{imported:?}");
    assert_eq!(summary(&imported), "6 created, 0 updated, 0 unchanged, 0 failed, 7 skipped");
    for (file, reason) in [
        ("old.txt", "skipped: not a Markdown file"),
        ("page.html", "skipped: not a Markdown file"),
        ("media/quay.jpg", "skipped: not a Markdown file"),
        ("README", "skipped: not a Markdown file"),
        (".draft.md", "skipped: hidden"),
        (".git", "skipped: hidden"),
        ("link.md", "skipped: a symbolic link"),
    ] {
        assert!(line(&imported, file).ends_with(reason), "{imported:?}");
    }
}

#[test]
fn dates_are_kept_and_nothing_goes_live_before_its_date() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path();
    write(path, "2019-07-04-fireworks.md", "---\ntitle: Fireworks\n---\nBoom.\n");
    write(path, "2019-07-05-bundle/index.md", "# Bundle\n");
    write(path, "2019-07-06-own-date.md", "---\ntitle: Own\ndate: 2018-01-02 9:05:00 +0100\n---\nText.\n");
    write(path, "2999-01-01-tomorrow.md", "# Tomorrow\n");
    write(path, "later.md", "---\ntitle: Later\npubDate: Mon Jan 01 2999\n---\nText.\n");
    write(path, "unclear.md", "---\ntitle: Unclear\ndate: 02/03/2019\n---\nText.\n");
    let import = || run(lede_on(&database).args(["import", "--publish"]).arg(path), "");
    let first = import();
    assert_eq!(summary(&first), "6 created, 0 updated, 0 unchanged, 0 failed");
    for (file, reason) in [
        ("2999-01-01-tomorrow.md", "is scheduled: it is published at 2999-01-01T00:00:00.000000Z"),
        ("later.md", "is scheduled: it is published at 2999-01-01T00:00:00.000000Z"),
        ("unclear.md", "is not published: The date \"02/03/2019\" cannot be read"),
    ] {
        assert!(line(&first, file).contains(reason), "{first:?}");
    }
    let rows = articles::table.order(articles::slug).select((
        articles::slug,
        articles::live_edition.is_not_null(),
        articles::published_at,
    ));
    let found: Vec<(String, bool, Option<Timestamp>)> = rows.load(&mut database.connect()).expect("articles");
    let shown: Vec<String> = found
        .iter()
        .map(|(slug, live, at)| format!("{slug} {live} {}", at.map_or(String::new(), |at| at.to_string())))
        .collect();
    let wanted = [
        "bundle true 2019-07-05T00:00:00.000000Z",
        "fireworks true 2019-07-04T00:00:00.000000Z",
        "later false ",
        "own-date true 2018-01-02T08:05:00.000000Z",
        "tomorrow false ",
        "unclear false ",
    ];
    assert_eq!(shown, wanted);
    // A second run says the same, and changes nothing.
    let second = import();
    assert_eq!(summary(&second), "0 created, 0 updated, 6 unchanged, 0 failed");
    assert_eq!(line(&second, "later.md"), line(&first, "later.md"));
    // Nothing is said of publishing where nothing is to be published.
    let drafts = run(lede_on(&database).arg("import").arg(path), "");
    assert_eq!(String::from_utf8_lossy(&drafts.stderr), "");
}

#[test]
fn an_article_that_is_live_is_not_called_a_draft() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let folder = tempfile::tempdir().expect("a folder");
    let import = || run(lede_on(&database).args(["import", "--publish"]).arg(folder.path()), "");
    write(folder.path(), "tides.md", "# Tides\n");
    assert_eq!(summary(&import()), "1 created, 0 updated, 0 unchanged, 0 failed");
    write(folder.path(), "tides.md", "---\ndate: [[2030-01-05]]\n---\n# Tides\n\nTwice a day.\n");
    let said = import();
    assert_eq!(summary(&said), "0 created, 1 updated, 0 unchanged, 0 failed");
    let reason = "tides.md: is not published: The date \"[[\\\"2030-01-05\\\"]]\" cannot be read";
    assert!(line(&said, "tides.md").contains(reason), "{said:?}");
}

#[test]
fn whatever_may_be_a_draft_or_of_the_future_is_not_published() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let folder = tempfile::tempdir().expect("a folder");
    for (at, front) in [
        "date: [[2030-01-05]]",
        "date: [2999-01-05]",
        "publishDate: 2999-01-05",
        "Date: 2999-01-05",
        "published: 2999-01-05",
        "draft: 1",
        "draft: soon",
        "Draft: yes",
        "published: false",
        "draft: false\npublished: false",
        "status: draft",
    ]
    .iter()
    .enumerate()
    {
        write(folder.path(), &format!("p{at}.md"), &format!("---\n{front}\n---\nText.\n"));
    }
    write(folder.path(), "_drafts/tides.md", "# Tides\n");
    write(folder.path(), "posts/_drafts/2024/fog.md", "---\ndraft: false\n---\n# Fog\n");
    let imported = run(lede_on(&database).args(["import", "--publish"]).arg(folder.path()), "");
    assert_eq!(summary(&imported), "13 created, 0 updated, 0 unchanged, 0 failed");
    let live = articles::table.filter(articles::live_edition.is_not_null()).select(articles::slug);
    let live: Vec<String> = live.load(&mut database.connect()).expect("slugs");
    assert_eq!(live, Vec::<String>::new());
}

#[test]
fn a_post_that_cannot_be_published_leaves_its_neighbours_alone() {
    let (database, folder) = (TestDatabase::fresh(), posts());
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let drafts = run(lede_on(&database).arg("import").arg(folder.path()), "");
    assert_eq!(summary(&drafts), "3 created, 0 updated, 0 unchanged, 0 failed, 1 skipped");
    let conn = &mut database.connect();
    let fog = articles::table.filter(articles::slug.eq("fog")).select(articles::id);
    let fog: ArticleId = fog.get_result(conn).expect("an id");
    diesel::delete(revisions::table.filter(revisions::article_id.eq(fog))).execute(conn).expect("deleted");
    let said = run(lede_on(&database).args(["import", "--publish"]).arg(folder.path()), "");
    assert_eq!(summary(&said), "0 created, 1 updated, 1 unchanged, 1 failed, 1 skipped", "{said:?}");
    assert!(line(&said, "fog").contains("revision"), "{said:?}");
}

#[test]
fn two_files_of_one_article_are_refused() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let folder = tempfile::tempdir().expect("a folder");
    let id = "019b8d00-0000-7000-8000-000000000000";
    for name in ["ebb", "flood"] {
        write(folder.path(), &format!("{name}.md"), &format!("---\nid: {id}\nslug: {name}\n---\n{name}.\n"));
    }
    let imported = run(lede_on(&database).arg("import").arg(folder.path()), "");
    assert_eq!(summary(&imported), "1 created, 0 updated, 0 unchanged, 1 failed");
    assert!(
        String::from_utf8_lossy(&imported.stderr).contains(&format!("has the same id, {id}")),
        "{imported:?}"
    );
}

#[test]
fn a_file_with_the_id_of_one_article_and_the_slug_of_another_overwrites_neither() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let folder = tempfile::tempdir().expect("a folder");
    let (ebb, none) = ("019b8d00-0000-7000-8000-000000000000", "019b8d00-0000-7000-8000-00000000000f");
    let import = |dry: bool| {
        let mut command = lede_on(&database);
        run(command.arg("import").args(dry.then_some("--dry-run")).arg(folder.path()), "")
    };
    write(folder.path(), "ebb.md", &format!("---\nid: {ebb}\n---\nEbb.\n"));
    write(folder.path(), "flood.md", "Flood.\n");
    assert_eq!(summary(&import(false)), "2 created, 0 updated, 0 unchanged, 0 failed");
    std::fs::remove_file(folder.path().join("flood.md")).expect("removed");
    for id in [ebb, none] {
        write(folder.path(), "ebb.md", &format!("---\nid: {id}\nslug: flood\n---\nOther.\n"));
        write(folder.path(), "wind.md", "Wind.\n");
        for dry in [true, false] {
            let said = import(dry);
            let reason = format!("ebb.md: its id is {id}, but its slug, flood, is that of the article ");
            assert!(line(&said, "ebb.md").contains(&reason), "{said:?}");
            assert_eq!(said.status.code(), Some(1), "{said:?}");
        }
    }
    assert_eq!(summary(&import(false)), "0 created, 0 updated, 1 unchanged, 1 failed");
}

#[test]
fn what_an_article_does_not_keep_is_told_with_the_name_of_the_file() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let folder = tempfile::tempdir().expect("a folder");
    let import = || run(lede_on(&database).args(["import", "--publish"]).arg(folder.path()), "");
    let tides = |date: &str| write(folder.path(), "tides.md", &format!("---\ndate: {date}\n---\nText.\n"));
    tides("2019-01-02");
    let first = import();
    assert_eq!(String::from_utf8_lossy(&first.stderr), "", "{first:?}");
    tides("2018-01-02");
    write(
        folder.path(),
        "fog.md",
        "---\ncover: {url: /a.jpg, credit: Ada}\nsections: {horn: {k: 1}}\n---\n\n## Bell\n",
    );
    let long = |bytes: usize| format!("---\ncustom: {{a: {}}}\nsummary: S\n---\nText.\n", "x".repeat(bytes));
    write(folder.path(), "long.md", &long(65_500));
    write(folder.path(), "longer.md", &long(65_536));
    let said = import();
    assert_eq!(summary(&said), "2 created, 0 updated, 1 unchanged, 1 failed");
    let text = String::from_utf8_lossy(&said.stderr);
    for (file, reason) in [
        ("tides.md", "The date 2018-01-02T00:00:00.000000Z is not used"),
        ("fog.md", "`custom` either: cover.credit."),
        ("fog.md", "`custom` either: sections.horn."),
        ("longer.md", "Front matter has at most 65536 bytes."),
    ] {
        assert!(text.lines().any(|line| line.contains(file) && line.contains(reason)), "{file}: {text}");
    }
}

#[test]
fn a_file_that_is_too_large_or_none_is_not_read() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "tides.md", "Text.\n");
    let huge = std::fs::File::create(folder.path().join("huge.md")).expect("a file");
    huge.set_len(1 << 20).expect("a length");
    let imported = run(lede_on(&database).arg("import").arg(folder.path()), "");
    assert_eq!(summary(&imported), "1 created, 0 updated, 0 unchanged, 1 failed");
    assert!(line(&imported, "huge.md").ends_with("larger than 1000000 bytes"), "{imported:?}");
}

#[test]
fn a_title_from_a_file_name_is_checked() {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let folder = tempfile::tempdir().expect("a folder");
    write(folder.path(), "two\nlines.md", "Text.\n");
    write(folder.path(), "tides.md", "Text.\n");
    let imported = run(lede_on(&database).arg("import").arg(folder.path()), "");
    assert_eq!(summary(&imported), "1 created, 0 updated, 0 unchanged, 1 failed");
    assert!(String::from_utf8_lossy(&imported.stderr).contains("as the title: "), "{imported:?}");
}

#[test]
fn a_dry_run_only_says_what_would_happen() {
    let (database, folder) = (TestDatabase::fresh(), posts());
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let dry = run(lede_on(&database).args(["import", "--dry-run"]).arg(folder.path()), "");
    assert_eq!(summary(&dry), "dry run: 3 created, 0 updated, 0 unchanged, 0 failed, 1 skipped");
    let real = run(lede_on(&database).arg("import").arg(folder.path()), "");
    assert_eq!(summary(&real), "3 created, 0 updated, 0 unchanged, 0 failed, 1 skipped");
}

#[test]
fn when_nothing_can_be_done_that_is_said_in_one_line() {
    let (database, folder) = (TestDatabase::fresh(), posts());
    let nobody = run(lede_on(&database).arg("import").arg(folder.path()), "");
    assert_eq!(nobody.status.code(), Some(2), "{nobody:?}");
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let nowhere = run(lede_on(&database).args(["import", "nowhere"]), "");
    assert_eq!(nowhere.status.code(), Some(2), "{nowhere:?}");
    assert_eq!(String::from_utf8_lossy(&nowhere.stderr).lines().count(), 1, "{nowhere:?}");
}

#[tokio::test]
async fn what_is_imported_beside_a_server_is_served() {
    let (database, folder) = (TestDatabase::fresh(), posts());
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let serving = Serving::start(&mut lede_on(&database));
    let imported = run(lede_on(&database).args(["import", "--publish"]).arg(folder.path()), "");
    assert_eq!(imported.status.code(), Some(0), "{imported:?}");
    let fetch = async |slug: &str| {
        reqwest::get(format!("{}/v1/articles/{slug}", serving.address))
            .await
            .expect("an answer")
            .status()
            .as_u16()
    };
    assert_eq!((fetch("tides").await, fetch("fog").await, fetch("notes").await), (200, 200, 404));
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
}
