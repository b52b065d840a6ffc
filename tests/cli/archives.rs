//! Backing up, restoring and moving, as an operator does it: what is printed, and how it ends.

mod interrupted;

use std::io::{Cursor, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use diesel::connection::SimpleConnection as _;
use diesel::{RunQueryDsl as _, sql_query};
use lede::base::db::presence::Alone;
use lede::base::db::{DatabaseUrl, migrate};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use crate::executable::{Serving, add_user, lede, lede_on, run};
use crate::test_database::TestDatabase;

const PASSWORD: &str = "correct horse battery staple";

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

/// Runs a command that must succeed, and returns what it printed.
fn done(command: &mut Command) -> String {
    let output = run(command, "");
    assert!(output.status.success(), "{output:?}");
    text(&output.stdout).to_owned()
}

/// The one line that a command failed with.
fn refused(output: &Output) -> &str {
    let told = text(&output.stderr);
    assert!(matches!(output.status.code(), Some(1 | 2)), "{output:?}");
    assert_eq!(told.lines().count(), 1, "{told}");
    told
}

struct Shelf(tempfile::TempDir);

impl Shelf {
    fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder"))
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }

    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.0.path()).expect("a folder");
        let mut names: Vec<String> =
            entries.map(|entry| entry.expect("an entry").file_name().into_string().expect("UTF-8")).collect();
        names.sort();
        names
    }
}

fn backup(database: &TestDatabase, file: &Path) -> Command {
    let mut command = lede_on(database);
    command.arg("backup").arg(file);
    command
}

fn restore(database: &TestDatabase, file: &Path) -> Command {
    let mut command = lede_on(database);
    command.arg("restore").arg(file);
    command
}

#[test]
fn a_backup_is_verified_restored_resumed_and_moved() {
    let (database, shelf) = (TestDatabase::fresh(), Shelf::new());
    let serving = Serving::start(&mut lede_on(&database));
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let file = shelf.path("a.zip");
    let told = done(&mut backup(&database, &file));
    assert!(
        told.starts_with("backed up 0 articles with 0 revisions, 1 users and 0 subscribers to "),
        "{told}"
    );
    assert_eq!(shelf.names(), ["a.zip"]);
    let again = run(&mut backup(&database, &file), "");
    assert!(refused(&again).ends_with("a.zip is there already\n"));
    let told = done(lede_on(&database).args(["backup", "verify"]).arg(&file));
    assert!(told.contains("a.zip can be restored: 0 articles with 0 revisions, 1 users"), "{told}");
    assert!(refused(&run(&mut restore(&database, &file), "")).contains("is in use: stop its servers first"));
    let told =
        refused(&run(lede_on(&database).args(["move", "--to", "sqlite:///nowhere.db"]), "")).to_owned();
    assert!(told.contains("is in use: stop its servers first"), "{told}");
    drop(serving);

    let copy = TestDatabase::empty();
    let told = done(&mut restore(&copy, &file));
    assert!(
        told.starts_with("restored 0 articles with 0 revisions, 1 users and 0 subscribers into "),
        "{told}"
    );
    assert!(told.contains("quiet copy"), "{told}");
    let serving = Serving::start(&mut lede_on(&copy));
    serving.terminate();
    let (_, log) = serving.ended();
    assert!(log.iter().any(|line| line.contains("quiet copy since")), "{log:?}");
    assert!(refused(&run(&mut restore(&copy, &file), "")).contains("is not empty"));

    let moved = TestDatabase::of_the_other_engine();
    let move_it = || run(lede_on(&copy).args(["move", "--to", &moved.url_text()]), "");
    let told = move_it();
    assert!(told.status.success(), "{told:?}");
    assert!(refused(&move_it()).contains("is not empty"));
    assert_eq!((moved.count("users"), copy.count("users"), moved.count("quiet")), (1, 1, 1));
    for (database, wanted) in [(&moved, "resumed: "), (&moved, "nothing to resume")] {
        assert!(done(lede_on(database).arg("resume")).starts_with(wanted));
    }
    let nowhere = TestDatabase::empty();
    refused(&run(lede_on(&nowhere).arg("resume"), ""));
    let same = run(lede_on(&copy).args(["move", "--to", &copy.url_text()]), "");
    assert!(refused(&same).contains("the database to move from"));
}

/// The archive with another version of Lede in its manifest.
fn made_by(version: &str, archive: &[u8]) -> Vec<u8> {
    let mut zip = ZipArchive::new(Cursor::new(archive)).expect("a zip file");
    let mut changed = ZipWriter::new(Cursor::new(Vec::new()));
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).expect("a file");
        let (name, mut content) = (file.name().expect("a name").to_string(), String::new());
        file.read_to_string(&mut content).expect("UTF-8");
        if name == "manifest.json" {
            let mut manifest: serde_json::Value = serde_json::from_str(&content).expect("JSON");
            manifest["lede"] = version.into();
            content = manifest.to_string();
        }
        changed.start_file(name, SimpleFileOptions::default()).expect("a file");
        changed.write_all(content.as_bytes()).expect("content");
    }
    changed.finish().expect("a zip file").into_inner()
}

