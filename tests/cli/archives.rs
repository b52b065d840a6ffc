//! Backing up, restoring and moving, as an operator does it: what is printed, how it ends, and what is left when the process is
//! killed or the disk is full.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use diesel::connection::SimpleConnection as _;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use lede::base::db::{Connection, DatabaseUrl, migrate};

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

/// A database with a user and enough rows to be at work for a while.
fn large() -> TestDatabase {
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "admin", PASSWORD);
    let mut conn = database.connect();
    let (series, zero) = match conn {
        Connection::Sqlite(_) => (
            "(WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000) SELECT i FROM n)",
            "0",
        ),
        Connection::Postgres(_) => ("(SELECT generate_series(1, 20000) AS i)", "to_timestamp(0)"),
    };
    let blob = if matches!(conn, Connection::Sqlite(_)) { "CAST(i AS BLOB)" } else { "i::text::bytea" };
    conn.batch_execute(&format!(
        "INSERT INTO consent_texts (hash, text, created_at) SELECT {blob}, 'We write once a week, on Mondays.', {zero} \
         FROM {series} AS numbers"
    ))
    .expect("rows");
    database
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
    let same = run(lede_on(&copy).args(["move", "--to", &copy.url_text()]), "");
    assert!(refused(&same).contains("the database to move from"));
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

/// Starts a command, waits until it is at work, and kills it. Returns whether it was killed, and had not ended before.
fn kill_at_work(command: &mut Command, is_at_work: impl Fn() -> bool) -> bool {
    let mut child = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("lede starts");
    while child.try_wait().expect("a process").is_none() && !is_at_work() {}
    child.kill().expect("killed");
    !child.wait().expect("it has ended").success()
}

/// Whether somebody is at work in a database: a file is filled, or a transaction has been begun.
fn is_filled(database: &TestDatabase) -> bool {
    #[derive(QueryableByName)]
    struct Found {
        #[diesel(sql_type = diesel::sql_types::Bool)]
        found: bool,
    }
    match &database.url {
        DatabaseUrl::Sqlite(path) => {
            std::fs::metadata(format!("{path}.restoring")).is_ok_and(|file| file.len() > 400_000)
        }
        DatabaseUrl::Postgres(_) => {
            let sql = "SELECT EXISTS (SELECT 1 FROM pg_stat_activity WHERE datname = current_database() \
                       AND pid <> pg_backend_pid() AND query LIKE 'INSERT INTO \"consent_texts\"%') AS found";
            sql_query(sql).get_result::<Found>(&mut database.connect()).expect("a row").found
        }
    }
}

fn is_untouched(database: &TestDatabase) -> bool {
    database.settle_if_there();
    match &database.url {
        DatabaseUrl::Sqlite(path) => !Path::new(path).exists(),
        DatabaseUrl::Postgres(_) => migrate::tables(&mut database.connect()).expect("tables").is_empty(),
    }
}

#[test]
fn what_is_killed_leaves_no_half_archive_and_no_half_database() {
    let (database, shelf) = (large(), Shelf::new());
    let file = shelf.path("a.zip");
    let part = shelf.path("a.zip.part");
    let at_work = || std::fs::metadata(&part).is_ok_and(|part| part.len() > 0);
    assert!(kill_at_work(&mut backup(&database, &file), at_work));
    assert_eq!(shelf.names(), ["a.zip.part"]);
    done(&mut backup(&database, &file));
    assert_eq!(shelf.names(), ["a.zip"]);

    let copy = TestDatabase::empty();
    assert!(kill_at_work(&mut restore(&copy, &file), || is_filled(&copy)));
    assert!(is_untouched(&copy));
    done(&mut restore(&copy, &file));

    let other = TestDatabase::of_the_other_engine();
    let mut moving = lede_on(&copy);
    moving.args(["move", "--to", &other.url_text()]);
    assert!(kill_at_work(&mut moving, || is_filled(&other)));
    assert!(is_untouched(&other));
    done(&mut moving);
    let counts = |database: &TestDatabase| (database.count("users"), database.count("consent_texts"));
    assert_eq!([counts(&copy), counts(&other)], [(1, 20_000); 2]);
    let DatabaseUrl::Sqlite(path) = &other.url else { unreachable!("a file") };
    assert!(!Path::new(&format!("{path}.restoring")).exists());
}

/// The command, which may write files of so many blocks of 512 bytes: as on a full disk.
fn limited(command: &Command, blocks: u32) -> Command {
    let mut shell = Command::new("sh");
    // Ignored, so that the write fails.
    shell.args(["-c", &format!("trap '' XFSZ; ulimit -f {blocks}; exec \"$0\" \"$@\"")]);
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
    shell
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let (database, shelf) = (large(), Shelf::new());
    let file = shelf.path("a.zip");
    let output = run(&mut limited(&backup(&database, &file), 64), "");
    assert!(refused(&output).contains("a.zip: "), "{output:?}");
    assert_eq!(shelf.names(), [""; 0]);
    done(&mut backup(&database, &file));
    let copy = TestDatabase::of_the_other_engine();
    let output = run(&mut limited(&restore(&copy, &file), 1024), "");
    refused(&output);
    assert!(is_untouched(&copy), "{output:?}");
    let DatabaseUrl::Sqlite(path) = &copy.url else { unreachable!("a file") };
    assert!(!Path::new(&format!("{path}.restoring")).exists());
}

#[test]
fn servers_back_up_by_themselves_and_keep_the_newest() {
    let (database, shelf) = (TestDatabase::fresh(), Shelf::new());
    for old in [
        "lede-2020-01-01T00-00-00Z.zip",
        "lede-2020-01-02T00-00-00Z.zip",
        "lede-2020-01-03T00-00-00Z.zip.part",
        "mine.zip",
    ] {
        std::fs::write(shelf.path(old), "").expect("a file");
    }
    let mut command = lede_on(&database);
    command.env("LEDE_BACKUP_DIR", shelf.0.path()).env("LEDE_BACKUP_KEEP", "2");
    let serving = Serving::start(&mut command);
    while shelf.names().len() != 3 || shelf.names().iter().any(|name| name.contains(".part")) {}
    let names = shelf.names();
    assert_eq!(
        (names[0].as_str(), names[2].as_str()),
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
