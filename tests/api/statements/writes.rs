//! What writes cost the database: a number of statements that depends on what they change, and on nothing beside it.

use lede::auth::Role;
use serde_json::{Value, json};

use super::over;
use crate::client::{Call, Client};
use crate::server::Server;
use crate::test_database::setting;
use crate::writing::{at, create, published};

/// The most that a write takes which changes one thing; publishing takes the most.
const MAX_OF_A_WRITE: u64 = 48;

/// An article of so many sections.
async fn of_sections(admin: &Client, count: usize) -> Value {
    create(admin, json!({"title": "Parts", "sections": parts(count)})).await
}

fn parts(count: usize) -> Vec<Value> {
    (0..count).map(|n| json!({"heading": format!("Part {n}"), "body": "Here."})).collect()
}

/// How many statements a write takes.
async fn cost(server: &Server, call: Call) -> u64 {
    let before = server.statements();
    let response = call.await;
    assert!(response.status() < 300, "{}", response.text());
    server.statements() - before
}

#[tokio::test]
async fn a_write_takes_the_same_statements_whatever_stands_beside_what_it_changes() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let mut costs = Vec::new();
    for count in [6, 30] {
        let draft = of_sections(&admin, count).await;
        for n in 0..count {
            let carried = [format!("of-{count}")];
            let body = json!({"title": format!("{n} of {count}"), "topics": carried, "authors": carried});
            published(&admin, body).await;
        }
        server.run_jobs().await;
        let target = format!("into-{count}");
        admin.post("/v1/topics").json(json!({"name": target, "slug": target})).await.is(201);
        let (edited, part) = (at(&draft, "/draft"), at(&draft, "/draft/sections/part-5"));
        let markdown = admin.get(at(&draft, "/draft/markdown")).await.is(200).text().to_owned();
        let writes = [
            ("create", admin.post("/v1/articles").json(json!({"title": format!("One of {count}")}))),
            ("publish", admin.post(at(&draft, "/publish")).json(json!({"revision": draft["revision"]}))),
            ("metadata", over(admin.patch(&edited)).json(json!({"subtitle": "By the sea"}))),
            ("one section", over(admin.patch(part)).json(json!({"body": "There."}))),
            (
                "one of a document",
                over(admin.put(edited.clone() + "/markdown")).body("text/markdown", markdown),
            ),
            ("add", admin.post(edited + "/sections").json(json!({"heading": "Last"}))),
            ("unpublish", admin.post(at(&draft, "/unpublish"))),
            ("remove", admin.delete(at(&draft, ""))),
            ("restore", admin.post(at(&draft, "/restore"))),
            ("rename", admin.patch(format!("/v1/topics/of-{count}")).json(json!({"name": "Another"}))),
            ("merge", admin.post(format!("/v1/topics/of-{count}/merge")).json(json!({"into": target}))),
            ("remove an author", admin.delete(format!("/v1/authors/of-{count}"))),
        ];
        let mut of_count = Vec::new();
        for (what, call) in writes {
            of_count.push((what, cost(&server, call).await));
        }
        costs.push(of_count);
    }
    assert_eq!(costs[0], costs[1]);
    assert!(costs[1].iter().all(|(_, cost)| *cost <= MAX_OF_A_WRITE), "{costs:?}");
}

/// The writes that editors make all day, each with the most statements it may take: those that begin and end its transaction
/// and check its token included.
#[tokio::test]
async fn the_writes_of_every_day_take_few_statements() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let plain = json!({"title": "Plain", "sections": parts(12)});
    let mut carrying = plain.clone();
    carrying["topics"] = json!(["sea", "rope"]);
    carrying["authors"] = json!(["ada"]);
    // The first makes the topics and the author.
    let draft = published(&admin, carrying.clone()).await;
    let (section, again) = (at(&draft, "/draft/sections/part-5"), at(&draft, "/publish"));
    let mut titles = (1..).map(|n| format!("Article {n}"));
    let mut titled = |body: &Value| {
        // A title that another article has takes a look at each slug that could be made of it.
        let mut body = body.clone();
        body["title"] = titles.next().into();
        body
    };
    let unchanged = create(&admin, titled(&plain)).await;
    let (carried, bare) = (create(&admin, titled(&carrying)).await, create(&admin, titled(&plain)).await);
    let revision = json!({"revision": 1});
    let writes = [
        ("create", 18, admin.post("/v1/articles").json(titled(&plain))),
        ("create with terms", 27, admin.post("/v1/articles").json(titled(&carrying))),
        ("publish", 43, admin.post(at(&bare, "/publish")).json(revision.clone())),
        ("publish with terms", 51, admin.post(at(&carried, "/publish")).json(revision)),
        ("edit a section", 15, over(admin.patch(section)).json(json!({"body": "There."}))),
        ("publish again", 49, admin.post(again).json(json!({"revision": 3}))),
        (
            "edit metadata",
            18,
            over(admin.patch(at(&unchanged, "/draft"))).json(json!({"subtitle": "By the sea"})),
        ),
    ];
    let mut wrong = Vec::new();
    // PostgreSQL takes locks that SQLite, which has one writer, does not need.
    let lock = u64::from(setting("LEDE_TEST_POSTGRES_URL").is_some());
    for (what, max, call) in writes {
        let (took, max) = (cost(&server, call).await, max + lock);
        if took > max {
            wrong.push(format!("{what}: {took} statements, {max} at most"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A section that comes, changes or goes is a row of its own and a note of what changed. Rows that are added share
/// statements, four each.
#[tokio::test]
async fn a_tree_that_is_replaced_takes_half_a_statement_for_each_section_that_comes_or_goes() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    for (before, after) in [(0, 10), (0, 100), (10, 0), (100, 0), (100, 10), (90, 100)] {
        let draft = of_sections(&admin, before).await;
        let mut kept: Vec<Value> = draft["sections"].as_array().expect("sections").clone();
        kept.truncate(after);
        let kept: Vec<Value> =
            kept.iter().map(|s| json!({"id": s["id"], "heading": s["heading"], "body": s["body"]})).collect();
        let replace = |sections: Vec<Value>| {
            let call = over(admin.put(at(&draft, "/draft/sections")));
            call.json(json!({"sections": sections}))
        };
        let mut all = kept.clone();
        all.extend(parts(after).into_iter().skip(kept.len()));
        let differing = u64::try_from(before.abs_diff(after)).expect("a number");
        let took = cost(&server, replace(all)).await;
        assert!(took <= differing / 2 + 24, "{before} sections, then {after}: {took}");
    }
}
