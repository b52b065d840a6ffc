//! Topics and authors: both do the same, so most stories are told of both.

use lede::auth::Role;
use lede::db::Connection;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{minutes, seconds};
use crate::server::Server;

const BOTH: [&str; 2] = ["topics", "authors"];

fn path(of: &Value, resource: &str) -> String {
    format!("/v1/{resource}/{}", of["id"].as_str().expect("an id"))
}

async fn make(editor: &Client, resource: &str, name: &str) -> Value {
    editor.post(format!("/v1/{resource}")).json(json!({"name": name})).await.expect(201)
}

async fn names(client: &Client, path: &str) -> Vec<String> {
    let page = client.get(path).await.expect(200);
    let items = page["items"].as_array().expect("items").iter();
    items.map(|item| item["name"].as_str().expect("a name").to_owned()).collect()
}

fn execute(server: &Server, sql: &str) {
    use diesel::connection::SimpleConnection as _;
    server.database().connect().batch_execute(sql).expect(sql);
}

fn literal(server: &Server, id: &Value) -> String {
    let id = id.as_str().expect("an id");
    if server.is_embedded() { format!("x'{}'", id.replace('-', "")) } else { format!("'{id}'") }
}

/// Puts an article into the database that carries these, in its draft and live.
fn carry(server: &Server, resource: &str, article: u8, owner: &Value, carried: &[&Value]) {
    let one = resource.trim_end_matches('s');
    let article_id = json!(format!("019b8d00-0000-7000-8000-0000000000{article:02x}"));
    let (id, owner) = (literal(server, &article_id), literal(server, owner));
    let (at, no, yes, bytes) = if server.is_embedded() {
        ("1", "0", "1", "x'00'")
    } else {
        ("'2026-01-01T00:00:00Z'", "false", "true", "'\\x00'")
    };
    let mut sql = format!(
        "INSERT INTO articles (id, owner_id, version, revision, metadata_revision, last_edition, locale, slug, title, \
         featured, listed, intro, seo, custom, aliases, created_at, updated_at) VALUES \
         ({id}, {owner}, 1, 1, 1, 1, 'en', 'a{article}', 'A', {no}, {yes}, '', '{{}}', '{{}}', '[]', {at}, {at});\
         INSERT INTO renderings (article_id, epoch, locale, slug, listed, featured, published_at, updated_at, title, \
         etag, made_from, item, body, sources) VALUES ({id}, 1, 'en', 'a{article}', {yes}, {no}, {at}, {at}, 'A', '', \
         {bytes}, {bytes}, {bytes}, {bytes});"
    );
    for (position, carried) in carried.iter().enumerate() {
        let other = literal(server, &carried["id"]);
        sql += &format!(
            "INSERT INTO article_{resource} (article_id, {one}_id, position) VALUES ({id}, {other}, {position});\
             INSERT INTO rendering_{resource} (article_id, {one}_id) VALUES ({id}, {other});"
        );
    }
    execute(server, &sql);
}

#[derive(diesel::QueryableByName)]
struct Count {
    #[diesel(sql_type = diesel::sql_types::BigInt)]
    n: i64,
}

fn count(server: &Server, from: &str) -> i64 {
    use diesel::RunQueryDsl as _;
    let query = diesel::sql_query(format!("SELECT count(*) AS n FROM {from}"));
    let counted: Count = match &mut server.database().connect() {
        Connection::Sqlite(conn) => query.get_result(conn).expect(from),
        Connection::Postgres(conn) => query.get_result(conn).expect(from),
    };
    counted.n
}

