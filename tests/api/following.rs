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
use crate::writing::{ARTICLES, at, create, id, published};

pub const CHANGES: &str = "/v1/changes";

#[derive(Deserialize)]
struct Page {
    items: Vec<Change>,
    next_cursor: String,
    has_more: bool,
}

#[derive(Deserialize)]
struct Change {
    #[serde(rename = "change")]
    what: String,
    id: Option<String>,
    article: Option<Box<RawValue>>,
}

impl Change {
    fn is_of_article(&self) -> bool {
        ["published", "updated", "rerendered", "unpublished"].contains(&self.what.as_str())
    }
}

/// Mirrors what readers see: the bytes of each article, by id.
#[derive(Default)]
struct Follower {
    cursor: Option<String>,
    held: BTreeMap<String, String>,
}

impl Follower {
    /// Takes one page in and says whether there is more.
    async fn step(&mut self, reader: &Client, limit: u64) -> bool {
        let from = self.cursor.as_ref().map(|cursor| format!("&cursor={cursor}")).unwrap_or_default();
        let response = reader.get(format!("{CHANGES}?limit={limit}{from}")).await;
        let page: Page = serde_json::from_str(response.is(200).text()).expect("a page");
        assert!(page.items.len() <= usize::try_from(limit).expect("a small limit"));
        assert_eq!(response.header("link").is_some(), page.has_more);
        for change in page.items.into_iter().filter(Change::is_of_article) {
            assert_eq!(change.article.is_none(), change.what == "unpublished");
            let id = change.id.expect("the id of an article");
            match change.article {
                Some(article) => self.held.insert(id, article.get().to_owned()),
                None => self.held.remove(&id),
            };
        }
        self.cursor = Some(page.next_cursor);
        page.has_more
    }

    async fn catch_up(&mut self, reader: &Client, limit: u64) {
        while self.step(reader, limit).await {}
    }

    /// What is held and stands in lists, or does not.
    fn listed(&self, listed: bool) -> BTreeMap<String, String> {
        let stands = |text: &&String| serde_json::from_str::<Value>(text).expect("JSON")["listed"] == listed;
        let held = self.held.iter().filter(|(_, text)| stands(text));
        held.map(|(id, text)| (id.clone(), text.clone())).collect()
    }
}

/// Every article in lists, as they have it.
async fn full_read(reader: &Client) -> BTreeMap<String, String> {
    #[derive(Deserialize)]
    struct List {
        items: Vec<Box<RawValue>>,
        next_cursor: Option<String>,
    }
    let mut all = BTreeMap::new();
    let mut path = format!("{ARTICLES}?limit=7");
    loop {
        let response = reader.get(&path).await;
        let list: List = serde_json::from_str(response.is(200).text()).expect("a page");
        for item in list.items {
            let value: Value = serde_json::from_str(item.get()).expect("JSON");
            all.insert(id(&value), item.get().to_owned());
        }
        let Some(cursor) = list.next_cursor else { return all };
        path = format!("{ARTICLES}?limit=7&cursor={cursor}");
    }
}

/// Holds what a follower has against what readers get.
async fn compare(follower: &Follower, editor: &Client, reader: &Client, told: &str) {
    assert_eq!(follower.listed(true), full_read(reader).await, "{told}");
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
    fn below(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn one_of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
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
    let response: Response = match dice.below(14) {
        0 | 1 => {
            let body = json!({"title": format!("T{}", dice.below(1_000_000)), "topics": [topic], "listed": dice.below(3) > 0});
            drafts.push(published(editor, body).await);
            return "created and published".into();
        }
        2 => {
            let body = json!({"title": "Gezeiten", "locale": "de", "translation_of": draft["id"]});
            drafts.push(published(editor, body).await);
            return "translated".into();
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
    for seed in 1..=2 {
        let server = Server::start().await;
        let (editor, reader) = (server.login(Role::Editor).await, server.client());
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
    let server = Server::start().await;
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
async fn write(editor: Client, writer: usize) {
    for n in 0..ARTICLES_EACH {
        let body = json!({"title": format!("Of {writer}: {n}"), "listed": n % 3 > 0});
        let draft = published(&editor, body).await;
        if n % 4 == 0 {
            editor.post(at(&draft, "/unpublish")).await.is(200);
        }
    }
}
