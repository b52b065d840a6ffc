//! Who follows the changes holds what a full read gives, whatever happens and however slowly one follows.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use diesel::RunQueryDsl as _;
use lede::auth::Role;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::given::seconds;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, id, publish, published};

const CHANGES: &str = "/v1/changes";

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
struct Dice(u64);

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
async fn something(dice: &mut Dice, server: &Server, editor: &Client, drafts: &mut Vec<Value>) -> String {
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
async fn edit(editor: &Client, draft: &Value, change: Value) -> String {
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
async fn changes(reader: &Client, query: &str) -> Vec<(String, String)> {
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

#[tokio::test]
async fn a_change_says_what_became_of_an_article_last() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let empty = reader.get(CHANGES).await.expect(200);
    assert_eq!((&empty["items"], &empty["has_more"]), (&json!([]), &json!(false)));
    let beginning = empty["next_cursor"].as_str().expect("a cursor").to_owned();
    // What was never published has never been anything to readers.
    let hidden = create(&editor, json!({"title": "Hidden"})).await;
    editor.delete(at(&hidden, "")).await.is(204);
    assert_eq!(reader.get(format!("{CHANGES}?cursor={beginning}")).await.expect(200), empty);

    let first = published(&editor, json!({"title": "First", "topics": ["sea"]})).await;
    let second = published(&editor, json!({"title": "Second", "listed": false})).await;
    let told = |what: &str, draft: &Value| (what.to_owned(), id(draft));
    let sea = told("topic", &first["topics"][0]);
    let page = reader.get(format!("{CHANGES}?cursor={beginning}")).await;
    let both = [told("published", &first), told("published", &second)];
    assert_eq!(changes(&reader, "").await, [std::slice::from_ref(&sea), both.as_slice()].concat());
    let item = page.expect(200)["items"][2].clone();
    assert_eq!((&item["article"]["listed"], &item["at"]), (&json!(false), &json!(server.clock.now())));
    let cursor = page.json()["next_cursor"].as_str().expect("a cursor").to_owned();
    let since = format!("?cursor={cursor}");
    assert_eq!(changes(&reader, &since).await, []);

    // A read that meets what is stale makes it anew, and so changes it.
    editor.patch("/v1/topics/sea").json(json!({"name": "The sea"})).await.is(200);
    assert_eq!(changes(&reader, &since).await, std::slice::from_ref(&sea));
    server.run_jobs().await;
    assert_eq!(changes(&reader, &since).await, [sea.clone(), told("rerendered", &first)]);
    editor.patch("/v1/topics/sea").json(json!({"name": "Sea"})).await.is(200);
    let page = reader.get(format!("{CHANGES}{since}")).await.expect(200);
    assert_eq!(page["items"][1]["article"]["topics"][0]["name"], "Sea");

    // The newest word on each, in the order of the log. Who has an article gets a new edition of it.
    edit(&editor, &second, json!({"title": "Seconds"})).await;
    assert_eq!(changes(&reader, &since).await.last(), Some(&told("updated", &second)));
    edit(&editor, &first, json!({"title": "Firsts"})).await;
    editor.post(at(&second, "/unpublish")).await.is(200);
    let both = [sea.clone(), told("updated", &first), told("unpublished", &second)];
    assert_eq!(changes(&reader, &since).await, both);
    assert_eq!(changes(&reader, "").await, both);
    editor.delete(at(&first, "")).await.is(204);
    let both = [sea.clone(), told("unpublished", &second), told("unpublished", &first)];
    assert_eq!(changes(&reader, "").await, both);
    let back = editor.post(at(&first, "/restore")).await.expect(200);
    assert_eq!(changes(&reader, &since).await, both);
    publish(&editor, &back).await;
    let again = [sea, told("unpublished", &second), told("published", &first)];
    assert_eq!(changes(&reader, &since).await, again);
}

#[tokio::test]
async fn topics_authors_and_the_site_change_too_each_once() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let admin = server.login(Role::Admin).await;
    let topic = editor.post("/v1/topics").json(json!({"name": "Sea"})).await.expect(201);
    let other = editor.post("/v1/topics").json(json!({"name": "Land"})).await.expect(201);
    let author = editor.post("/v1/authors").json(json!({"name": "Ada"})).await.expect(201);
    let told = |what: &str, subject: &Value| (what.to_owned(), id(subject));
    let (sea, land, ada) = (told("topic", &topic), told("topic", &other), told("author", &author));
    assert_eq!(changes(&reader, "").await, [sea.clone(), land.clone(), ada.clone()]);
    let site = ("site".to_owned(), String::new());
    admin.patch("/v1/site").json(json!({"title": "Tides"})).await.is(200);
    editor.patch("/v1/authors/ada").json(json!({"name": "Ada L."})).await.is(200);
    editor.patch("/v1/topics/sea").json(json!({"name": "The sea"})).await.is(200);
    assert_eq!(changes(&reader, "").await, [land.clone(), site.clone(), ada.clone(), sea.clone()]);
    let page = reader.get(format!("{CHANGES}?limit=3")).await.expect(200);
    assert_eq!((&page["items"][1]["id"], &page["items"][1]["article"]), (&Value::Null, &Value::Null));
    let since = format!("?cursor={}", page["next_cursor"].as_str().expect("a cursor"));
    assert_eq!(changes(&reader, &since).await, std::slice::from_ref(&sea));
    // Whoever was at any position gets every later change.
    editor.post("/v1/topics/land/merge").json(json!({"into": "sea"})).await.is(200);
    editor.delete("/v1/authors/ada").await.is(204);
    admin.patch("/v1/site").json(json!({"title": "Ebb"})).await.is(200);
    assert_eq!(changes(&reader, &since).await, [sea.clone(), land.clone(), ada.clone(), site.clone()]);
    assert_eq!(changes(&reader, "").await, [sea, land, ada, site]);
}

#[tokio::test]
async fn fields_and_formats_choose_as_in_lists() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let gone = published(&editor, json!({"title": "Gone"})).await;
    published(&editor, json!({"title": "One", "intro": "*Look*."})).await;
    editor.post(at(&gone, "/unpublish")).await.is(200);
    published(&editor, json!({"title": "Two", "intro": "**Here**."})).await;
    for query in ["", "&fields=slug,title", "&fields=slug,intro,content_text&formats=text,markdown"] {
        let list = reader.get(format!("{ARTICLES}?sort=title{query}")).await.expect(200);
        let page = reader.get(format!("{CHANGES}?limit=3{query}")).await.expect(200);
        let articles: Vec<&Value> =
            page["items"].as_array().expect("items").iter().map(|item| &item["article"]).collect();
        assert_eq!(articles, [&list["items"][0], &Value::Null, &list["items"][1]], "{query}");
    }
}

