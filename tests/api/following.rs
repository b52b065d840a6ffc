//! Who follows the changes holds what a full read gives, whatever happens and however slowly one follows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use lede::auth::Role;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::given::seconds;
use crate::server::Server;
use crate::test_database::rounds;
use crate::writing::{ARTICLES, at, create, id, publish, published};

pub const CHANGES: &str = "/v1/changes";
const SITE: &str = "/v1/site";

#[derive(Deserialize)]
struct Page {
    items: Vec<Change>,
    next_cursor: String,
    has_more: bool,
}

#[derive(Deserialize)]
pub struct Change {
    #[serde(rename = "change")]
    pub what: String,
    pub id: Option<String>,
    pub article: Option<Box<RawValue>>,
}

impl Change {
    fn is_of_article(&self) -> bool {
        ["published", "updated", "rerendered", "unpublished", "purged"].contains(&self.what.as_str())
    }

    fn is_removal(&self) -> bool {
        ["unpublished", "purged"].contains(&self.what.as_str())
    }
}

/// Mirrors what readers see: the bytes of each article, by id, of each topic and author, by path, and of the site.
#[derive(Default)]
pub struct Follower {
    pub cursor: Option<String>,
    pub held: BTreeMap<String, String>,
    named: BTreeMap<String, String>,
    site: Option<String>,
}

impl Follower {
    /// Takes one page in and says whether there is more.
    async fn step(&mut self, reader: &Client, limit: u64) -> bool {
        // Who begins reads the site once; it makes a change only when it changes.
        if self.site.is_none() {
            self.site = Some(reader.get(SITE).await.is(200).text().to_owned());
        }
        let from = self.cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let response = reader.get(format!("{CHANGES}?limit={limit}{from}")).await;
        let page: Page = serde_json::from_str(response.is(200).text()).expect("a page");
        assert!(page.items.len() <= usize::try_from(limit).expect("a small limit"));
        assert_eq!(response.header("link").is_some(), page.has_more);
        for change in page.items {
            assert_eq!(change.article.is_none(), !change.is_of_article() || change.is_removal());
            self.take(reader, change).await;
        }
        self.cursor = Some(page.next_cursor);
        page.has_more
    }

    /// Takes one change in.
    pub async fn take(&mut self, reader: &Client, change: Change) {
        if !change.is_of_article() {
            return self.read_again(reader, &change).await;
        }
        let id = change.id.expect("the id of an article");
        match change.article {
            Some(article) => self.held.insert(id, article.get().to_owned()),
            None => self.held.remove(&id),
        };
    }

    /// Reads the site, or a topic or author, which may have been merged or removed.
    pub async fn read_again(&mut self, reader: &Client, change: &Change) {
        let Some(id) = &change.id else {
            assert_eq!(change.what, "site");
            self.site = Some(reader.get(SITE).await.is(200).text().to_owned());
            return;
        };
        let path = format!("/v1/{}s/{id}", change.what);
        let response = reader.get(&path).await;
        match response.status() {
            200 => self.named.insert(path, response.text().to_owned()),
            301 | 404 => self.named.remove(&path),
            status => panic!("{status} for {path}"),
        };
    }

    /// How many articles in lists carry a topic or an author.
    fn count(&self, path: &str) -> i64 {
        let (kind, id) = path.trim_start_matches("/v1/").split_once('/').expect("a path");
        let carries = |text: &&String| {
            let article: Value = serde_json::from_str(text).expect("JSON");
            let carried = article[kind].as_array().expect("a list");
            article["listed"] == true && carried.iter().any(|one| one["id"] == *id)
        };
        i64::try_from(self.held.values().filter(carries).count()).expect("a small number")
    }

    pub async fn catch_up(&mut self, reader: &Client, limit: u64) {
        while self.step(reader, limit).await {}
    }

