//! Archives that are damaged, of another version or made up: each is refused with one line, and nothing is written.

use std::io::{Cursor, Read as _, Write as _};
use std::path::Path;
use std::sync::Arc;

use lede::archive::{Archive, Silent};
use lede::auth::Role;
use lede::base::config::Config;
use lede::base::ids::ArticleId;
use lede::editions::purge::PurgeArticle;
use serde_json::{Value, json};
use zip::write::SimpleFileOptions;
use zip::{ZipArchive, ZipWriter};

use super::{Shelf, is_untouched, open, restore, tables};
use crate::server::Server;
use crate::test_database::TestDatabase;
use crate::writing::{create, publish};

/// The bytes of a good archive, and the settings of its server.
async fn good() -> (Vec<u8>, Arc<Config>) {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides", "intro": "Twice a day.", "topics": ["sea"]})).await;
    publish(&editor, &draft).await;
    let shelf = Shelf::new();
    shelf.back_up(&server.database(), "a.zip");
    (std::fs::read(shelf.path("a.zip")).expect("a file"), server.app.config.clone())
}

type Files = Vec<(String, Vec<u8>)>;

fn unpack(bytes: &[u8]) -> Files {
    let mut zip = ZipArchive::new(Cursor::new(bytes)).expect("a zip file");
    let mut files = Vec::new();
    for at in 0..zip.len() {
        let mut file = zip.by_index(at).expect("a file");
        let mut content = Vec::new();
        file.read_to_end(&mut content).expect("content");
        files.push((file.name().expect("a name").to_string(), content));
    }
    files
}

fn pack(files: &Files) -> Vec<u8> {
    let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
    for (name, content) in files {
        zip.start_file(name, SimpleFileOptions::default()).expect("a file");
        zip.write_all(content).expect("content");
    }
    zip.finish().expect("a zip file").into_inner()
}

/// Tries to restore bytes. Returns the refusal, after making sure that nothing was written.
fn refusal(bytes: &[u8], config: &Config, what: &str) -> String {
    let shelf = Shelf::new();
    let path = shelf.path("b.zip");
    std::fs::write(&path, bytes).expect("a file");
    let database = TestDatabase::empty();
    let outcome =
        Archive::open(&path, &mut Silent).and_then(|mut archive| restore(&mut archive, &database, config));
    let told = outcome.expect_err(what).to_string();
    assert_eq!(told.lines().count(), 1, "{what}: {told}");
    assert!(is_untouched(&database), "{what}: {told}");
    told.replace(&path.display().to_string(), "FILE")
}

fn manifest(files: &mut Files, change: impl FnOnce(&mut Value)) {
    let (_, content) = files.last_mut().expect("a manifest");
    let mut manifest: Value = serde_json::from_slice(content).expect("JSON");
    change(&mut manifest);
    *content = serde_json::to_vec(&manifest).expect("JSON");
}

/// Replaces the content of a table, with a manifest that tells the truth of it.
fn replace(files: &mut Files, table: &str, content: &[u8]) {
    let name = format!("{table}.ndjson");
    files.iter_mut().find(|(other, _)| *other == name).expect("a part").1 = content.to_vec();
    let digest = ring::digest::digest(&ring::digest::SHA256, content);
    let hash = digest.as_ref().iter().fold(String::new(), |hash, byte| hash + &format!("{byte:02x}"));
    let lines = content.split(|byte| *byte == b'\n').count() - 1;
    manifest(files, |manifest| {
        let parts = manifest["tables"].as_array_mut().expect("tables");
        let part = parts.iter_mut().find(|part| part["table"] == table).expect("a part");
        (part["rows"], part["bytes"], part["sha256"]) = (json!(lines), json!(content.len()), json!(hash));
    });
}