#[tokio::test]
async fn a_cursor_is_of_this_list_and_of_this_log() {
    // The rows are made behind the log's back.
    let server = Server::start_with(|config| config.cache.megabytes = 0).await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for title in ["One", "Two", "Three"] {
        published(&editor, json!({"title": title})).await;
    }
    let first = reader.get(format!("{CHANGES}?limit=2")).await;
    let page = first.expect(200);
    assert_eq!((page["items"].as_array().expect("items").len(), &page["has_more"]), (2, &json!(true)));
    let cursor = page["next_cursor"].as_str().expect("a cursor");
    let link = format!("<{CHANGES}?limit=2&cursor={cursor}>; rel=\"next\"");
    assert_eq!(first.header("link"), Some(link.as_str()));
    let rest = reader.get(format!("{CHANGES}?fields=title&cursor={cursor}")).await.expect(200);
    assert_eq!((&rest["items"][0]["article"]["title"], &rest["has_more"]), (&json!("Three"), &json!(false)));
    for (query, refusal) in [
        ("include_total=true", "include_total parameter-unknown"),
        ("limit=0", "limit number-out-of-bounds"),
        ("limit=101", "limit number-out-of-bounds"),
        ("fields=titel", "fields field-unknown"),
        ("cursor=x", "cursor cursor-invalid"),
    ] {
        let response = reader.get(format!("{CHANGES}?{query}")).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), [refusal]);
    }
    let foreign = reader.get(format!("{ARTICLES}?limit=1")).await.expect(200);
    let foreign = foreign["next_cursor"].as_str().expect("a cursor");
    let response = reader.get(format!("{CHANGES}?cursor={foreign}")).await;
    assert_eq!(response.violations(), ["cursor cursor-invalid"]);
    // A backup was put back, and the log went another way since.
    let end = rest["next_cursor"].as_str().expect("a cursor");
    reader.get(format!("{CHANGES}?cursor={end}")).await.is(200);
    let conn = &mut server.database().connect();
    let other = if server.is_embedded() { "at + 1" } else { "at + interval '1 second'" };
    diesel::sql_query(format!("UPDATE events SET at = {other}")).execute(conn).expect("another log");
    for cursor in [cursor, end] {
        let response = reader.get(format!("{CHANGES}?cursor={cursor}")).await;
        assert_eq!(response.violations(), ["cursor cursor-invalid"]);
    }
    reader.get(CHANGES).await.is(200);
}

#[tokio::test]
async fn the_latest_changes_follow_from_the_log() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let (mut dice, mut drafts) = (Dice(7), Vec::new());
    for _ in 0..60 {
        something(&mut dice, &server, &editor, &mut drafts).await;
    }
    server.run_jobs().await;
    let before = reader.get(format!("{CHANGES}?limit=100")).await.text().to_owned();
    let conn = &mut server.database().connect();
    diesel::sql_query("DELETE FROM latest_changes").execute(conn).expect("nothing");
    let fill = "INSERT INTO latest_changes (subject_id, event_id, change, at) \
         SELECT subject_id, id, CASE WHEN kind = 'article.published' AND id > \
             (SELECT min(id) FROM events AS earlier WHERE earlier.subject_id = latest.subject_id \
              AND earlier.kind = 'article.published') AND coalesce( \
             (SELECT earlier.kind FROM events AS earlier WHERE earlier.subject_id = latest.subject_id \
              AND earlier.id < latest.id AND earlier.kind IN ('article.published', 'article.unpublished') \
              ORDER BY earlier.id DESC LIMIT 1), '') <> 'article.unpublished' THEN 'updated' \
           WHEN kind = 'article.published' THEN 'published' WHEN kind = 'article.rerendered' THEN 'rerendered' \
           WHEN kind = 'article.unpublished' THEN 'unpublished' WHEN kind LIKE 'topic.%' THEN 'topic' \
           WHEN kind LIKE 'author.%' THEN 'author' ELSE 'site' END, at \
         FROM events AS latest WHERE id IN (SELECT max(id) FROM events \
           WHERE kind IN ('article.published', 'article.rerendered', 'article.unpublished') \
             AND subject_id IN (SELECT subject_id FROM events WHERE kind = 'article.published') \
             OR kind LIKE 'topic.%' OR kind LIKE 'author.%' OR kind = 'site.updated' GROUP BY subject_id)";
    diesel::sql_query(fill).execute(conn).expect("changes");
    assert_eq!(reader.get(format!("{CHANGES}?limit=100")).await.text(), before);
}