    /// What is held and stands in lists, or does not.
    pub fn listed(&self, listed: bool) -> BTreeMap<String, String> {
        let stands = |text: &&String| serde_json::from_str::<Value>(text).expect("JSON")["listed"] == listed;
        let held = self.held.iter().filter(|(_, text)| stands(text));
        held.map(|(id, text)| (id.clone(), text.clone())).collect()
    }
}

/// Every article in lists that matches a query, as they have it.
pub async fn full_read(reader: &Client, query: &str) -> BTreeMap<String, String> {
    #[derive(Deserialize)]
    struct List {
        items: Vec<Box<RawValue>>,
        next_cursor: Option<String>,
    }
    let mut all = BTreeMap::new();
    let mut path = format!("{ARTICLES}?limit=7{query}");
    loop {
        let response = reader.get(&path).await;
        let list: List = serde_json::from_str(response.is(200).text()).expect("a page");
        for item in list.items {
            let value: Value = serde_json::from_str(item.get()).expect("JSON");
            all.insert(id(&value), item.get().to_owned());
        }
        let Some(cursor) = list.next_cursor else { return all };
        path = format!("{ARTICLES}?limit=7{query}&cursor={cursor}");
    }
}

/// A server on which articles in different languages may have the same slug.
pub async fn multilingual() -> Server {
    Server::start_with(|config| config.site.article_path = "/{locale}/{slug}".into()).await
}

/// Every topic and author by its path, as lists have it.
async fn all_named(reader: &Client, query: &str) -> BTreeMap<String, Value> {
    let mut all = BTreeMap::new();
    for kind in ["topics", "authors"] {
        let page = reader.get(format!("/v1/{kind}?limit=100{query}")).await.expect(200);
        assert_eq!(page["next_cursor"], Value::Null);
        let items = page["items"].as_array().expect("items").iter();
        all.extend(items.map(|item| (format!("/v1/{kind}/{}", id(item)), item.clone())));
    }
    all
}

/// Holds what a follower has against what readers get.
pub async fn compare(follower: &Follower, editor: &Client, reader: &Client, told: &str) {
    assert_eq!(follower.site.as_deref(), Some(reader.get(SITE).await.is(200).text()), "{told}");
    let named =
        follower.named.iter().map(|(path, text)| (path.clone(), serde_json::from_str(text).expect("JSON")));
    assert_eq!(named.collect::<BTreeMap<String, Value>>(), all_named(reader, "").await, "{told}");
    for (path, item) in all_named(reader, "&fields=id,article_count").await {
        assert_eq!(item["article_count"], follower.count(&path), "{path} {told}");
    }
    assert_eq!(follower.listed(true), full_read(reader, "").await, "{told}");
    let members = "id,slug,locale,url,title,subtitle,summary,cover,featured,listed,authors,topics,word_count,\
        reading_minutes,seo,translations,custom,edition,published_at,updated_at";
    for (id, text) in follower.listed(false) {
        let one = reader.get(format!("{ARTICLES}/{id}?fields={members}")).await;
        assert_eq!(one.is(200).text(), text, "{told}");
    }
    let mut live = Vec::new();
    let mut next = Some(String::new());
    while let Some(cursor) = next {
        let page = editor.get(format!("/v1/drafts?status=published&limit=100{cursor}")).await.expect(200);
        live.extend(page["items"].as_array().expect("items").iter().map(id));
        next = page["next_cursor"].as_str().map(|cursor| format!("&cursor={cursor}"));
    }
    live.sort();
    assert_eq!(follower.held.keys().cloned().collect::<Vec<_>>(), live, "{told}");
}

/// Numbers that are the same in every run.
pub struct Dice(pub u64);

impl Dice {
    pub fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    pub fn one_of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        items.get(usize::try_from(self.below(items.len().max(1) as u64)).expect("a small number"))
    }
}

const TOPICS: [&str; 4] = ["sea", "land", "sky", "ice"];