#[tokio::test]
async fn what_was_made_can_be_read_by_id_and_by_slug() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for resource in BOTH {
        let made = editor.post(format!("/v1/{resource}")).json(json!({"name": " Sea & Shore "})).await;
        let body = made.expect(201);
        assert_eq!(made.location(), path(&body, resource));
        assert_eq!((&body["name"], &body["slug"]), (&json!("Sea & Shore"), &json!("sea-shore")));
        for key in [body["id"].as_str().expect("an id"), "sea-shore"] {
            let read = reader.get(format!("/v1/{resource}/{key}")).await.expect(200);
            assert_eq!(read["id"], body["id"]);
            assert!(read.get("user_id").is_none() && read.get("article_count").is_none(), "{read}");
        }
        for nobody in ["lake", "Sea-Shore", "019b8d00-0000-7000-8000-000000000000", "a%00b"] {
            reader.get(format!("/v1/{resource}/{nobody}")).await.problem(404, "not-found");
        }
    }
}

#[tokio::test]
async fn a_made_slug_is_numbered_and_a_given_one_is_refused_when_taken() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for resource in BOTH {
        for slug in ["sea", "sea-2", "sea-3"] {
            assert_eq!(make(&editor, resource, "Sea").await["slug"], slug);
        }
        let at = format!("/v1/{resource}");
        editor.post(&at).json(json!({"name": "X", "slug": "sea"})).await.problem(409, "slug-taken");
        let lake = editor.post(&at).json(json!({"name": "X", "slug": "lake"})).await.expect(201);
        let lake = path(&lake, resource);
        editor.patch(&lake).json(json!({"slug": "sea-2"})).await.problem(409, "slug-taken");
        editor.patch(&lake).json(json!({"slug": "lake"})).await.expect(200);
    }
}

#[tokio::test]
async fn every_broken_rule_is_named_at_once() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let topic = json!({"name": "a\nb", "slug": "No", "description": "x".repeat(2001)});
    let refused = editor.post("/v1/topics").json(&topic).await;
    refused.problem(422, "invalid");
    assert_eq!(
        refused.violations(),
        ["/name name-malformed", "/slug slug-malformed", "/description too-long"]
    );
    let author =
        json!({"name": "", "bio": "x".repeat(2001), "website_url": "javascript:alert(1)", "image_url": "/a"});
    let refused = editor.post("/v1/authors").json(&author).await;
    assert_eq!(
        refused.violations(),
        ["/name name-malformed", "/bio too-long", "/website_url url-malformed", "/image_url url-malformed"]
    );
    let nobody = json!({"name": "Ada", "user_id": "019b8d00-0000-7000-8000-000000000000"});
    assert_eq!(editor.post("/v1/authors").json(nobody).await.violations(), ["/user_id unknown-user"]);
    for (body, violation) in [
        (json!({"name": "A", "colour": 1}), "/colour unknown-member"),
        (json!({"slug": "a"}), " missing-member"),
        (json!({"name": "a\u{0}"}), "/name nul"),
    ] {
        for resource in BOTH {
            let refused = editor.post(format!("/v1/{resource}")).json(&body).await;
            refused.problem(422, "invalid");
            assert_eq!(refused.violations(), [violation]);
        }
    }
    make(&editor, "topics", "Sea").await;
    for body in [json!({"name": null}), json!({"slug": null}), json!({"id": "x"})] {
        editor.patch("/v1/topics/sea").json(body).await.problem(422, "invalid");
    }
}

#[tokio::test]
async fn a_change_leaves_what_it_does_not_name_and_null_clears() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let user = json!(editor.user());
    let given = json!({"name": "Ada", "bio": "Writes.", "website_url": "https://ada.example/",
                       "image_url": "https://ada.example/a.png", "user_id": user});
    let ada = editor.post("/v1/authors").json(&given).await.expect(201);
    for (member, value) in given.as_object().expect("an object") {
        assert_eq!(&ada[member], value);
    }
    server.clock.advance(minutes(1));
    let same = editor.patch("/v1/authors/ada").json(json!({"bio": "Writes."})).await.expect(200);
    assert_eq!(same, ada, "nothing differs, so nothing is written");
    let changes =
        json!({"name": "Ada Marsh", "slug": "ada-marsh", "bio": null, "image_url": null, "user_id": null});
    let new = editor.patch("/v1/authors/ada").json(changes).await.expect(200);
    assert_eq!(new["website_url"], ada["website_url"]);
    assert_eq!(new["slug"], "ada-marsh");
    assert!(["bio", "image_url", "user_id"].iter().all(|cleared| new[cleared].is_null()), "{new}");
    assert!(new["updated_at"].as_str() > ada["updated_at"].as_str());
    server.client().get("/v1/authors/ada").await.problem(404, "not-found");
}