#[test]
fn a_damaged_archive_fails_its_check_with_one_line_and_a_good_one_passes() {
    let (database, shelf) = (TestDatabase::fresh(), Shelf::new());
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    done(&mut backup(&database, &shelf.path("a.zip")));
    let whole = std::fs::read(shelf.path("a.zip")).expect("a file");
    let file = shelf.path("b.zip");
    let verify = |secret: Option<&str>| {
        let mut command = lede_on(&database);
        if let Some(secret) = secret {
            command.env("LEDE_SECRET", secret);
        }
        run(command.args(["backup", "verify"]).arg(&file), "")
    };
    let fails = |output: &Output, why: &str| {
        assert_eq!((output.status.code(), text(&output.stdout)), (Some(1), ""), "{output:?}");
        assert!(refused(output).contains(why), "{output:?}");
    };
    fails(&verify(None), "b.zip: No such file");
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    let half = &whole[..whole.len() / 2];
    for bytes in [&[][..], b"Not an archive.", half, &whole[..whole.len() - 1], &changed] {
        std::fs::write(&file, bytes).expect("a file");
        fails(&verify(None), "b.zip: the archive is damaged");
    }
    std::fs::write(&file, &whole).expect("a file");
    fails(&verify(Some("the secret of another installation, long enough")), "LEDE_SECRET is not the secret");
    assert_eq!(verify(None).status.code(), Some(0));
    // What an archive says of itself does not reach the terminal as it is.
    std::fs::write(&file, made_by("9\n\u{1b}[2J", &whole)).expect("a file");
    let told = done(lede_on(&database).args(["backup", "verify"]).arg(&file));
    assert!(told.ends_with("by Lede 9\\n\\u{1b}[2J\n") && told.lines().count() == 1, "{told}");
    let told = done(&mut restore(&TestDatabase::empty(), &file));
    assert!(told.contains("by Lede 9\\n\\u{1b}[2J\n") && !told.contains('\u{1b}'), "{told}");
}

#[test]
fn a_database_of_a_newer_version_stops_every_command_with_one_line() {
    let (database, shelf) = (TestDatabase::fresh(), Shelf::new());
    let note = "INSERT INTO __diesel_schema_migrations (version) VALUES ('9999')";
    database.connect().batch_execute(note).expect("a note");
    let bytes = || match &database.url {
        DatabaseUrl::Sqlite(path) => std::fs::read(path).expect("a file"),
        DatabaseUrl::Postgres(_) => Vec::new(),
    };
    let before = bytes();
    for arguments in [&["serve"][..], &["resume"], &["user", "list"], &["backup", "b.zip"]] {
        let output = run(lede_on(&database).args(arguments).current_dir(shelf.0.path()), "");
        assert!(refused(&output).contains("a newer version of Lede (migration 9999)"), "{output:?}");
    }
    assert_eq!(bytes(), before);
    assert_eq!((database.count("keys"), shelf.names()), (0, Vec::new()));
}

#[test]
fn a_wrong_secret_is_told_with_what_a_new_one_costs() {
    let (database, shelf) = (TestDatabase::fresh(), Shelf::new());
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let (file, copy) = (shelf.path("a.zip"), TestDatabase::empty());
    done(&mut backup(&database, &file));
    let other = |command: &mut Command| {
        run(command.env("LEDE_SECRET", "the secret of another installation, long enough"), "")
    };
    let output = other(&mut restore(&copy, &file));
    assert!(
        refused(&output).contains("or pass --new-secret: then everyone has to log in again"),
        "{output:?}"
    );
    assert!(other(restore(&copy, &file).arg("--new-secret")).status.success());
    assert_eq!((copy.count("users"), copy.count("keys")), (1, 0));
    assert!(other(lede_on(&copy).args(["user", "list"])).status.success());
}

