//! The commands: what they do, what they print, and how they end.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use diesel::prelude::*;
use lede::base::db::schema::refusals;

use crate::executable::{Serving, add_user, lede, lede_on, run};
use crate::test_database::TestDatabase;

const PASSWORD: &str = "correct horse battery staple";

fn text(bytes: &[u8]) -> &str {
    std::str::from_utf8(bytes).expect("UTF-8")
}

#[test]
fn the_first_user_is_added_from_the_command_line() {
    let database = TestDatabase::fresh();
    let add = |email: &str, role: &str, password: &str| {
        run(lede_on(&database).args(["user", "add", email, "--role", role, "--password-stdin"]), password)
    };
    let added = add("ada@lede.example", "admin", PASSWORD);
    assert!(added.status.success(), "{added:?}");
    let said = text(&added.stdout);
    assert!(said.starts_with("added ") && said.ends_with(" ada@lede.example as admin\n"), "{said}");
    let (role, passwords) = ("admin", [PASSWORD, "too short", "aaaaaaaaaaaaaaaaaaaa", ""]);
    for (email, role, password, wanted) in [
        ("Ada@Lede.example", role, passwords[0], "Another user has this email address"),
        ("bob@lede.example", role, passwords[1], "Must be at least 15 characters."),
        ("bob@lede.example", role, passwords[2], "Must contain at least 5 different characters."),
        ("bob@lede.example", role, passwords[3], "Must be at least 15 characters."),
        ("bob", role, passwords[0], "bob: "),
        ("bob@lede.example", "owner", passwords[0], "contributor, author, editor or admin"),
    ] {
        let refused = add(email, role, password);
        let said = text(&refused.stderr);
        assert_eq!(refused.status.code(), Some(2), "{email} {said}");
        assert!(said.contains(wanted), "{email}: {said}");
        assert!(!said.contains(PASSWORD), "{said}");
    }
}

#[test]
fn a_server_serves_and_says_whether_it_is_ready() {
    let database = TestDatabase::fresh();
    let serving = Serving::start(&mut lede_on(&database));
    let address = serving.address.trim_start_matches("http://").to_owned();
    let healthy = run(lede().env("LEDE_BIND", &address).arg("health"), "");
    assert_eq!((healthy.status.code(), text(&healthy.stdout)), (Some(0), "HTTP/1.1 200 OK\n"), "{healthy:?}");
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
    let gone = run(lede().env("LEDE_BIND", &address).arg("health"), "");
    assert_eq!(gone.status.code(), Some(2), "{gone:?}");
    assert_eq!(text(&gone.stderr).lines().count(), 1, "{gone:?}");
}

#[test]
fn a_server_starts_with_one_line_of_log_and_one_more_on_the_day_it_migrates() {
    let database = TestDatabase::empty();
    let start = || {
        let serving = Serving::start(&mut lede_on(&database));
        let before = serving.starting.clone();
        serving.terminate();
        let (status, after) = serving.ended();
        assert_eq!((status, after.len()), (Some(0), 2), "it stops, and has stopped: {after:?}");
        before
    };
    let first = start();
    assert!(matches!(first.as_slice(), [line] if line.contains("migrated: 0001")), "{first:?}");
    assert_eq!(start(), [""; 0]);
}

#[test]
fn a_second_signal_ends_the_server_at_once() {
    let database = TestDatabase::fresh();
    let serving = Serving::start(lede_on(&database).env("LEDE_DRAIN_SECONDS", "600"));
    let address = serving.address.trim_start_matches("http://").to_owned();
    let idle = TcpStream::connect(&address).expect("a connection that is kept open");
    serving.terminate();
    let asked = || run(lede().env("LEDE_BIND", &address).arg("health"), "");
    loop {
        match asked().status.code() {
            Some(0) => {}
            Some(1) => break,
            other => panic!("the server is gone: {other:?}"),
        }
    }
    serving.terminate();
    assert_eq!(serving.ended().0, Some(1));
    drop(idle);
}

#[test]
fn the_document_is_printed_without_a_database() {
    let printed = run(lede().env("LEDE_DATABASE_URL", "sqlite:///nowhere/at/all.db").arg("openapi"), "");
    assert!(printed.status.success());
    assert_eq!(text(&printed.stdout), lede::server::openapi::DOCUMENT);
}

#[test]
fn migrating_says_what_was_done() {
    let database = TestDatabase::empty();
    let migrate = || run(lede_on(&database).arg("migrate"), "");
    let first = migrate();
    assert!(text(&first.stdout).starts_with("migrated: 0001"), "{first:?}");
    assert_eq!(text(&migrate().stdout), "nothing to migrate\n");
}

#[test]
fn commands_work_beside_a_running_server() {
    let database = TestDatabase::fresh();
    let serving = Serving::start(&mut lede_on(&database));
    add_user(&database, "ada@lede.example", "editor", PASSWORD);
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
}