/// Does something that editors do. What the present state does not allow is refused, and is nothing, too.
pub async fn something(dice: &mut Dice, server: &Server, editor: &Client, drafts: &mut Vec<Value>) -> String {
    let Some(draft) = dice.one_of(drafts).cloned() else {
        drafts.push(published(editor, json!({"title": "First", "topics": TOPICS})).await);
        return "first".into();
    };
    let topic = *dice.one_of(&TOPICS).expect("a topic");
    let author = format!("writer-{}", dice.below(3));
    let response: Response = match dice.below(21) {
        0 | 1 => {
            let body = json!({"title": format!("T{}", dice.below(1_000_000)), "topics": [topic], "listed": dice.below(3) > 0});
            drafts.push(published(editor, body).await);
            return "created and published".into();
        }
        2 => {
            let locale = *dice.one_of(&["de", "fr", "it"]).expect("a language");
            let body = json!({"title": "Gezeiten", "locale": locale, "translation_of": draft["id"]});
            // What is in the trash has no new translations, and a group one in each language.
            let made = editor.post(ARTICLES).json(body).await;
            if made.status() == 201 {
                drafts.push(publish(editor, &made.json()).await);
            }
            return format!("translated {}", made.status());
        }
        19 => {
            let other = dice.one_of(drafts).map(|other| other["id"].clone());
            let change = json!({"translation_of": if dice.below(3) == 0 { None } else { other }});
            editor.patch(at(&draft, "/draft")).header("if-match", "*").json(change).await
        }
        3 => {
            drafts.push(create(editor, json!({"title": "Only a draft", "topics": [topic]})).await);
            return "created".into();
        }
        4 | 5 => {
            return edit(editor, &draft, json!({"intro": format!("Text {}.", dice.below(1_000_000))})).await;
        }
        6 => return edit(editor, &draft, json!({"slug": format!("s{}", dice.below(20))})).await,
        7 => return edit(editor, &draft, json!({"listed": dice.below(2) == 0})).await,
        8 => editor.post(at(&draft, "/unpublish")).await,
        9 => editor.delete(at(&draft, "")).await,
        10 => editor.post(at(&draft, "/restore")).await,
        11 => {
            let name = json!({"name": format!("Topic {}", dice.below(1_000_000))});
            editor.patch(format!("/v1/topics/{topic}")).json(name).await
        }
        12 => {
            editor.post("/v1/topics").json(json!({"name": "Passing"})).await.is(201);
            edit(editor, &draft, json!({"topics": ["passing"]})).await;
            let merged = editor.post("/v1/topics/passing/merge").json(json!({"into": topic})).await;
            editor.delete("/v1/topics/passing").await.is(204);
            merged
        }
        13 => {
            editor.post("/v1/authors").json(json!({"name": author, "slug": author})).await;
            return edit(editor, &draft, json!({"authors": [author]})).await;
        }
        14 => {
            let change = json!({"name": format!("Writer {}", dice.below(1_000_000)), "bio": "Writes."});
            editor.patch(format!("/v1/authors/{author}")).json(change).await
        }
        15 => {
            let into = format!("writer-{}", dice.below(3));
            let merged = editor.post(format!("/v1/authors/{author}/merge")).json(json!({"into": into})).await;
            editor.delete(format!("/v1/authors/{author}")).await;
            merged
        }
        16 => {
            let locales = *dice.one_of(&[Some(["en", "it"]), None, None]).expect("languages");
            let title = format!("Site {}", dice.below(1_000_000));
            editor.patch(SITE).json(json!({"title": title, "locales": locales})).await
        }
        17 => {
            let change =
                json!({"custom": {"n": dice.below(3)}, "title": format!("T{}", dice.below(1_000_000))});
            let changed = editor.patch(at(&draft, "/draft")).header("if-match", "*").json(change).await;
            let minor = json!({"revision": changed.json()["revision"], "minor": true});
            if changed.status() == 200 {
                editor.post(at(&draft, "/publish")).json(minor).await
            } else {
                changed
            }
        }
        18 => {
            return edit(
                editor,
                &draft,
                json!({"locale": (["en", "de", "fr"][usize::try_from(dice.below(3)).expect("small")])}),
            )
            .await;
        }
        _ => {
            server.run_jobs().await;
            return "jobs".into();
        }
    };
    format!("{} {} {}", response.exchange.method, response.exchange.path, response.status())
}

