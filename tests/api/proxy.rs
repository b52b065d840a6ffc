//! A caching proxy in front: it keeps what is public, in each coding, for as long as it may, and nothing else. Runs
//! where `LEDE_TEST_NGINX` names nginx's executable.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use lede::auth::Role;
use serde_json::json;

use crate::client::{Account, Client, Response};
use crate::contract::{self, Operation};
use crate::given::{self, seconds};
use crate::server::Server;
use crate::test_database::setting;
use crate::writing::{ARTICLES, at, create, id, publish, published};

/// nginx with a cache, as its manual sets one up. Ended when dropped.
struct Proxy {
    child: Child,
    address: String,
    _folder: tempfile::TempDir,
}

impl Proxy {
    /// `None` where there is no nginx.
    async fn before(server: &Server) -> Option<Self> {
        let nginx = setting("LEDE_TEST_NGINX")?;
        let folder = tempfile::tempdir().expect("a folder");
        let port =
            TcpListener::bind("127.0.0.1:0").and_then(|listener| listener.local_addr()).expect("a port");
        let (around, upstream) = (folder.path().display(), server.address());
        let settings = format!(
            "daemon off; master_process off; pid {around}/pid; error_log {around}/error;
             events {{}}
             http {{
                 access_log off; client_body_temp_path {around}/body; fastcgi_temp_path {around}/fastcgi;
                 uwsgi_temp_path {around}/uwsgi; scgi_temp_path {around}/scgi; proxy_temp_path {around}/proxy;
                 proxy_cache_path {around}/cache keys_zone=public:1m;
                 server {{
                     listen {port};
                     location / {{
                         proxy_pass {upstream};
                         proxy_http_version 1.1;
                         proxy_cache public;
                         proxy_cache_revalidate on;
                         proxy_cache_use_stale off;
                         add_header X-Cache $upstream_cache_status always;
                     }}
                 }}
             }}"
        );
        let file = folder.path().join("nginx.conf");
        std::fs::write(&file, settings).expect("settings");
        let child = Command::new(nginx).arg("-c").arg(&file).stderr(Stdio::null()).spawn().expect("nginx");
        let address = format!("http://{port}");
        let http = reqwest::Client::builder().no_proxy().build().expect("a client");
        let started = Instant::now();
        while http.get(format!("{address}/health/live")).send().await.is_err() {
            assert!(started.elapsed() < seconds(10), "nginx does not respond");
        }
        Some(Self { child, address, _folder: folder })
    }

    fn client(&self, server: &Server) -> Client {
        Client::new(&self.address, &server.clock, &server.exchanges)
    }

    async fn login(&self, server: &Server, role: Role) -> Client {
        let id = given::user(server, role.as_str(), role).await;
        self.client(server).logged_in(Account { id, email: format!("{}@lede.example", role.as_str()) }).await
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.child.kill().expect("nginx ends");
        self.child.wait().expect("nginx ended");
    }
}

fn from_cache(response: &Response) -> bool {
    response.header("x-cache") == Some("HIT")
}

#[tokio::test]
async fn a_proxy_keeps_public_answers_in_each_coding() {
    let server = Server::start().await;
    let Some(proxy) = Proxy::before(&server).await else { return };
    let draft = published(
        &server.login(Role::Editor).await,
        json!({"title": "Tides", "intro": "Water. ".repeat(400)}),
    )
    .await;
    let reader = proxy.client(&server);
    let plain = reader.get(at(&draft, "")).await.is(200).text().to_owned();
    for coding in ["", "gzip", "br"] {
        let ask = || reader.get(at(&draft, "")).header("accept-encoding", coding);
        ask().await.is(200);
        let again = ask().await;
        assert!(from_cache(&again), "{coding:?}");
        assert_eq!(again.header("content-encoding").unwrap_or_default(), coding);
        assert_eq!(again.text(), plain);
        let known = ask().header("if-none-match", again.etag()).await;
        assert!(from_cache(known.is(304)), "{coding:?}");
    }
    for path in [ARTICLES, "/v1/site", "/feeds/rss.xml", "/sitemap.xml"] {
        reader.get(path).await.is(200);
        assert!(from_cache(&reader.get(path).await), "{path}");
    }
}