/// Sends a request to a server and returns what it answers.
fn ask(address: &str, request: &str) -> String {
    let mut stream = TcpStream::connect(address.trim_start_matches("http://")).expect("a connection");
    stream.write_all(request.as_bytes()).expect("sent");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("an answer");
    answer
}

#[test]
fn api_keys_are_added_listed_and_revoked_beside_a_running_server() {
    let database = TestDatabase::fresh();
    let serving = Serving::start(&mut lede_on(&database));
    add_user(&database, "ada@lede.example", "author", PASSWORD);
    let command = |arguments: &[&str]| run(lede_on(&database).arg("api-key").args(arguments), "");
    let add = |owner: &str, scopes: &str, more: &[&str]| {
        command(&[&["add", owner, "--name", "Website build", "--scope", scopes], more].concat())
    };
    let added =
        add("ada@lede.example", "articles:read,articles:write", &["--expires-at", "2100-01-01T00:00:00Z"]);
    let (first, key) = text(&added.stdout).trim_end().split_once('\n').unwrap_or_else(|| panic!("{added:?}"));
    let id = first.strip_prefix("added ").expect("an id");
    let drafts = |key: &str| {
        let head = format!(
            "GET /v1/drafts HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {key}\r\nConnection: close\r\n\r\n"
        );
        ask(&serving.address, &head)
    };
    assert!(drafts(key).starts_with("HTTP/1.1 200"), "{}", drafts(key));
    let listed = command(&["list", "--owner", "ada@lede.example"]);
    let said = text(&listed.stdout);
    let line = format!(
        "{id} {} \"Website build\" owner \"ada\" articles:read,articles:write expires 2100-01-01T00:00:00",
        &key[..13]
    );
    assert!(said.starts_with(&line) && !said.contains("last used never") && !said.contains(key), "{said}");
    for (refused, wanted) in [
        (add("bob@lede.example", "articles:read", &[]), "no such active user"),
        (add("ada@lede.example", "topics:write", &[]), "The role author does not have this right."),
        (add("ada@lede.example", "everything", &[]), "Must be one of articles:read"),
        (
            add("ada@lede.example", "articles:read", &["--expires-at", "2020-01-01T00:00:00Z"]),
            "Must be in the future.",
        ),
        (add("ada@lede.example", "articles:read", &["--expires-at", "soon"]), "a time such as"),
        (command(&["revoke", "lede_00000000"]), "no such API key"),
    ] {
        assert_eq!(refused.status.code(), Some(2), "{refused:?}");
        assert!(text(&refused.stderr).contains(wanted), "{refused:?}");
    }
    assert_eq!(text(&command(&["revoke", &key[..13]]).stdout), format!("revoked {id}\n"));
    assert!(drafts(key).starts_with("HTTP/1.1 401"));
    assert_eq!(text(&command(&["list"]).stdout), "");
    // Who finds a leaked key has the whole of it.
    let leaked = text(&add("ada@lede.example", "articles:read", &[]).stdout).to_owned();
    let (_, key) = leaked.trim_end().split_once('\n').expect("a key");
    assert!(text(&command(&["revoke", key]).stdout).starts_with("revoked "));
    assert!(drafts(key).starts_with("HTTP/1.1 401"));
    let invited = run(lede_on(&database).args(["user", "invite", "bo@lede.example", "--role", "author"]), "");
    assert!(invited.status.success(), "{invited:?}");
    let refused = add("bo@lede.example", "articles:read", &[]);
    assert!(text(&refused.stderr).contains("no such active user"), "{refused:?}");
    let other = add("ada@lede.example", "articles:read", &[]);
    let id = text(&other.stdout).lines().next().and_then(|line| line.strip_prefix("added ")).expect("an id");
    assert_eq!(text(&command(&["revoke", id]).stdout), format!("revoked {id}\n"));
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
}

#[test]
fn refusals_are_stored_before_a_server_ends() {
    let database = TestDatabase::fresh();
    let serving = Serving::start(&mut lede_on(&database));
    let request = "GET /v1/me HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer x\r\nConnection: close\r\n\r\n";
    assert!(ask(&serving.address, request).starts_with("HTTP/1.1 401"));
    serving.terminate();
    assert_eq!(serving.ended().0, Some(0));
    let stored: Vec<String> =
        refusals::table.select(refusals::operation).load(&mut database.connect()).expect("rows");
    assert_eq!(stored, ["GET /v1/me"]);
}

#[test]
fn help_and_version_are_there() {
    let version = run(lede().arg("--version"), "");
    assert_eq!(text(&version.stdout), concat!("lede ", env!("CARGO_PKG_VERSION"), "\n"));
    let help = run(lede().arg("--help"), "");
    for name in
        ["serve", "user", "api-key", "migrate", "openapi", "config", "doctor", "health", "LEDE_DATABASE_URL"]
    {
        assert!(text(&help.stdout).contains(name), "{name}");
    }
    assert!(!text(&help.stdout).contains(crate::executable::SECRET));
}