#[test]
fn servers_back_up_by_themselves_and_keep_the_newest() {
    let (database, shelf) = (TestDatabase::fresh(), Shelf::new());
    for old in [
        "lede-2020-01-01T00-00-00Z.zip",
        "lede-2020-01-02T00-00-00Z.zip",
        "lede-2020-01-03T00-00-00Z.zip.part",
        "lede-2999-01-01T00-00-00Z.zip",
        "mine.zip",
    ] {
        std::fs::write(shelf.path(old), "").expect("a file");
    }
    let mut command = lede_on(&database);
    command.env("LEDE_BACKUP_DIR", shelf.0.path()).env("LEDE_BACKUP_KEEP", "2");
    let serving = Serving::start(&mut command);
    while shelf.names().len() != 4 || shelf.names().iter().any(|name| name.contains(".part")) {}
    let names = shelf.names();
    assert_eq!(
        (names[0].as_str(), names[3].as_str()),
        ("lede-2020-01-02T00-00-00Z.zip", "mine.zip"),
        "{names:?}"
    );
    done(lede_on(&database).args(["backup", "verify"]).arg(shelf.path(&names[1])));
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
    let mut check = lede_on(&database);
    let output = run(check.env("LEDE_BACKUP_DIR", shelf.0.path()).args(["config", "check"]), "");
    assert_eq!(text(&output.stderr).contains("all of them share"), !database.url.is_sqlite(), "{output:?}");
}

#[test]
fn a_database_on_which_a_server_only_started_is_empty() {
    let (database, shelf, copy) = (TestDatabase::fresh(), Shelf::new(), TestDatabase::fresh());
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let file = shelf.path("a.zip");
    done(&mut backup(&database, &file));
    let serving = Serving::start(&mut lede_on(&copy));
    while copy.count("jobs") == 0 {}
    serving.terminate();
    serving.ended();
    done(&mut restore(&copy, &file));
    assert_eq!(copy.count("users"), 1);
}

#[test]
fn while_a_command_has_a_database_alone_no_other_begins() {
    let database = TestDatabase::fresh();
    let alone = Alone::with(&database.url).expect("nobody is there");
    for arguments in [&["migrate"][..], &["serve"], &["user", "list"], &["resume"], &["backup", "b.zip"]] {
        let output = run(lede_on(&database).args(arguments), "");
        assert!(refused(&output).contains("is being restored or moved"), "{output:?}");
    }
    drop(alone);
    done(lede_on(&database).args(["user", "list"]));
}

#[test]
fn a_restore_leaves_no_log_of_another_file_and_follows_a_link() {
    let (database, shelf) = (TestDatabase::fresh(), Shelf::new());
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let file = shelf.path("a.zip");
    done(&mut backup(&database, &file));
    let on = |path: &Path| {
        let mut command = restore(&database, &file);
        command.env("LEDE_DATABASE_URL", format!("sqlite://{}", path.display()));
        command
    };
    let (path, log) = (shelf.path("copy.db"), shelf.path("copy.db-wal"));
    std::fs::write(&log, "of another file").expect("a file");
    let output = run(&mut on(&path), "");
    assert!(refused(&output).contains("copy.db-wal is there without its database"), "{output:?}");
    assert!(!path.exists());
    std::fs::remove_file(&log).expect("removed");

    let url = DatabaseUrl::Sqlite(path.display().to_string());
    migrate::run(&url).expect("migrated");
    let mut other = lede::base::db::connection::open(&url).expect("a connection");
    migrate::tables(&mut other).expect("tables");
    assert!(log.exists());
    let output = run(&mut on(&path), "");
    assert!(refused(&output).contains("locked"), "{output:?}");
    drop(other);

    let link = shelf.path("link.db");
    std::os::unix::fs::symlink(&path, &link).expect("a link");
    done(&mut on(&link));
    assert!(link.is_symlink() && !log.exists());
    let mut copy = lede::base::db::connection::open(&url).expect("a connection");
    let users = "INSERT INTO consent_texts (hash, text, created_at) SELECT x'01', 'a', 0 FROM users";
    assert_eq!(sql_query(users).execute(&mut copy), Ok(1), "a user");
}

#[test]
fn the_drill_in_the_readme_works_as_it_stands_there() {
    let readme = include_str!("../../README.md");
    let (_, rest) = readme.split_once("<!-- Run by tests/cli/archives.rs").expect("a mark");
    let drill = rest.split("```").nth(1).and_then(|code| code.strip_prefix("sh\n")).expect("a drill");
    assert_eq!(drill.lines().count(), 5, "{drill}");
    let shelf = Shelf::new();
    let binaries = Path::new(env!("CARGO_BIN_EXE_lede")).parent().expect("a folder");
    let own = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        for (name, _) in lede().get_envs() {
            command.env_remove(name);
        }
        let path = format!("{}:/usr/bin:/bin", binaries.display());
        command.args(arguments).current_dir(shelf.0.path()).env("PATH", path);
        command
    };
    let add = ["user", "add", "ada@lede.example", "--role", "admin", "--password-stdin"];
    let added = run(&mut own(env!("CARGO_BIN_EXE_lede"), &add), PASSWORD);
    assert!(added.status.success(), "{added:?}");
    let told = done(&mut own("sh", &["-euc", drill]));
    assert!(told.contains("drill.zip can be restored") && told.contains("ada@lede.example"), "{told}");
    assert!(!shelf.names().iter().any(|name| name.contains("drill")), "{:?}", shelf.names());
}