#[tokio::test]
async fn a_list_is_paged_in_any_order_without_loss_or_repetition() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for resource in BOTH {
        for name in ["Delta", "Bay", "Bay", "Estuary", "Atoll"] {
            make(&editor, resource, name).await;
            server.clock.advance(seconds(1));
        }
        for (sort, wanted) in [
            ("name", "Atoll Bay Bay Delta Estuary"),
            ("-name", "Estuary Delta Bay Bay Atoll"),
            ("created_at", "Delta Bay Bay Estuary Atoll"),
            ("-created_at", "Atoll Estuary Bay Bay Delta"),
        ] {
            let mut next = Some(format!("/v1/{resource}?sort={sort}&limit=2&include_total=true"));
            let mut read = Vec::new();
            while let Some(path) = next {
                let page = reader.get(&path).await;
                let body = page.expect(200);
                assert_eq!(body["total"], 5);
                read.extend(body["items"].as_array().expect("items").clone());
                next = page.header("link").map(|link| {
                    let link = link.strip_suffix(">; rel=\"next\"").and_then(|link| link.strip_prefix('<'));
                    link.expect("a link").to_owned()
                });
                assert_eq!(next.is_some(), !body["next_cursor"].is_null());
            }
            let told: Vec<&str> = read.iter().map(|item| item["name"].as_str().expect("a name")).collect();
            assert_eq!(told.join(" "), wanted, "{resource} by {sort}");
            let ids: std::collections::HashSet<&str> =
                read.iter().map(|item| item["id"].as_str().expect("an id")).collect();
            assert_eq!(ids.len(), 5);
        }
        let first = reader.get(format!("/v1/{resource}?limit=1")).await.expect(200);
        let cursor = first["next_cursor"].as_str().expect("a cursor");
        make(&editor, resource, &"🌊".repeat(200)).await;
        make(&editor, resource, &"🌊".repeat(200)).await;
        let long = reader.get(format!("/v1/{resource}?limit=6")).await.expect(200);
        let long = format!("/v1/{resource}?cursor={}", long["next_cursor"].as_str().expect("a cursor"));
        assert_eq!(names(&reader, &long).await, ["🌊".repeat(200)]);
        let other = format!("/v1/{resource}?sort=-name&cursor={cursor}");
        assert_eq!(reader.get(other).await.violations(), ["cursor foreign-cursor"]);
    }
}

#[tokio::test]
async fn parameters_are_read_strictly() {
    let server = Server::start().await;
    let reader = server.client();
    for resource in BOTH {
        for (query, violation) in [
            ("limit=0", "limit out-of-bounds"),
            ("limit=101", "limit out-of-bounds"),
            ("limit=1&limit=2", "limit repeated-parameter"),
            ("sort=size", "sort unknown-sort"),
            ("sort=name,created_at", "sort unknown-sort"),
            ("fields=name,merged_into", "fields unknown-field"),
            ("fields=", "fields malformed-list"),
            ("cursor=x", "cursor foreign-cursor"),
            ("colour=red", "colour unknown-parameter"),
            ("include_total=1", "include_total malformed-boolean"),
        ] {
            let refused = reader.get(format!("/v1/{resource}?{query}")).await;
            refused.problem(400, "malformed-request");
            assert_eq!(refused.violations(), [violation], "{query}");
        }
        let with_key = reader.get(format!("/v1/{resource}")).once("k").await;
        assert_eq!(with_key.violations(), ["Idempotency-Key unknown-parameter"]);
        reader.put(format!("/v1/{resource}")).await.problem(405, "method-not-allowed");
    }
}