/// Every read that needs a token, with what stands for each part of its path.
fn secured(parts: &[(&str, String)]) -> Vec<String> {
    let is_secured = |operation: &&Operation| {
        let schemes = operation.value["security"].as_array().expect("who may");
        schemes.iter().all(|scheme| scheme.as_object().is_some_and(|scheme| !scheme.is_empty()))
    };
    let reads = contract::operations().iter().filter(|operation| operation.method == "get");
    let fill = |path: String, (part, value): &(&str, String)| path.replace(part, value);
    reads.filter(is_secured).map(|read| parts.iter().fold(read.path.to_owned(), fill)).collect()
}

#[tokio::test]
async fn a_proxy_never_gives_one_what_is_anothers() {
    let server = Server::start().await;
    let Some(proxy) = Proxy::before(&server).await else { return };
    let (editor, admin) = (proxy.login(&server, Role::Editor).await, proxy.login(&server, Role::Admin).await);
    let (writer, reader) = (proxy.login(&server, Role::Contributor).await, proxy.client(&server));
    let body = json!({"title": "Tides", "sections": [{"heading": "Ebb", "body": "Open."}]});
    let draft = published(&editor, body).await;
    let edit = editor.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"intro": "Hidden."}));
    let draft = edit.await.expect(200);
    let schedule = editor.put(at(&draft, "/schedule")).json(json!({"unpublish_at": "2030-01-01T00:00:00Z"}));
    schedule.await.is(200);
    reader.post("/v1/subscribers").json(json!({"email": "ada@reader.example"})).await.is(202);
    let file = admin.post("/v1/subscriber-imports?dry_run=true").body("text/csv", "email\nnobody\n");
    let webhook =
        admin.post("/v1/webhooks").json(json!({"url": "https://hooks.website.example", "events": ["*"]}));
    let parts = [
        ("{article}", id(&draft)),
        ("{section}", "ebb".to_owned()),
        ("{revision}", "3".to_owned()),
        ("{edition}", "1".to_owned()),
        ("/subscriber-imports/{id}", format!("/subscriber-imports/{}", id(&file.await.expect(202)))),
        ("/jobs/{id}", format!("/jobs/{}", id(&admin.get("/v1/jobs").await.expect(200)["items"][0]))),
        (
            "/subscribers/{id}",
            format!("/subscribers/{}", id(&admin.get("/v1/subscribers").await.expect(200)["items"][0])),
        ),
        ("{webhook}", id(&webhook.await.expect(201))),
        ("{user}", id(&admin.get("/v1/me").await.expect(200)["actor"])),
        ("/v1/api-keys/{id}", given::api_key(&admin, &["articles:read"]).await.0),
    ];
    let paths = secured(&parts);
    assert!(paths.len() >= 20 && paths.iter().all(|path| !path.contains('{')), "{paths:?}");
    for path in &paths {
        let first = admin.get(path).await;
        assert!(!from_cache(first.is(200)), "{path}");
        let is_an_admins = ["/v1/subscriber-imports", "/v1/jobs", "/v1/audit", "/v1/webhooks"]
            .iter()
            .any(|start| path.starts_with(start))
            || path.ends_with("/export");
        let editors_status = match path {
            _ if is_an_admins => 403,
            _ if path.starts_with("/v1/api-keys/") => 404,
            _ => 200,
        };
        for _ in 0..2 {
            let editors = editor.get(path).await;
            assert!(!from_cache(editors.is(editors_status)), "{path}");
            assert!(path != "/v1/me" || editors.text() != first.text());
        }
        let others = writer.get(path).await;
        assert!(!from_cache(&others) && others.text() != first.text(), "{path}: {}", others.text());
        assert!(!from_cache(reader.get(path).await.is(401)), "{path}");
        // What was refused stands in nobody's way.
        assert!(!from_cache(admin.get(path).await.is(200)), "{path}");
    }
    for rest in ["", "/html", "/markdown", "/sections"] {
        for asks in [&editor, &reader, &reader] {
            let public = asks.get(at(&draft, rest)).await;
            assert!(!public.is(200).text().contains("Hidden."), "{rest}");
        }
    }
    for path in ["/subscribe", "/nowhere", "/metrics", "/health/ready"] {
        for asks in [&reader, &editor] {
            assert!(!from_cache(&asks.get(path).await), "{path}");
        }
    }
    // A token does not keep a public response from being everybody's.
    assert!(from_cache(editor.get(at(&draft, "")).await.is(200)));
}

