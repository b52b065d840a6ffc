//! `lede user`, beside a running server, and the first admin of a new installation.

use crate::executable::{Serving, lede_on, run};
use crate::test_database::{TestDatabase, rounds};

const PASSWORD: &str = "correct horse battery staple";
const OTHER: &str = "a stapled battery of correct horses";

/// Runs a command and returns what it printed, or what it failed with.
fn user(database: &TestDatabase, arguments: &[&str], input: &str) -> Result<String, String> {
    let output = run(lede_on(database).arg("user").args(arguments), input);
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).expect("UTF-8");
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

/// The lines of `lede user list`, with single spaces.
fn list(database: &TestDatabase) -> Vec<String> {
    let printed = user(database, &["list"], "").expect("a list");
    printed.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect()
}

#[test]
fn users_are_managed_beside_a_running_server() {
    let database = TestDatabase::fresh();
    let serving = Serving::start(&mut lede_on(&database));
    let on = |arguments: &[&str], input: &str| user(&database, arguments, input);
    on(&["add", "ada@lede.example", "--role", "admin", "--password-stdin"], PASSWORD).expect("added");
    let invite = || on(&["invite", "bo@lede.example", "--role", "author", "--name", "Bo Reed"], "");
    let links = [invite().expect("a link"), invite().expect("another")];
    assert!(
        links.iter().all(|link| link.contains("/account/password/")) && links[0] != links[1],
        "{links:?}"
    );
    assert_eq!(
        list(&database),
        ["ada@lede.example admin active ada", "bo@lede.example author invited Bo Reed"]
    );
    on(&["invite", "bo@lede.example", "--role", "editor"], "").expect("a link");
    assert!(
        list(&database).contains(&"bo@lede.example editor invited Bo Reed".to_owned()),
        "{:?}",
        list(&database)
    );
    on(&["invite", "bo@lede.example", "--role", "author", "--name", "Bo R."], "").expect("a link");
    assert!(
        list(&database).contains(&"bo@lede.example author invited Bo R.".to_owned()),
        "{:?}",
        list(&database)
    );
    invite().expect("a link");
    let last = on(&["role", "ada@lede.example", "editor"], "").expect_err("refused");
    assert!(last.contains("only active admin"), "{last}");
    assert!(on(&["disable", "ada@lede.example"], "").is_err());
    assert_eq!(on(&["role", "bo@lede.example", "admin"], "").expect("changed"), "bo@lede.example is admin\n");
    let changed = on(&["password", "bo@lede.example", "--password-stdin"], OTHER);
    assert_eq!(changed.expect("changed"), "bo@lede.example has another password\n");
    assert!(invite().expect_err("refused").contains("has a password already"));
    assert_eq!(on(&["disable", "ada@lede.example"], "").expect("changed"), "ada@lede.example is disabled\n");
    assert_eq!(
        list(&database),
        ["ada@lede.example admin disabled ada", "bo@lede.example admin active Bo Reed"]
    );
    assert_eq!(on(&["enable", "ADA@lede.example"], "").expect("changed"), "ada@lede.example is active\n");
    let weak = on(&["password", "bo@lede.example", "--password-stdin"], "short").expect_err("refused");
    assert!(weak.contains("at least 15 characters"), "{weak}");
    for arguments in [&["role", "cy@lede.example", "admin"][..], &["sessions", "cy@lede.example"]] {
        let unknown = on(arguments, "").expect_err("refused");
        assert!(unknown.contains("no user has the address cy@lede.example"), "{unknown}");
    }
    assert_eq!(on(&["sessions", "bo@lede.example"], "").expect("none"), "");
    let ended = on(&["sessions", "bo@lede.example", "--end"], "").expect("none");
    assert_eq!(ended, "bo@lede.example: 0 sessions ended\n");
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
}

#[test]
fn the_first_admin_is_added_by_the_settings_of_a_new_installation() {
    let database = TestDatabase::fresh();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    std::fs::write(&file, format!("{PASSWORD}\n")).expect("a file");
    let start = |email: &str| {
        let mut serve = lede_on(&database);
        let serving =
            Serving::start(serve.env("LEDE_ADMIN_EMAIL", email).env("LEDE_ADMIN_PASSWORD_FILE", &file));
        serving.terminate();
        assert_eq!(serving.ended().0, Some(0));
    };
    start("ada@lede.example");
    assert_eq!(list(&database), ["ada@lede.example admin active ada"]);
    start("bo@lede.example");
    assert_eq!(list(&database).len(), 1, "a database with users gets no more");
    // Once there are users, the file may be deleted, or not be good enough any more.
    std::fs::write(&file, "short").expect("a file");
    start("ada@lede.example");
    std::fs::remove_file(&file).expect("no file");
    start("ada@lede.example");
}

#[test]
fn of_replicas_that_start_together_one_adds_the_first_admin() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    std::fs::write(&file, PASSWORD).expect("a file");
    for _ in 0..rounds(3) {
        let database = TestDatabase::fresh();
        let start = || {
            let mut serve = lede_on(&database);
            let serve = serve.env("LEDE_ADMIN_EMAIL", "ada@lede.example");
            Serving::start(serve.env("LEDE_ADMIN_PASSWORD_FILE", &file))
        };
        let started: Vec<Serving> = std::thread::scope(|scope| {
            let threads: Vec<_> = (0..3).map(|_| scope.spawn(start)).collect();
            threads.into_iter().map(|thread| thread.join().expect("a server")).collect()
        });
        assert_eq!(list(&database), ["ada@lede.example admin active ada"]);
        for serving in started {
            serving.terminate();
            assert_eq!(serving.ended().0, Some(0));
        }
    }
}

#[test]
fn a_first_admin_without_a_good_password_stops_the_start() {
    let database = TestDatabase::fresh();
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("password");
    std::fs::write(&file, "short").expect("a file");
    let mut serve = lede_on(&database);
    serve.env("LEDE_ADMIN_EMAIL", "ada@lede.example").env("LEDE_ADMIN_PASSWORD_FILE", &file);
    let refused = run(serve.arg("serve"), "");
    let said = String::from_utf8_lossy(&refused.stderr).into_owned();
    assert!(!refused.status.success() && said.contains("Must be at least 15 characters."), "{said}");
    assert!(list(&database).is_empty());
}
