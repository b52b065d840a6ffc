//! The files of the embedded database: nobody else may read them, what was erased is in none of them, and nothing is
//! written into one that was removed or replaced.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use diesel::connection::SimpleConnection as _;
use lede::auth::Role;
use lede::base::db::DatabaseUrl;
use serde_json::json;

use crate::executable::{Serving, lede_on, run};
use crate::given::minutes;
use crate::server::Server;
use crate::test_database::TestDatabase;

const ADA: &str = "ada.marsh@reader.example";

/// The path of the embedded database.
fn path(database: &TestDatabase) -> Option<PathBuf> {
    match &database.url {
        DatabaseUrl::Sqlite(path) => Some(path.into()),
        DatabaseUrl::Postgres(_) => None,
    }
}

fn beside(path: &Path, suffix: &str) -> PathBuf {
    PathBuf::from(format!("{}{suffix}", path.display()))
}

/// The files in a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.expect("an entry").path()).filter(|path| path.is_file()).collect()
}

fn mode(file: &Path) -> u32 {
    std::fs::metadata(file).expect("a file").permissions().mode() & 0o777
}

#[test]
fn nobody_else_may_read_what_is_stored() {
    let database = TestDatabase::empty();
    let Some(path) = path(&database) else { return };
    let folder = path.parent().expect("a folder").to_owned();
    let run_lede = |args: &[&str]| {
        let done =
            run(lede_on(&database).env_remove("LEDE_SECRET").args(args), "correct horse battery staple");
        assert!(done.status.success(), "{done:?}");
    };
    run_lede(&["migrate"]);
    run_lede(&["user", "add", "ada@lede.example", "--role", "editor", "--password-stdin"]);
    let stored = files(&folder);
    assert!(stored.contains(&path.with_extension("secret")), "{stored:?}");
    let mail = folder.join("mail");
    std::fs::create_dir(&mail).expect("a folder");
    let email = mail.join("019b8d62-7a80-7580-af26-1d10acb21f90.eml");
    std::fs::write(&email, "To: ada").expect("an email");
    for file in &stored {
        assert_eq!(mode(file), 0o600, "{}", file.display());
    }
    for file in stored.iter().chain([&email]) {
        std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o644)).expect("a mode");
    }
    let serving =
        Serving::start(lede_on(&database).env_remove("LEDE_SECRET").env("LEDE_MAIL_DIR", mail.as_os_str()));
    for file in files(&folder).iter().chain([&email]) {
        assert_eq!(mode(file), 0o600, "{}", file.display());
        let name = file.display().to_string();
        let was_told = serving.starting.iter().any(|line| line.contains(&format!("{name} had mode 0644")));
        assert_eq!(was_told, stored.contains(file) || *file == email, "{name}: {:#?}", serving.starting);
    }
    assert!(beside(&path, "-wal").exists() && beside(&path, "-shm").exists());
}

#[tokio::test]
async fn an_erased_address_is_in_no_file_after_a_minute() {
    let folder = tempfile::tempdir().expect("a folder");
    let mail = folder.path().join("mail");
    let dir = mail.clone();
    let server = Server::start_with(|config| config.mail.dir = dir).await;
    let editor = server.login(Role::Editor).await;
    server.client().post("/v1/subscribers").json(json!({"email": ADA})).await.is(202);
    server.run_jobs().await;
    let subscriber = editor.get("/v1/subscribers").await.expect(200)["items"][0].clone();
    assert_eq!(subscriber["email"], ADA);
    let id = subscriber["id"].as_str().expect("an id").to_owned();
    editor.post(format!("/v1/subscribers/{id}/unsubscribe")).once("unsubscribe").await.is(204);
    let database = path(&server.database()).map(|path| path.parent().expect("a folder").to_owned());
    let traces = || {
        let everything = database.iter().chain([&mail]).flat_map(|folder| files(folder));
        let holds = |file: &PathBuf| {
            let bytes = std::fs::read(file).expect("bytes");
            bytes.windows(ADA.len()).any(|window| window == ADA.as_bytes())
        };
        everything.filter(holds).collect::<Vec<_>>()
    };
    assert_eq!(files(&mail).len(), 1);
    assert!(traces().len() > usize::from(database.is_some()), "{:?}", traces());
    let admin = server.login(Role::Admin).await;
    admin.delete(format!("/v1/subscribers/{id}")).await.is(204);
    server.clock.advance(minutes(1));
    server.run_jobs().await;
    assert_eq!(traces(), [""; 0].map(PathBuf::from));
}

#[tokio::test]
async fn nothing_is_written_into_a_database_that_is_no_longer_in_its_place() {
    let server = Server::start().await;
    let Some(path) = path(&server.database()) else { return };
    let editor = server.login(Role::Editor).await;
    let mut number = 0;
    let mut create = || {
        number += 1;
        editor.post("/v1/topics").json(json!({"name": format!("Topic {number}")}))
    };
    let aside = beside(&path, ".aside");
    for suffix in ["", "-wal", "-shm"] {
        let file = beside(&path, suffix);
        std::fs::rename(&file, &aside).expect("moved away");
        create().await.problem(503, "unavailable");
        editor.get("/health/ready").await.problem(503, "unavailable");
        editor.get("/v1/me").await.is(200);
        std::fs::rename(&aside, &file).expect("moved back");
        create().await.is(201);
        editor.get("/health/ready").await.is(200);
    }
    // A backup under the same name is another file.
    std::fs::copy(&path, &aside).expect("a backup");
    std::fs::rename(&aside, &path).expect("restored");
    create().await.problem(503, "unavailable");
    editor.get("/health/ready").await.problem(503, "unavailable");
}

#[tokio::test]
async fn a_full_disk_is_told_from_overload_and_ends_when_there_is_space() {
    let server = Server::start().await;
    if !server.is_embedded() {
        return;
    }
    let editor = server.login(Role::Editor).await;
    let set = |pages: i64| {
        let text = format!("PRAGMA max_page_count = {pages}");
        server.app.db.write(move |tx| Ok(tx.batch_execute(&text)?))
    };
    editor.get("/health/ready").await.is(200);
    // It is never less than there are.
    set(1).await.expect("a limit");
    let mut number = 0;
    let refused = loop {
        number += 1;
        let article = json!({"title": format!("Article {number}"), "markdown": "A lantern. ".repeat(10_000)});
        let response = editor.post("/v1/articles").json(article).await;
        if response.status() != 201 {
            break response;
        }
    };
    let told = refused.problem(503, "database-full");
    assert_eq!(
        told["detail"],
        "The database has no space left. Reads still work; writes are refused until space is freed."
    );
    assert_eq!(refused.header("retry-after"), Some("60"));
    editor.get("/v1/drafts").await.is(200);
    editor.get("/health/live").await.is(200);
    for _ in 0..2 {
        editor.get("/health/ready").await.problem(503, "database-full");
    }
    set(1_000_000).await.expect("space");
    editor.get("/health/ready").await.is(200);
    editor.post("/v1/topics").json(json!({"name": "Tides"})).await.is(201);
}