#[tokio::test]
async fn a_proxy_keeps_no_refusal() {
    let server = Server::start().await;
    let Some(proxy) = Proxy::before(&server).await else { return };
    let (editor, reader) = (proxy.login(&server, Role::Editor).await, proxy.client(&server));
    let draft = create(&editor, json!({"title": "Tides"})).await;
    let paths = [at(&draft, ""), format!("{ARTICLES}/tides"), format!("{ARTICLES}/tides/html")];
    for path in &paths {
        for asks in [&reader, &reader, &editor] {
            assert!(!from_cache(asks.get(path).await.is(404)), "{path}");
        }
        assert!(!from_cache(reader.get(format!("{path}?formats=x")).await.is(400)), "{path}");
    }
    publish(&editor, &draft).await;
    for path in &paths {
        reader.get(path).await.is(200);
    }
}

#[tokio::test]
async fn a_proxy_serves_nothing_withdrawn_for_longer_than_it_may() {
    let server = Server::start_with(|config| config.cache.seconds = 1).await;
    let Some(proxy) = Proxy::before(&server).await else { return };
    let editor = server.login(Role::Editor).await;
    let draft = published(&editor, json!({"title": "Tides", "intro": "Water. ".repeat(400)})).await;
    let moved = published(&editor, json!({"title": "Old"})).await;
    let change =
        editor.patch(at(&moved, "/draft")).header("if-match", "*").json(json!({"slug": "renewed"})).await;
    publish(&editor, &change.expect(200)).await;
    let reader = proxy.client(&server);
    let old = format!("{ARTICLES}/old");
    let mut asked = Vec::new();
    for path in [at(&draft, ""), format!("{ARTICLES}/tides"), old.clone()] {
        for coding in ["", "gzip", "br"] {
            asked.push((path.clone(), coding));
        }
    }
    let ask = |(path, coding): &(String, &str)| reader.get(path).header("accept-encoding", coding);
    for asked in &asked {
        ask(asked).await.is(if asked.0 == old { 301 } else { 200 });
    }
    for article in [&draft, &moved] {
        editor.post(at(article, "/unpublish")).await.is(200);
    }
    let withdrawn = Instant::now();
    for asked in &asked {
        while ask(asked).await.status() != 404 {
            assert!(withdrawn.elapsed() < seconds(3), "{asked:?} is still served");
        }
    }
    while withdrawn.elapsed() < seconds(4) {
        for asked in &asked {
            ask(asked).await.is(404);
        }
    }
}

#[tokio::test]
async fn a_proxy_goes_on_with_what_it_has_while_the_server_is_away() {
    let server = Server::start_with(|config| config.cache.seconds = 1).await;
    let Some(proxy) = Proxy::before(&server).await else { return };
    let draft = published(&server.login(Role::Editor).await, json!({"title": "Tides"})).await;
    let reader = proxy.client(&server);
    let first = reader.get(at(&draft, "")).await;
    server.stop().await;
    let stopped = Instant::now();
    let stale = loop {
        let response = reader.get(at(&draft, "")).await;
        assert_eq!(response.is(200).text(), first.text());
        if !from_cache(&response) {
            break response;
        }
        assert!(stopped.elapsed() < seconds(3), "it is kept for longer than it may");
    };
    assert_eq!(stale.header("x-cache"), Some("STALE"));
}