#[tokio::test]
async fn fields_choose_members_and_name_derived_ones() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for (at, resource) in (1..).zip(BOTH) {
        let sea = make(&editor, resource, "Sea").await;
        make(&editor, resource, "Void").await;
        carry(&server, resource, at, &json!(editor.user()), &[&sea]);
        let list = reader.get(format!("/v1/{resource}?fields=article_count,name&fields=slug")).await;
        assert!(list.text().contains(r#"{"slug":"sea","name":"Sea","article_count":1}"#), "{}", list.text());
        assert!(
            list.text().contains(r#"{"slug":"void","name":"Void","article_count":0}"#),
            "{}",
            list.text()
        );
        let one = reader.get(format!("/v1/{resource}/sea?fields=article_count")).await;
        assert_eq!(one.text(), r#"{"article_count":1}"#);
    }
}

#[tokio::test]
async fn a_merge_moves_articles_without_duplicates_and_leaves_signposts() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let owner = json!(editor.user());
    for (resource, first) in [("topics", 10), ("authors", 20)] {
        let one = resource.trim_end_matches('s');
        let puddle = make(&editor, resource, "Puddle").await;
        let sea = make(&editor, resource, "Sea").await;
        let ocean = make(&editor, resource, "Ocean").await;
        carry(&server, resource, first, &owner, &[&sea]);
        carry(&server, resource, first + 1, &owner, &[&sea, &ocean]);
        carry(&server, resource, first + 2, &owner, &[&ocean]);
        let into = |key: &Value| json!({ "into": key });
        let at = |slug: &str| format!("/v1/{resource}/{slug}/merge");
        editor.post(at("puddle")).json(into(&sea["id"])).await.expect(200);
        server.run_jobs().await;
        let remaining = editor.post(at("sea")).json(into(&json!("ocean"))).await.expect(200);
        assert_eq!(remaining["id"], ocean["id"]);
        for table in ["article", "rendering"] {
            let of = |id: &Value| format!("{table}_{resource} WHERE {one}_id = {}", literal(&server, id));
            assert_eq!(
                (count(&server, &of(&sea["id"])), count(&server, &of(&ocean["id"]))),
                (0, 3),
                "{table}"
            );
        }
        assert_eq!(count(&server, "jobs WHERE kind = 'remake-renderings'"), 1);
        server.run_jobs().await;

        assert_eq!(names(&reader, &format!("/v1/{resource}")).await, ["Ocean"]);
        for old in ["sea", "puddle"] {
            let moved = reader.get(format!("/v1/{resource}/{old}?fields=name")).await;
            moved.is(301);
            assert_eq!(moved.location(), format!("/v1/{resource}/ocean?fields=name"));
            assert_eq!(
                moved.header("cache-control"),
                reader.get(format!("/v1/{resource}")).await.header("cache-control")
            );
            reader.head(format!("/v1/{resource}/{old}")).await.is(301);
        }
        let moved = reader.get(path(&puddle, resource)).await;
        assert_eq!(moved.location(), path(&ocean, resource));

        editor.post(at("ocean")).json(into(&json!("ocean"))).await.problem(409, "merge-into-itself");
        editor.post(at("ocean")).json(into(&puddle["id"])).await.problem(409, "merge-into-itself");
        let again = editor.post(at("puddle")).json(into(&json!("ocean"))).await;
        assert_eq!(again.problem(409, "already-merged")["into"], ocean["id"]);
        editor
            .patch(format!("/v1/{resource}/sea"))
            .json(json!({"name": "X"}))
            .await
            .problem(409, "already-merged");
        for nobody in ["lake", "Not a slug"] {
            let refused = editor.post(at("ocean")).json(into(&json!(nobody))).await;
            assert_eq!(refused.violations(), [format!("/into unknown-{one}")]);
        }
        editor.post(at("lake")).json(into(&json!("ocean"))).await.problem(404, "not-found");
        let taken = json!({"name": "Sea", "slug": "sea"});
        editor.post(format!("/v1/{resource}")).json(&taken).await.problem(409, "slug-taken");
        editor.delete(format!("/v1/{resource}/sea")).await.is(204);
        editor.post(format!("/v1/{resource}")).json(&taken).await.expect(201);
    }
}

#[tokio::test]
async fn what_is_removed_is_carried_no_longer() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for (at, resource) in (30..).zip(BOTH) {
        let sea = make(&editor, resource, "Sea").await;
        make(&editor, resource, "Bay").await;
        let merge = format!("/v1/{resource}/bay/merge");
        editor.post(merge).json(json!({"into": "sea"})).await.expect(200);
        carry(&server, resource, at, &json!(editor.user()), &[&sea]);
        editor.delete(path(&sea, resource)).await.is(204);
        for gone in ["sea", "bay"] {
            reader.get(format!("/v1/{resource}/{gone}")).await.problem(404, "not-found");
        }
        editor.delete(path(&sea, resource)).await.problem(404, "not-found");
        assert_eq!(count(&server, &format!("article_{resource}")), 0);
        assert_eq!(count(&server, &format!("rendering_{resource}")), 0);
    }
}

#[tokio::test]
async fn only_what_articles_show_makes_renderings_stale() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let jobs = || count(&server, "jobs WHERE kind = 'remake-renderings'");
    make(&editor, "authors", "Ada").await;
    editor.patch("/v1/authors/ada").json(json!({"bio": "Writes."})).await.expect(200);
    assert_eq!(jobs(), 0);
    editor.patch("/v1/authors/ada").json(json!({"name": "Ada Marsh"})).await.expect(200);
    assert_eq!(jobs(), 1);
    editor.patch("/v1/authors/ada").json(json!({"slug": "ada-marsh"})).await.expect(200);
    assert_eq!(jobs(), 2);
    editor.delete("/v1/authors/ada-marsh").await.is(204);
    assert_eq!(jobs(), 3);
    for (kind, times) in [("created", 1), ("updated", 3), ("removed", 1)] {
        assert_eq!(count(&server, &format!("events WHERE kind = 'author.{kind}'")), times, "{kind}");
    }
}

