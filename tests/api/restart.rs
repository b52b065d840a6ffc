//! What was acknowledged is there: the real executable is killed with SIGKILL while sixteen clients write articles, and
//! started again, over and over. `LEDE_TEST_CYCLES` says how often; a night's run takes 200.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};
use tokio::sync::Notify;

use crate::executable::{Serving, add_user, lede_on};
use crate::given::PASSWORD;
use crate::test_database::{TestDatabase, setting};

const CLIENTS: usize = 16;

/// What becomes of every article, write by write: each raises its version by one. Then the next article begins.
const STORY: [Write; 6] =
    [Write::Create, Write::Edit, Write::Edit, Write::Publish, Write::Edit, Write::Publish];

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    Create,
    /// Another body for the section, if nobody else has touched the article since.
    Edit,
    /// What was written last goes out.
    Publish,
}

#[tokio::test]
async fn what_was_acknowledged_survives_being_killed() {
    let cycles = setting("LEDE_TEST_CYCLES").map_or(3, |n| n.parse().expect("a number"));
    let database = TestDatabase::fresh();
    add_user(&database, "ada@lede.example", "editor", PASSWORD);
    let mut writers: Vec<Writer> = (0..CLIENTS).map(Writer::new).collect();
    let (mut acknowledged, mut unanswered, mut lost) = (0, 0, Vec::new());
    for cycle in 0..cycles {
        let serving = Serving::start(&mut lede_on(&database));
        let server = Remote::login(&serving.address).await;
        // Not after a time but after a number of writes, which differs from cycle to cycle.
        let enough = Enough::new(30 + (cycle * 37) % 91);
        let writing = writers.into_iter().map(|writer| {
            let (server, enough) = (server.clone(), enough.clone());
            tokio::spawn(async move { writer.until_the_server_is_gone(&server, &enough).await })
        });
        let writing: Vec<_> = writing.collect();
        enough.reached.notified().await;
        serving.kill();
        writers = join_all(writing).await.into_iter().map(|writer| writer.expect("a writer")).collect();
        acknowledged += enough.count.load(Ordering::SeqCst);
        database.settle();
        let serving = Serving::start(&mut lede_on(&database));
        let server = Remote::login(&serving.address).await;
        for writer in &mut writers {
            unanswered += usize::from(writer.forgive(&server, &mut lost).await);
        }
        assert_eq!(
            server.count().await,
            writers.iter().map(Writer::articles).sum::<usize>(),
            "cycle {cycle}"
        );
    }
    let serving = Serving::start(&mut lede_on(&database));
    let server = Remote::login(&serving.address).await;
    for writer in &writers {
        writer.check(&server, 0..writer.articles(), &mut lost).await;
    }
    println!(
        "{cycles} cycles, {acknowledged} acknowledged writes, {} lost writes; \
         {unanswered} were done although their response did not arrive",
        lost.len()
    );
    assert!(lost.is_empty(), "{}", lost.join("\n"));
}

/// A client that writes one article after the other. How many writes it has done says everything about its articles.
struct Writer {
    name: String,
    writes: usize,
}

/// How an article is.
#[derive(Debug, PartialEq)]
struct State {
    version: usize,
    revision: usize,
    body: String,
    /// What readers are served: the body and the number of the edition.
    edition: Option<(String, usize)>,
}

impl Writer {
    fn new(number: usize) -> Self {
        Self { name: format!("writer-{number}"), writes: 0 }
    }

    fn articles(&self) -> usize {
        self.writes.div_ceil(STORY.len())
    }

    fn slug(&self, article: usize) -> String {
        format!("{}-article-{article}", self.name)
    }

    /// What that write of an article puts into its section.
    fn body(&self, article: usize, write: usize) -> String {
        format!("Article {article} of {}, after write {write}.", self.name)
    }

    /// How an article has to be after the first `writes` of its story.
    fn state(&self, article: usize, writes: usize) -> Option<State> {
        let mut state: Option<State> = None;
        for (at, write) in STORY.iter().enumerate().take(writes) {
            let version = at + 1;
            let fresh = || (version, self.body(article, version));
            state = Some(match (write, state) {
                (Write::Publish, Some(before)) => {
                    let number = before.edition.map_or(1, |(_, number)| number + 1);
                    State { version, edition: Some((before.body.clone(), number)), ..before }
                }
                (_, before) => {
                    let (revision, body) = fresh();
                    State { version, revision, body, edition: before.and_then(|state| state.edition) }
                }
            });
        }
        state
    }

    async fn until_the_server_is_gone(mut self, server: &Remote, enough: &Enough) -> Self {
        while self.write(server).await.is_some() {
            self.writes += 1;
            enough.one_more();
        }
        self
    }

