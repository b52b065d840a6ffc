//! What is left when a process is killed or the disk is full: no half archive, no half database, and the original as it was.

use std::path::Path;
use std::process::{Command, Output, Stdio};

use diesel::connection::SimpleConnection as _;
use diesel::{QueryableByName, RunQueryDsl as _, sql_query};
use lede::base::db::{Connection, DatabaseUrl, migrate};

use super::{PASSWORD, Shelf, backup, done, refused, restore, text};
use crate::executable::{add_user, lede_on, run};
use crate::test_database::TestDatabase;

/// How many users and texts are in a large database.
const COUNTS: (i64, i64) = (1, 20_000);

fn users_and_texts(database: &TestDatabase) -> (i64, i64) {
    (database.count("users"), database.count("consent_texts"))
}

fn move_to(from: &TestDatabase, to: &TestDatabase) -> Command {
    let mut command = lede_on(from);
    command.args(["move", "--to", &to.url_text()]);
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
    let at_work = || {
        shelf.names().first().is_some_and(|name| {
            name.contains(".part") && std::fs::metadata(shelf.path(name)).is_ok_and(|part| part.len() > 0)
        })
    };
    assert!(kill_at_work(&mut backup(&database, &file), at_work));
    let left = shelf.names();
    assert!(left.len() == 1 && left[0].starts_with("a.zip.") && left[0].contains(".part"), "{left:?}");
    done(&mut backup(&database, &file));
    assert_eq!(shelf.names(), ["a.zip"], "the next backup deletes what was left");
    assert_eq!(users_and_texts(&database), COUNTS);

    let copy = TestDatabase::empty();
    assert!(kill_at_work(&mut restore(&copy, &file), || is_filled(&copy)));
    assert!(is_untouched(&copy));
    done(&mut restore(&copy, &file));

    let other = TestDatabase::of_the_other_engine();
    let (mut moving, before) = (move_to(&copy, &other), content(&copy));
    assert!(kill_at_work(&mut moving, || is_filled(&other)));
    assert!(is_untouched(&other));
    assert!(content(&copy) == before, "the original is as it was");
    done(&mut moving);
    assert_eq!([&copy, &other].map(users_and_texts), [COUNTS; 2]);
    let DatabaseUrl::Sqlite(path) = &other.url else { unreachable!("a file") };
    assert!(!Path::new(&format!("{path}.restoring")).exists());
}

/// What is in a database, in comparable form: the bytes of a file, or the counts of rows.
fn content(database: &TestDatabase) -> Vec<u8> {
    database.settle();
    match &database.url {
        DatabaseUrl::Sqlite(path) => std::fs::read(path).expect("a file"),
        DatabaseUrl::Postgres(_) => format!("{:?}", users_and_texts(database)).into_bytes(),
    }
}

/// The command, run by a shell that does something before.
fn after(first: &str, command: &Command) -> Command {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{first}; exec \"$0\" \"$@\"")]);
    same(&mut shell, command);
    shell
}

/// Gives a shell the command, its arguments and environment.
fn same(shell: &mut Command, command: &Command) {
    shell.arg(command.get_program()).args(command.get_args());
    for (name, value) in command.get_envs() {
        match value {
            Some(value) => shell.env(name, value),
            None => shell.env_remove(name),
        };
    }
}

/// The command, which may write files of so many blocks of 512 bytes. The signal is ignored, so that the write fails.
fn limited(command: &Command, blocks: u32) -> Command {
    after(&format!("trap '' XFSZ; ulimit -f {blocks}"), command)
}

#[test]
fn a_full_disk_leaves_nothing_behind() {
    let (database, shelf) = (large(), Shelf::new());
    let (file, before) = (shelf.path("a.zip"), content(&database));
    let output = run(&mut limited(&backup(&database, &file), 64), "");
    assert!(refused(&output).contains("a.zip: "), "{output:?}");
    assert_eq!(shelf.names(), [""; 0]);
    done(&mut backup(&database, &file));
    let copy = TestDatabase::of_the_other_engine();
    let DatabaseUrl::Sqlite(path) = &copy.url else { unreachable!("a file") };
    for command in [restore(&copy, &file), move_to(&database, &copy)] {
        let output = run(&mut limited(&command, 1024), "");
        refused(&output);
        assert!(is_untouched(&copy), "{output:?}");
        assert!(!Path::new(&format!("{path}.restoring")).exists());
    }
    assert!(content(&database) == before, "the original is as it was");
    done(&mut move_to(&database, &copy));
    assert_eq!(users_and_texts(&copy), COUNTS);
}

/// Runs a command in a folder that is a file system of its own with so many bytes. Returns its output, after which the
/// names in the folder are printed; `None` where that takes rights that the tests have not.
fn on_small_disk(command: &Command, folder: &Path, size: &str) -> Option<(Output, Vec<String>)> {
    let script = "mount -t tmpfs -o size=\"$1\" tmpfs \"$2\" || exit 99; cd \"$2\"; shift 2; \
                  \"$@\"; code=$?; ls -A; exit $code";
    let mut shell = Command::new("unshare");
    shell.args(["--user", "--map-root-user", "--mount", "sh", "-c", script, "sh", size]).arg(folder);
    same(&mut shell, command);
    if Command::new("unshare").arg("--version").output().is_err() {
        return None;
    }
    let output = run(&mut shell, "");
    let names = text(&output.stdout).lines().map(str::to_owned).collect();
    let is_refused = output.status.code() == Some(99) || text(&output.stderr).starts_with("unshare: ");
    if is_refused { None } else { Some((output, names)) }
}

#[test]
fn a_small_disk_that_is_full_leaves_nothing_behind() {
    let (database, shelf) = (large(), Shelf::new());
    let (file, before) = (shelf.path("a.zip"), content(&database));
    done(&mut backup(&database, &file));
    let small = shelf.path("small");
    std::fs::create_dir(&small).expect("a folder");
    let in_folder = |mut command: Command| {
        command.env("LEDE_DATABASE_URL", "sqlite://copy.db");
        command
    };
    let mut moving = lede_on(&database);
    moving.args(["move", "--to", "sqlite://copy.db"]);
    let cases = [
        (backup(&database, Path::new("b.zip")), "64k", "64m", "b.zip"),
        (in_folder(restore(&database, &file)), "1m", "64m", "copy.db"),
        (moving, "1m", "64m", "copy.db"),
    ];
    for (command, too_small, enough, name) in cases {
        let Some((output, names)) = on_small_disk(&command, &small, too_small) else {
            println!("not tested: a file system cannot be mounted here");
            return;
        };
        assert!(refused(&output).contains("space") || refused(&output).contains("full"), "{output:?}");
        assert!(names.iter().all(|name| name == "copy.db-lock"), "{names:?}");
        let (output, names) = on_small_disk(&command, &small, enough).expect("a file system");
        assert!(output.status.success() && names.iter().any(|own| own == name), "{output:?}");
    }
    assert!(content(&database) == before, "the original is as it was");
}
