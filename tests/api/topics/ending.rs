//! How they go up in another or are removed, and what articles that carry them show then.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{BOTH, carry, count, literal, make, names, path};
use crate::given::{link, mail_to};
use crate::server::Server;
use crate::writing::{at, create, published};

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
        carry(&server, first, &owner, &[&sea]);
        carry(&server, first + 1, &owner, &[&sea, &ocean]);
        carry(&server, first + 2, &owner, &[&ocean]);
        let into = |key: &Value| json!({ "into": key });
        let at = |slug: &str| format!("/v1/{resource}/{slug}/merge");
        editor.post(at("puddle")).json(into(&sea["id"])).await.expect(200);
        server.run_jobs().await;
        let remaining = editor.post(at("sea")).json(into(&json!("ocean"))).await.expect(200);
        assert_eq!(remaining["id"], ocean["id"]);
        for table in ["article", "rendering"] {
            let of = |id: &Value| format!("{table}_terms WHERE term_id = {}", literal(&server, id));
            assert_eq!(
                (count(&server, &of(&sea["id"])), count(&server, &of(&ocean["id"]))),
                (0, 3),
                "{table}"
            );
        }
        assert_eq!(count(&server, "jobs WHERE kind = 'rerender-articles'"), 1);
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
            assert_eq!(refused.violations(), [format!("/into {one}-unknown")]);
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
        carry(&server, at, &json!(editor.user()), &[&sea]);
        editor.delete(path(&sea, resource)).await.is(204);
        for gone in ["sea", "bay"] {
            reader.get(format!("/v1/{resource}/{gone}")).await.problem(404, "not-found");
        }
        editor.delete(path(&sea, resource)).await.problem(404, "not-found");
        assert_eq!(count(&server, "article_terms"), 0);
        assert_eq!(count(&server, "rendering_terms"), 0);
    }
}

#[tokio::test]
async fn a_merged_one_that_is_removed_leaves_its_articles_where_they_are() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for (resource, other) in [("topics", "authors"), ("authors", "topics")] {
        let sea = make(&editor, resource, "Sea").await;
        make(&editor, resource, "Ocean").await;
        let title = format!("Article with {resource}");
        let article = published(&editor, json!({"title": title, resource: ["sea"]})).await;
        let merge = format!("/v1/{resource}/sea/merge");
        editor.post(merge).json(json!({"into": "ocean"})).await.expect(200);
        editor.delete(format!("/v1/{resource}/sea")).await.is(204);
        reader.get(format!("/v1/{resource}/sea")).await.problem(404, "not-found");
        editor.delete(path(&sea, resource)).await.problem(404, "not-found");
        // Whatever is rendered anew finds what remains of what it names.
        editor.patch(format!("/v1/{resource}/ocean")).json(json!({"name": "Ocean, all of it"})).await.is(200);
        server.run_jobs().await;
        let read = reader.get(at(&article, "")).await.expect(200);
        assert_eq!(read[resource][0]["name"], "Ocean, all of it");
        assert_eq!(read[other], json!([]));
        let one = resource.trim_end_matches('s');
        let listed = reader.get(format!("/v1/articles?{one}=ocean")).await.expect(200);
        assert_eq!(listed["items"].as_array().expect("items").len(), 1);
    }
}

#[tokio::test]
async fn only_what_articles_show_makes_renderings_stale() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let jobs = || count(&server, "jobs WHERE kind = 'rerender-articles'");
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
    use lede::base::ids::TopicId;
    use lede::base::text::slug::Slug;
    use lede::terms::names::{self, Named};
    use lede::terms::{slugs, store};
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for name in ["Sea", "Ocean", "Bay"] {
        make(&editor, "topics", name).await;
    }
    let slug = |text: &str| Slug::parse(text).expect("a slug");
    let four = ["bay", "sea", "lake", "ocean"].map(slug);
    let find = |four: [Slug; 4]| server.app.db.read(move |conn| slugs::find::<TopicId>(conn, &four));
    let before = find(four.clone()).await.expect("topics");
    assert_eq!(before[2], None);
    editor.post("/v1/topics/sea/merge").json(json!({"into": "ocean"})).await.expect(200);
    let after = find(four.clone()).await.expect("topics");
    assert_eq!((after[0], after[1], after[2], after[3]), (before[0], before[3], None, before[3]));
    let ids: Vec<_> = before.into_iter().flatten().collect();
    let made = server.app.db.write_as(editor.user(), move |tx| {
        store::hold(tx, &ids)?;
        let lake = names::create(tx, &Named { slug: Some(four[2].clone()), name: "Lake".to_owned() })?;
        store::resolve(tx, &[ids.as_slice(), &[lake], ids.as_slice()].concat())
    });
    let names: Vec<String> = made.await.expect("topics").into_iter().map(|topic| topic.name).collect();
    assert_eq!(names, ["Bay", "Ocean", "Lake"]);
    assert_eq!(count(&server, "events WHERE kind = 'topic.created'"), 4);
}

#[tokio::test]
async fn an_old_slug_names_what_its_topic_was_merged_into() {
    let server = Server::start().await;
    let (admin, reader) = (server.login(Role::Admin).await, server.client());
    for name in ["Sea", "Ocean"] {
        admin.post("/v1/topics").json(json!({"name": name, "followable": true})).await.is(201);
    }
    for name in ["Ann", "Ada"] {
        make(&admin, "authors", name).await;
    }
    create(&admin, json!({"title": "Tides", "topics": ["sea"], "authors": ["ann"]})).await;
    admin.post("/v1/topics/sea/merge").json(json!({"into": "ocean"})).await.is(200);
    admin.post("/v1/authors/ann/merge").json(json!({"into": "ada"})).await.is(200);

    let followed = async |who: &str| {
        let list = admin.get("/v1/subscribers").query(&[("q", who)]).await.expect(200);
        list["items"][0]["topics"].clone()
    };
    let both = json!({"email": "bo@reader.example", "topics": ["sea", "ocean"]});
    reader.post("/v1/subscribers").json(both).await.is(202);
    assert_eq!(followed("bo@").await, json!(["ocean"]));
    let confirm = link(&mail_to(&server, "bo@reader.example").await, "confirm");
    reader.post(&confirm).await.is(200);
    let leave = link(&mail_to(&server, "bo@reader.example").await, "unsubscribe");
    let choice = [("action", "save"), ("topic", "sea")];
    reader.post(leave.replace("/unsubscribe/", "/preferences/")).form(&choice).await.is(200);
    assert_eq!(followed("bo@").await, json!(["ocean"]));

    let terms = [("dry_run", "false"), ("source", "The old letter"), ("statement", "They signed up.")];
    let file = "email,topics\ncy@reader.example,sea\n";
    let import = admin.post("/v1/subscriber-imports").query(&terms).body("text/csv", file).await;
    server.run_jobs().await;
    let rows = admin.get(format!("{}/rows", import.is(202).location())).await.expect(200);
    assert_eq!(rows["items"][0]["code"], Value::Null, "{rows:#}");
    assert_eq!(followed("cy@").await, json!(["ocean"]));

    for (list, count) in [("subscribers?topic=sea", 2), ("drafts?topic=sea", 1), ("drafts?author=ann", 1)] {
        let list = admin.get(format!("/v1/{list}&include_total=true")).await.expect(200);
        assert_eq!(list["total"], count, "{list:#}");
        assert_eq!(list["items"].as_array().map(Vec::len), Some(count), "{list:#}");
    }
}