    /// Does the next write; `None` if it was not answered.
    async fn write(&self, server: &Remote) -> Option<()> {
        let (article, at) = (self.writes / STORY.len(), self.writes % STORY.len());
        let (slug, body) = (self.slug(article), self.body(article, at + 1));
        let here = format!("/v1/articles/{slug}");
        let request = match STORY[at] {
            Write::Create => server.post("/v1/articles").json(&json!({
                "title": slug, "slug": slug, "sections": [{"heading": "Part", "body": body}]
            })),
            Write::Edit => server
                .patch(&format!("{here}/draft/sections/part"))
                .header("if-match", format!("\"{at}\""))
                .json(&json!({"body": body})),
            Write::Publish => {
                let revision = self.state(article, at).expect("an article").revision;
                server.post(&format!("{here}/publish")).json(&json!({"revision": revision}))
            }
        };
        let response = request.send().await.ok()?;
        let (status, version) = (response.status(), response.headers().get("etag").cloned());
        let told = response.text().await.ok()?;
        assert!(status.is_success(), "{slug}, write {}: {status} {told}", at + 1);
        assert_eq!(version.expect("a version"), format!("\"{}\"", at + 1), "{slug}: {told}");
        Some(())
    }

    /// A write that was never answered was done or not, but nothing between; one that was done counts from now on.
    async fn forgive(&mut self, server: &Remote, lost: &mut Vec<String>) -> bool {
        let (article, at) = (self.writes / STORY.len(), self.writes % STORY.len());
        if server.state(&self.slug(article)).await == self.state(article, at + 1) {
            self.writes += 1;
            return true;
        }
        // The last that was answered may have been the last of its article.
        self.check(server, article.saturating_sub(1)..self.articles(), lost).await;
        false
    }

    async fn check(&self, server: &Remote, articles: std::ops::Range<usize>, lost: &mut Vec<String>) {
        for article in articles {
            let wanted = self.state(article, (self.writes - article * STORY.len()).min(STORY.len()));
            let found = server.state(&self.slug(article)).await;
            if found != wanted {
                lost.push(format!("{}: {found:?} instead of {wanted:?}", self.slug(article)));
            }
        }
    }
}

/// Tells when enough has been written.
#[derive(Clone)]
struct Enough {
    count: Arc<AtomicUsize>,
    wanted: usize,
    reached: Arc<Notify>,
}

impl Enough {
    fn new(wanted: usize) -> Self {
        Self { count: Arc::default(), wanted, reached: Arc::default() }
    }

    fn one_more(&self) {
        if self.count.fetch_add(1, Ordering::SeqCst) + 1 == self.wanted {
            self.reached.notify_one();
        }
    }
}

/// A server that runs, and a token for it.
#[derive(Clone)]
struct Remote {
    http: Client,
    address: String,
    token: String,
}

impl Remote {
    async fn login(address: &str) -> Self {
        let http = Client::builder().no_proxy().build().expect("a client");
        let mut server = Self { http, address: address.to_owned(), token: String::new() };
        let who = json!({"email": "ada@lede.example", "password": PASSWORD});
        let response = server.post("/v1/auth/sessions").json(&who).send().await.expect("a response");
        let session: Value = response.json().await.expect("JSON");
        session["access_token"].as_str().expect("a token").clone_into(&mut server.token);
        server
    }

    fn post(&self, path: &str) -> RequestBuilder {
        self.http.post(format!("{}{path}", self.address)).bearer_auth(&self.token)
    }

    fn patch(&self, path: &str) -> RequestBuilder {
        self.http.patch(format!("{}{path}", self.address)).bearer_auth(&self.token)
    }

    /// What is there, if anything is.
    async fn get(&self, path: &str) -> Option<Value> {
        let ask = self.http.get(format!("{}{path}", self.address)).bearer_auth(&self.token);
        let response = ask.send().await.expect("a response");
        match response.status().as_u16() {
            404 => None,
            200 => Some(response.json().await.expect("JSON")),
            status => panic!("{path}: {status}"),
        }
    }

    /// How an article is, if it is there.
    async fn state(&self, slug: &str) -> Option<State> {
        let number = |value: &Value| usize::try_from(value.as_u64().expect("a number")).expect("a small one");
        let text = |value: &Value| value.as_str().expect("text").to_owned();
        let draft = self.get(&format!("/v1/articles/{slug}/draft")).await?;
        let edition = self.get(&format!("/v1/articles/{slug}?formats=markdown")).await;
        Some(State {
            version: number(&draft["version"]),
            revision: number(&draft["revision"]),
            body: text(&draft["sections"][0]["body"]),
            edition: edition.map(|it| (text(&it["sections"][0]["markdown"]), number(&it["edition"]))),
        })
    }

    /// How many articles there are.
    async fn count(&self) -> usize {
        let page = self.get("/v1/drafts?limit=1&include_total=true").await.expect("a list");
        usize::try_from(page["total"].as_u64().expect("a number")).expect("a small one")
    }
}