#[tokio::test]
async fn made_up_archives_are_refused_with_one_line() {
    let (bytes, config) = good().await;
    let files = unpack(&bytes);
    assert_eq!(files.last().expect("a part").0, "manifest.json");
    let with = |change: &dyn Fn(&mut Files)| {
        let mut files = files.clone();
        change(&mut files);
        pack(&files)
    };
    let mut doubled = with(&|files| files.insert(0, ("uzers.ndjson".into(), Vec::new())));
    for at in 0..doubled.len() - 12 {
        if &doubled[at..at + 12] == b"uzers.ndjson" {
            doubled[at + 1] = b's';
        }
    }
    let cases: Vec<(&str, Vec<u8>, &str)> = vec![
        ("no zip", b"Not an archive.".to_vec(), "is damaged"),
        ("nothing", Vec::new(), "is damaged"),
        ("no manifest", with(&|files| drop(files.pop())), "manifest.json is missing in it"),
        ("no part", with(&|files| drop(files.remove(3))), ".ndjson is missing in it"),
        (
            "another part",
            with(&|files| files.insert(0, ("more.ndjson".into(), Vec::new()))),
            "does not list more.ndjson",
        ),
        ("a part twice", doubled, "twice"),
        (
            "a newer form",
            with(&|files| manifest(files, |m| m["format"] = json!(2))),
            "a newer version of Lede",
        ),
        (
            "a version that is not to be printed",
            with(&|files| {
                manifest(files, |m| (m["format"], m["lede"]) = (json!(2), json!("9\n\u{1b}[2J")));
            }),
            "a newer version of Lede, 9\\n\\u{1b}[2J, and",
        ),
        (
            "a newer schema",
            with(&|files| manifest(files, |m| m["schema"] = json!("9999"))),
            "a newer version of Lede",
        ),
        (
            "a strange table",
            with(&|files| manifest(files, |m| m["tables"][0]["table"] = json!("a\"; --"))),
            "names no tables",
        ),
        (
            "a table of another program",
            with(&|files| {
                files[0].0 = "__diesel_schema_migrations.ndjson".into();
                manifest(files, |m| m["tables"][0]["table"] = json!("__diesel_schema_migrations"));
            }),
            "names no tables",
        ),
        (
            "a table less",
            with(&|files| {
                files.retain(|(name, _)| name != "subscribers.ndjson");
                manifest(files, |m| {
                    m["tables"].as_array_mut().unwrap().retain(|part| part["table"] != "subscribers");
                });
            }),
            "lacks the table subscribers",
        ),
        ("a strange member", with(&|files| manifest(files, |m| m["more"] = json!(1))), "cannot be read"),
        ("a huge manifest", with(&|files| files.last_mut().unwrap().1 = vec![b' '; 5 << 20]), "too large"),
        ("another row", with(&|files| files[4].1.extend(b"{}\n")), "differs from what its manifest says"),
        (
            "a huge part",
            with(&|files| files[4].1 = vec![b'\n'; 256 << 20]),
            "differs from what its manifest says",
        ),
        ("no JSON", with(&|files| replace(files, "users", b"{\n")), "users.ndjson, line 1"),
        ("no member", with(&|files| replace(files, "site", b"{\"id\":1}\n")), "title is missing"),
        ("a broken reference", with(&|files| replace(files, "terms", b"")), "FOREIGN KEY"),
    ];
    for (what, bytes, wanted) in cases {
        let told = refusal(&bytes, &config, what);
        let is_told =
            told.contains(wanted) || wanted == "FOREIGN KEY" && told.contains("foreign key constraint");
        assert!(is_told, "{what}: {told}");
    }
}

#[tokio::test]
async fn rows_that_archives_do_not_hold_are_not_restored() {
    let server = Server::start().await;
    let article: ArticleId = server.app.random.id(server.clock.now()).expect("an id");
    server.enqueue(PurgeArticle { article }).await;
    let (shelf, config) = (Shelf::new(), server.app.config.clone());
    shelf.back_up(&server.database(), "a.zip");
    let mut files = unpack(&std::fs::read(shelf.path("a.zip")).expect("a file"));
    let part = files.iter().find(|(name, _)| name == "jobs.ndjson").expect("a part");
    let line = String::from_utf8(part.1.clone()).expect("UTF-8");
    assert_eq!(line.lines().count(), 1, "{line}");
    for (kind, wanted) in [("purge-article", 1), ("send-email", 0)] {
        replace(&mut files, "jobs", line.replace("purge-article", kind).as_bytes());
        std::fs::write(shelf.path("b.zip"), pack(&files)).expect("a file");
        let database = TestDatabase::empty();
        restore(&mut open(&shelf.path("b.zip")), &database, &config).expect("restored");
        assert_eq!(database.count("jobs"), wanted, "{kind}");
    }
}

#[tokio::test]
async fn a_truncated_archive_and_one_with_a_changed_byte_are_refused() {
    let (bytes, config) = good().await;
    let shelf = Shelf::new();
    let open = |bytes: &[u8], path: &Path| {
        std::fs::write(path, bytes).expect("a file");
        Archive::open(path, &mut Silent)
    };
    let whole = tables(&open(&bytes, &shelf.path("whole.zip")).expect("an archive")).to_vec();
    let path = shelf.path("b.zip");
    for end in (0..bytes.len()).step_by(bytes.len() / 40) {
        let told = refusal(&bytes[..end], &config, "truncated");
        assert!(told.contains("damaged"), "{told}");
    }
    let mut refused = 0;
    for at in (0..bytes.len()).step_by(bytes.len() / 200) {
        let mut changed = bytes.clone();
        changed[at] ^= 0x10;
        // A byte that means nothing, such as the time of a file, changes nothing.
        match open(&changed, &path) {
            Ok(archive) => assert_eq!(tables(&archive), whole, "at {at}"),
            Err(error) => {
                refused += 1;
                assert_eq!(error.to_string().lines().count(), 1, "{error}");
            }
        }
    }
    assert!(refused > 100, "{refused}");
}

#[tokio::test]
async fn only_an_empty_database_is_restored_into() {
    let server = Server::start().await;
    server.login(Role::Editor).await;
    let (shelf, config, database) = (Shelf::new(), server.app.config.clone(), server.database());
    let mut archive = shelf.back_up(&database, "a.zip");
    let told = restore(&mut archive, &database, &config).expect_err("a server runs").to_string();
    assert!(told.contains("in use: stop its servers first"), "{told}");
    let app = server.app.clone();
    server.stop().await;
    let told = restore(&mut archive, &database, &config).expect_err("a command is at work").to_string();
    assert!(told.contains("in use: stop its servers first"), "{told}");
    drop(app);
    let told = restore(&mut archive, &database, &config).expect_err("it is not empty").to_string();
    assert!(told.contains("is not empty"), "{told}");
    // One that has its tables and nothing in them is empty.
    let fresh = TestDatabase::fresh();
    restore(&mut archive, &fresh, &config).expect("restored");
    assert_eq!(fresh.count("users"), database.count("users"));
}
