//! Varnish in front of two servers, with the configuration of the README: it serves what was published a moment ago, and keeps
//! the rest. Runs where `LEDE_TEST_VARNISH` names the executable of Varnish.

use std::collections::BTreeMap;
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use lede::base::events;
use lede::cdn::store;
use serde_json::json;

use super::killed::Editor;
use crate::executable::{Serving, add_user, lede_on};
use crate::given::{PASSWORD, milliseconds, seconds};
use crate::test_database::{TestDatabase, rounds, setting};

/// After which time the keys have been purged again.
const AGAIN: Duration = Duration::from_millis(2500);

/// After which time the cache is wrong for good. `LEDE_TEST_PATIENCE_MS` sets what is promised where nothing else runs.
fn patience() -> Duration {
    milliseconds(setting("LEDE_TEST_PATIENCE_MS").map_or(30_000, |text| text.parse().expect("a number")))
}

/// Varnish. Ended when dropped.
struct Varnish {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Varnish {
    fn start(executable: &str, port: u16, servers: [u16; 2]) -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let file = folder.path().join("lede.vcl");
        std::fs::write(&file, configuration(servers)).expect("a file");
        let child = Command::new(executable)
            .args(["-F", "-j", "none", "-s", "malloc,32m", "-a", &format!("127.0.0.1:{port}"), "-f"])
            .arg(&file)
            .arg("-n")
            .arg(folder.path().join("varnish"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("Varnish");
        Self { child, address: format!("http://127.0.0.1:{port}"), _folder: folder }
    }
}

impl Drop for Varnish {
    fn drop(&mut self) {
        // The manager of Varnish takes its worker along.
        crate::executable::terminate(&self.child);
        self.child.wait().expect("Varnish ended");
    }
}

/// The README's, with the addresses of this test.
fn configuration(servers: [u16; 2]) -> String {
    let readme =
        std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md")).expect("the README");
    let (_, vcl) = readme.split_once("```vcl\n").expect("a configuration");
    let (mut vcl, _) = vcl.split_once("```").map(|(vcl, rest)| (vcl.to_owned(), rest)).expect("its end");
    for (name, port) in ["10.0.0.2", "10.0.0.3"].iter().zip(servers) {
        let backend = format!(".host = \"{name}\"; .port = \"8143\"; .probe = ready;");
        assert!(vcl.contains(&backend), "{vcl}");
        vcl = vcl.replace(&backend, &format!(".host = \"127.0.0.1\"; .port = \"{port}\"; .probe = ready;"));
    }
    vcl.replace("{ \"10.0.0.2\"; \"10.0.0.3\"; }", "{ \"127.0.0.1\"; }")
}

fn free_ports<const N: usize>() -> [u16; N] {
    let held: [TcpListener; N] =
        std::array::from_fn(|_| TcpListener::bind("127.0.0.1:0").expect("a free port"));
    held.map(|listener| listener.local_addr().expect("an address").port())
}

/// What readers get of a path; and if it was in the cache, which request has filled it.
async fn read(http: &reqwest::Client, address: &str, path: &str) -> (String, Option<String>) {
    let response = http.get(format!("{address}{path}")).send().await.expect("a response");
    // Varnish names the request itself, and then that one.
    let ids = response.headers().get("x-varnish").and_then(|ids| ids.to_str().ok());
    let filled_by = ids.and_then(|ids| ids.split_once(' ')).map(|(_, id)| id.to_owned());
    let (status, location) = (response.status(), response.headers().get("location").cloned());
    let body = response.text().await.expect("a body");
    // A problem names its request.
    let body = if status.is_success() { body } else { String::new() };
    (format!("{status} {location:?} {body}"), filled_by)
}

#[tokio::test]
async fn varnish_serves_what_was_published_and_keeps_the_rest() {
    let Some(executable) = setting("LEDE_TEST_VARNISH") else {
        return println!("skipped: LEDE_TEST_VARNISH does not name Varnish");
    };
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "editor", PASSWORD);
    let [port, one, two] = free_ports();
    let varnish = Varnish::start(&executable, port, [one, two]);
    let serve = |port: u16| {
        let mut command = lede_on(&database);
        command
            .env("LEDE_BIND", format!("127.0.0.1:{port}"))
            .env("LEDE_BASE_URL", &varnish.address)
            .env("LEDE_CDN", "http")
            .env("LEDE_CDN_URL", format!("{}/purge", varnish.address))
            .env("LEDE_CACHE_SECONDS", "3600");
        Serving::start(&mut command)
    };
    let servers = [serve(one), serve(two)];
    let http = reqwest::Client::builder()
        .no_proxy()
        // Varnish ends connections that rest.
        .pool_max_idle_per_host(0)
        .redirect(reqwest::redirect::Policy::none())
        .build()
        .expect("a client");
    let started = Instant::now();
    let health = format!("{}/health/live", varnish.address);
    while !http.get(&health).send().await.is_ok_and(|response| response.status() == 200) {
        assert!(started.elapsed() < seconds(20), "Varnish does not respond");
    }
    let editors = [Editor::log_in(&servers[0].address).await, Editor::log_in(&servers[1].address).await];
    let [untouched, other] = [
        editors[0].publish_with(json!({"title": "Untouched", "topics": ["land"]})).await,
        editors[1].publish_with(json!({"title": "Other", "topics": ["sea"]})).await,
    ];
    let mut gone = editors[0].publish_with(json!({"title": "Gone"})).await;
    let all_cached = async |paths: &[String]| {
        for path in paths {
            read(&http, &varnish.address, path).await;
        }
        for path in paths {
            if read(&http, &varnish.address, path).await.1.is_none() {
                return false;
            }
        }
        true
    };
    let filled_by = async || read(&http, &varnish.address, &format!("/v1/articles/{untouched}")).await.1;
    // It was just published, so it is purged for the second time soon.
    let (mut conn, begun) = (database.connect(), Instant::now());
    let newest = events::newest(&mut conn).expect("a number");
    while store::purged_to(&mut conn).expect("a number").is_none_or(|to| to < newest) {
        assert!(begun.elapsed() < seconds(60), "nothing is purged");
    }
    let mut last = None;
    while last.is_none() {
        assert!(begun.elapsed() < seconds(60), "nothing is cached");
        last = filled_by().await;
    }
    let mut longest = Duration::ZERO;
    for round in 0..rounds(3) {
        let paths: Vec<String> =
            [&untouched, &other, &gone].iter().map(|id| format!("/v1/articles/{id}")).collect();
        let lists = [
            "/v1/articles",
            "/v1/articles?topic=sea",
            "/v1/topics",
            "/feeds/rss.xml",
            "/v1/changes",
            "/sitemap.xml",
        ];
        let all: Vec<String> = paths.iter().cloned().chain(lists.map(str::to_owned)).collect();
        // What was published last may still be purged for the second time.
        let end = Instant::now() + patience();
        while !all_cached(&all).await {
            assert!(Instant::now() < end, "round {round}: not cached");
        }
        let editor = &editors[round % 2];
        let new = editor.publish_with(json!({"title": format!("New {round}"), "topics": ["sea"]})).await;
        editor.rename("sea", &format!("Sea {round}")).await;
        editor.post(&format!("/v1/articles/{gone}/unpublish"), json!({})).await;
        // Others read meanwhile, and fill the cache with what is old.
        let wrong = async || {
            let mut wrong = BTreeMap::new();
            for path in all.iter().cloned().chain([format!("/v1/articles/{new}")]) {
                let (cached, _) = read(&http, &varnish.address, &path).await;
                let (right, _) = read(&http, &servers[(round + 1) % 2].address, &path).await;
                if cached != right {
                    wrong.insert(path, (cached, right));
                }
            }
            wrong
        };
        let begun = Instant::now();
        loop {
            let wrong = wrong().await;
            if !wrong.is_empty() {
                longest = longest.max(begun.elapsed());
                assert!(begun.elapsed() < patience(), "round {round}: {wrong:#?}");
            } else if begun.elapsed() > AGAIN {
                break;
            }
        }
        assert_eq!(filled_by().await, last, "round {round}: what was not touched is purged");
        gone = new;
    }
    println!("wrong for {longest:?} at most");
    // A stream passes through, event by event.
    let mut stream = crate::streams::Stream::of(crate::streams::ask(&varnish.address, "", &[]).await).await;
    let last = editors[0].publish_with(json!({"title": "Last"})).await;
    assert_eq!(stream.event().await.change().id, Some(last));
    drop(stream);
    // Strangers purge nothing.
    let forged = http
        .post(format!("{}/purge", varnish.address))
        .header("surrogate-key", ".*")
        .send()
        .await
        .expect("a response");
    assert_eq!(forged.status(), 403);
}
