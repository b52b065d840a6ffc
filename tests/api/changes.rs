//! The list of changes: what each of them says, their order, and the cursors.

use diesel::RunQueryDsl as _;
use lede::auth::Role;
use lede::base::config::Config;
use lede::base::db::Connection;
use serde_json::{Value, json};

use crate::following::{CHANGES, Dice, changes, edit, multilingual, something};
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, id, publish, published};

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

/// What the site settings show, which of them are told as changes, and that reading finds them so.
async fn sites(server: &Server, cursor: &mut String) -> Vec<String> {
    let page = server.client().get(format!("{CHANGES}?cursor={cursor}&limit=100")).await.expect(200);
    page["next_cursor"].as_str().expect("a cursor").clone_into(cursor);
    let items = page["items"].as_array().expect("items").iter().map(|item| item["change"].as_str());
    let mut told: Vec<String> = items.map(|change| change.expect("a change").to_owned()).collect();
    told.sort();
    told
}

#[tokio::test]
async fn the_site_changes_with_the_languages_of_what_is_live() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let mut cursor =
        server.client().get(CHANGES).await.expect(200)["next_cursor"].as_str().unwrap().to_owned();
    let mut told = async |what: &[&str], locales: &[&str]| {
        assert_eq!(sites(&server, &mut cursor).await, what);
        assert_eq!(server.client().get("/v1/site").await.expect(200)["locales"], json!(locales));
    };
    let english = published(&admin, json!({"title": "One"})).await;
    told(&["published"], &["en"]).await;
    let german = published(&admin, json!({"title": "Eins", "locale": "de"})).await;
    told(&["published", "site"], &["en", "de"]).await;
    let other = published(&admin, json!({"title": "Zwei", "locale": "de"})).await;
    told(&["published"], &["en", "de"]).await;
    admin.post(at(&german, "/unpublish")).await.is(200);
    told(&["unpublished"], &["en", "de"]).await;
    edit(&admin, &other, json!({"locale": "fr"})).await;
    told(&["site", "updated"], &["en", "fr"]).await;
    edit(&admin, &english, json!({"locale": "de"})).await;
    told(&["site", "updated"], &["en", "de", "fr"]).await;
    admin.delete(at(&other, "")).await.is(204);
    told(&["site", "unpublished"], &["en", "de"]).await;
    // Those that are set by hand stay.
    admin.patch("/v1/site").json(json!({"locales": ["en", "it"]})).await.is(200);
    told(&["site"], &["en", "it"]).await;
    admin.post(at(&english, "/unpublish")).await.is(200);
    told(&["unpublished"], &["en", "it"]).await;
}

#[tokio::test]
async fn the_site_changes_with_the_settings_of_a_server_that_starts() {
    let first = Server::start().await;
    let draft = published(&first.login(Role::Editor).await, json!({"title": "One"})).await;
    let mut cursor =
        first.client().get(CHANGES).await.expect(200)["next_cursor"].as_str().unwrap().to_owned();
    let (database, clock) = (first.database(), first.clock.clone());
    first.stop().await;
    let same = Server::start_on(database.clone(), clock.clone(), |_| ()).await;
    same.client().get("/health/live").await.is(200);
    assert_eq!(sites(&same, &mut cursor).await, [""; 0]);
    same.stop().await;
    let set = |config: &mut Config| config.site.title = "The Other Almanac".to_owned();
    let second = Server::start_on(database.clone(), clock.clone(), set).await;
    second.client().get("/health/live").await.is(200);
    second.run_jobs().await;
    assert_eq!(sites(&second, &mut cursor).await, ["site"]);
    assert_eq!(second.client().get("/v1/site").await.expect(200)["title"], "The Other Almanac");
    second.client().get(at(&draft, "")).await.is(200);
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
    let server = multilingual().await;
    let (editor, reader) = (server.login(Role::Admin).await, server.client());
    let (mut dice, mut drafts) = (Dice(7), Vec::new());
    for _ in 0..60 {
        something(&mut dice, &server, &editor, &mut drafts).await;
    }
    server.run_jobs().await;
    let before = reader.get(format!("{CHANGES}?limit=100")).await.text().to_owned();
    let conn = &mut server.database().connect();
    let edited = |conn: &mut Connection| {
        let column = "SELECT CAST(sum(event_id * edited_event_id) AS bigint) AS sum FROM latest_changes";
        diesel::sql_query(column).get_result::<Sum>(conn).expect("a sum").sum
    };
    let edited_before = edited(conn);
    diesel::sql_query("DELETE FROM latest_changes").execute(conn).expect("nothing");
    let fill = "INSERT INTO latest_changes (subject_id, event_id, change, at, edited_event_id) \
         SELECT subject_id, id, CASE WHEN kind = 'article.published' AND id > \
             (SELECT min(id) FROM events AS earlier WHERE earlier.subject_id = latest.subject_id \
              AND earlier.kind = 'article.published') AND coalesce( \
             (SELECT earlier.kind FROM events AS earlier WHERE earlier.subject_id = latest.subject_id \
              AND earlier.id < latest.id AND earlier.kind IN ('article.published', 'article.unpublished') \
              ORDER BY earlier.id DESC LIMIT 1), '') <> 'article.unpublished' THEN 'updated' \
           WHEN kind = 'article.published' THEN 'published' WHEN kind = 'article.rerendered' THEN 'rerendered' \
           WHEN kind = 'article.unpublished' THEN 'unpublished' WHEN kind LIKE 'topic.%' THEN 'topic' \
           WHEN kind LIKE 'author.%' THEN 'author' ELSE 'site' END, at, \
         (SELECT max(id) FROM events AS earlier WHERE earlier.subject_id = latest.subject_id AND earlier.id <= latest.id \
          AND earlier.kind IN ('article.published', 'article.unpublished') OR latest.kind NOT LIKE 'article.%' \
          AND earlier.id = latest.id) \
         FROM events AS latest WHERE id IN (SELECT max(id) FROM events \
           WHERE kind IN ('article.published', 'article.rerendered', 'article.unpublished') \
             AND subject_id IN (SELECT subject_id FROM events WHERE kind = 'article.published') \
             OR kind LIKE 'topic.%' OR kind LIKE 'author.%' OR kind LIKE 'site.%' GROUP BY subject_id)";
    diesel::sql_query(fill).execute(conn).expect("changes");
    assert_eq!(reader.get(format!("{CHANGES}?limit=100")).await.text(), before);
    assert_eq!(edited(conn), edited_before);
}

#[derive(diesel::QueryableByName)]
struct Sum {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    sum: i64,
}