#[tokio::test]
async fn the_same_request_twice_makes_one() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for resource in BOTH {
        let at = format!("/v1/{resource}");
        let first = editor.post(&at).json(json!({"name": "Sea"})).once(resource).await;
        let again = editor.post(&at).json(json!({"name": "Sea"})).once(resource).await;
        assert_eq!(first.expect(201), again.expect(201));
        assert_eq!((first.location(), again.header("idempotent-replayed")), (again.location(), Some("true")));
        assert_eq!(names(&reader, &at).await, ["Sea"]);
        let other = editor.post(&at).json(json!({"name": "Bay"})).once(resource).await;
        assert_eq!(other.violations(), ["Idempotency-Key idempotency-key-reused"]);
        make(&editor, resource, "Ocean").await;
        for _ in 0..2 {
            let merge = editor.post(format!("{at}/sea/merge")).json(json!({"into": "ocean"}));
            assert_eq!(merge.once(&at).await.expect(200)["slug"], "ocean");
        }
    }
}

#[tokio::test]
async fn only_editors_write() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for resource in BOTH {
        make(&editor, resource, "Sea").await;
        let at = format!("/v1/{resource}");
        for role in [Role::Contributor, Role::Author] {
            let other = server.login(role).await;
            other.post(&at).json(json!({"name": "X"})).await.problem(403, "forbidden");
            other.patch(format!("{at}/sea")).json(json!({"name": "X"})).await.problem(403, "forbidden");
            other.delete(format!("{at}/sea")).await.problem(403, "forbidden");
            other.post(format!("{at}/sea/merge")).json(json!({"into": "x"})).await.problem(403, "forbidden");
        }
        server.client().post(&at).json(json!({"name": "X"})).await.problem(401, "unauthenticated");
        server.client().delete(format!("{at}/sea")).await.problem(401, "unauthenticated");
    }
}