/// Changes metadata and publishes that, as far as the state allows.
pub async fn edit(editor: &Client, draft: &Value, change: Value) -> String {
    let told = format!("{} {change}", draft["id"]);
    let changed = editor.patch(at(draft, "/draft")).header("if-match", "*").json(change).await;
    if changed.status() == 200 {
        let revision = json!({"revision": changed.json()["revision"]});
        editor.post(at(draft, "/publish")).json(revision).await;
    }
    told
}

#[tokio::test]
async fn whoever_follows_holds_what_a_full_read_gives() {
    for seed in 1..=u64::try_from(rounds(3)).expect("a small number") {
        let server = multilingual().await;
        let (editor, reader) = (server.login(Role::Admin).await, server.client());
        let (mut dice, mut drafts, mut follower) = (Dice(seed), Vec::new(), Follower::default());
        let mut story = Vec::new();
        for step in 1..=100 {
            story.push(something(&mut dice, &server, &editor, &mut drafts).await);
            server.clock.advance(seconds(dice.below(2)));
            for _ in 0..dice.below(3) {
                follower.step(&reader, 1 + dice.below(3)).await;
            }
            if step % 25 == 0 {
                server.run_jobs().await;
                follower.catch_up(&reader, 1 + dice.below(5)).await;
                let told = format!("seed {seed}, after {}", story.join("\n"));
                compare(&follower, &editor, &reader, &told).await;
            }
        }
        // Who comes late reads every article that readers ever had once.
        let all = changes(&reader, "?limit=100").await;
        assert!(all.len() < 100);
        let ever: Vec<String> = all.into_iter().map(|(_, id)| id).collect();
        let once: std::collections::BTreeSet<&String> = ever.iter().collect();
        assert_eq!(once.len(), ever.len());
        let mut late = Follower::default();
        late.catch_up(&reader, 4).await;
        assert_eq!(late.held, follower.held);
        assert_eq!(late.named, follower.named);
    }
}

/// The changes of a page, as what and of which article.
pub async fn changes(reader: &Client, query: &str) -> Vec<(String, String)> {
    let page: Page =
        serde_json::from_str(reader.get(format!("{CHANGES}{query}")).await.is(200).text()).expect("a page");
    page.items.into_iter().map(|change| (change.what, change.id.unwrap_or_default())).collect()
}

const WRITERS: usize = 8;
const ARTICLES_EACH: usize = 12;

#[tokio::test]
async fn whoever_follows_while_many_write_misses_nothing() {
    let server = multilingual().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let done = Arc::new(AtomicBool::new(false));
    let following = tokio::spawn({
        let (reader, done) = (reader.clone(), done.clone());
        async move {
            let mut follower = Follower::default();
            loop {
                // Asked before the read: what is there by then is found by it.
                let last = done.load(Ordering::SeqCst);
                follower.catch_up(&reader, 3).await;
                if last {
                    return follower;
                }
            }
        }
    });
    let writers = (0..WRITERS).map(|writer| tokio::spawn(write(editor.clone(), writer)));
    for writer in futures_util::future::join_all(writers).await {
        writer.expect("a writer");
    }
    done.store(true, Ordering::SeqCst);
    let follower = following.await.expect("the follower");
    assert_eq!(follower.held.len(), WRITERS * ARTICLES_EACH * 3 / 4);
    compare(&follower, &editor, &reader, "").await;
}

/// Lets articles come, of which each is missed for good if it is missed once, and some go.
pub async fn write(editor: Client, writer: usize) {
    for n in 0..ARTICLES_EACH {
        let body = json!({"title": format!("Of {writer}: {n}"), "listed": n % 3 > 0});
        let draft = published(&editor, body).await;
        if n % 4 == 0 {
            editor.post(at(&draft, "/unpublish")).await.is(200);
        }
    }
}
