//! A caching proxy in front: it keeps what is public, in each coding, for as long as it may, and nothing else. Runs where
//! `LEDE_TEST_NGINX` names nginx's executable.

use std::net::TcpListener;
use std::process::{Child, Command, Stdio};
use std::time::Instant;

use lede::auth::Role;
use serde_json::json;

use crate::client::{Account, Answer, Client};
use crate::given::seconds;
use crate::server::Server;
use crate::test_database::setting;
use crate::writing::{ARTICLES, at, create, publish, published};

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
            assert!(started.elapsed() < seconds(10), "nginx does not answer");
        }
        Some(Self { child, address, _folder: folder })
    }

    fn client(&self, server: &Server) -> Client {
        Client::new(&self.address, &server.clock, &server.exchanges)
    }

    async fn login(&self, server: &Server, role: Role) -> Client {
        let id = crate::given::user(server, role.as_str(), role).await;
        self.client(server).logged_in(Account { id, email: format!("{}@lede.example", role.as_str()) }).await
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.child.kill().expect("nginx ends");
        self.child.wait().expect("nginx ended");
    }
}

fn from_cache(answer: &Answer) -> bool {
    answer.header("x-cache") == Some("HIT")
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

#[tokio::test]
async fn a_proxy_never_gives_one_what_is_anothers() {
    let server = Server::start().await;
    let Some(proxy) = Proxy::before(&server).await else { return };
    let (editor, admin) = (proxy.login(&server, Role::Editor).await, proxy.login(&server, Role::Admin).await);
    let draft = create(&editor, json!({"title": "Hidden"})).await;
    let reader = proxy.client(&server);
    reader.post("/v1/subscribers").json(json!({"email": "ada@reader.example"})).await.is(202);
    let own = [
        at(&draft, "/draft"),
        at(&draft, "/preview"),
        "/v1/drafts".into(),
        "/v1/me".into(),
        "/v1/subscribers".into(),
    ];
    for path in &own {
        let first = editor.get(path).await;
        let second = editor.get(path).await;
        assert!(first.status() == 200 && !from_cache(&second), "{path}");
        let other = admin.get(path).await;
        assert!(!from_cache(&other), "{path}");
        if path == "/v1/me" {
            assert_ne!(other.expect(200)["role"], first.json()["role"]);
        }
        assert!(!from_cache(reader.get(path).await.is(401)), "{path}");
    }
    for path in [
        at(&draft, ""),
        format!("{ARTICLES}/hidden"),
        "/subscribe".into(),
        "/nowhere".into(),
        "/metrics".into(),
    ] {
        for asks in [&reader, &editor] {
            assert!(!from_cache(&asks.get(&path).await), "{path}");
        }
    }
    // A token does not keep a public answer from being everybody's.
    publish(&editor, &draft).await;
    editor.get(at(&draft, "")).await.is(200);
    assert!(from_cache(reader.get(at(&draft, "")).await.is(200)));
}

#[tokio::test]
async fn a_proxy_serves_nothing_withdrawn_for_longer_than_it_may() {
    let server = Server::start_with(|config| config.cache_seconds = 1).await;
    let Some(proxy) = Proxy::before(&server).await else { return };
    let editor = server.login(Role::Editor).await;
    let draft = published(&editor, json!({"title": "Tides"})).await;
    let moved = published(&editor, json!({"title": "Old"})).await;
    let change =
        editor.patch(at(&moved, "/draft")).header("if-match", "*").json(json!({"slug": "renewed"})).await;
    publish(&editor, &change.expect(200)).await;
    let reader = proxy.client(&server);
    for (path, status) in
        [(at(&draft, ""), 200), (format!("{ARTICLES}/tides"), 200), (format!("{ARTICLES}/old"), 301)]
    {
        reader.get(&path).await.is(status);
    }
    for article in [&draft, &moved] {
        editor.post(at(article, "/unpublish")).await.is(200);
    }
    let withdrawn = Instant::now();
    for path in [at(&draft, ""), format!("{ARTICLES}/tides"), format!("{ARTICLES}/old")] {
        while reader.get(&path).await.status() != 404 {
            assert!(withdrawn.elapsed() < seconds(3), "{path} is still served");
        }
    }
    while withdrawn.elapsed() < seconds(4) {
        reader.get(at(&draft, "")).await.is(404);
    }
}