#[tokio::test]
async fn a_reader_who_has_the_bytes_is_not_sent_them_again() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for resource in BOTH {
        make(&editor, resource, "Sea").await;
        for at in [format!("/v1/{resource}"), format!("/v1/{resource}/sea")] {
            let read = reader.get(&at).await;
            let cached = Some("public, max-age=0, s-maxage=60, stale-if-error=86400");
            assert_eq!(read.header("cache-control"), cached);
            let again = reader.get(&at).header("if-none-match", read.etag()).await;
            again.is(304);
            assert_eq!((again.etag(), again.header("cache-control")), (read.etag(), cached));
            editor.patch(format!("/v1/{resource}/sea")).json(json!({"name": at})).await.expect(200);
            let fresh = reader.get(&at).header("if-none-match", read.etag()).await;
            fresh.is(200);
            assert_ne!(fresh.etag(), read.etag());
        }
    }
}

#[tokio::test]
async fn those_who_make_the_same_at_once_get_slugs_of_their_own() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let make = || async { make(&editor, "topics", "Sea").await["slug"].as_str().expect("a slug").to_owned() };
    let mut slugs = futures_util::future::join_all((0..8).map(|_| make())).await;
    slugs.sort();
    slugs.dedup();
    assert_eq!(slugs.len(), 8);
}

#[tokio::test]
async fn two_merges_into_each_other_leave_one() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    make(&editor, "topics", "Sea").await;
    make(&editor, "topics", "Ocean").await;
    let merge = |from: &'static str, into: &'static str| {
        editor.post(format!("/v1/topics/{from}/merge")).json(json!({"into": into})).send()
    };
    let (one, other) = futures_util::future::join(merge("sea", "ocean"), merge("ocean", "sea")).await;
    let mut answered = [one.status(), other.status()];
    answered.sort_unstable();
    assert_eq!(answered, [200, 409]);
    assert_eq!(names(&server.client(), "/v1/topics").await.len(), 1);
}

#[tokio::test]
async fn articles_find_what_remains_of_what_they_name() {
    use lede::text::slug::Slug;
    use lede::topics::store;
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for name in ["Sea", "Ocean", "Bay"] {
        make(&editor, "topics", name).await;
    }
    let slug = |text: &str| Slug::parse(text).expect("a slug");
    let (slugs, user, random) =
        (["bay", "sea", "lake", "ocean"].map(slug), editor.user(), server.app.random.clone());
    let find = |slugs: [Slug; 4]| server.app.db.read(move |conn| store::find_by_slugs(conn, &slugs));
    let before = find(slugs.clone()).await.expect("topics");
    assert_eq!(before[2], None);
    editor.post("/v1/topics/sea/merge").json(json!({"into": "ocean"})).await.expect(200);
    let after = find(slugs.clone()).await.expect("topics");
    assert_eq!((after[0], after[1], after[2], after[3]), (before[0], before[3], None, before[3]));
    let ids: Vec<_> = before.into_iter().flatten().collect();
    let made = server.app.db.write(move |tx| {
        store::hold(tx, &ids)?;
        let lake = store::make(tx, &random, user, &slugs[2], "Lake")?;
        store::resolve(tx, &[ids.as_slice(), &[lake], ids.as_slice()].concat())
    });
    let names: Vec<String> = made.await.expect("topics").into_iter().map(|topic| topic.name).collect();
    assert_eq!(names, ["Bay", "Ocean", "Lake"]);
    assert_eq!(count(&server, "events WHERE kind = 'topic.created'"), 4);
}
