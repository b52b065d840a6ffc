//! One change to many articles.

use diesel::connection::SimpleConnection as _;
use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::PASSWORD;
use crate::server::Server;
use crate::writing::{at, create, id, published, version};

const BULK: &str = "/v1/drafts/bulk";

async fn drafts(client: &Client, count: usize) -> Vec<Value> {
    let mut drafts = Vec::new();
    for n in 0..count {
        drafts.push(create(client, json!({"title": format!("Article {n}"), "topics": ["sea"]})).await);
    }
    drafts
}

fn items(drafts: &[Value]) -> Value {
    drafts.iter().map(|draft| json!({"id": draft["id"]})).collect()
}

/// The status of each item.
fn statuses(results: &Value) -> Vec<u64> {
    let items = results["items"].as_array().expect("items");
    items.iter().map(|item| item["status"].as_u64().expect("a status")).collect()
}

#[tokio::test]
async fn each_article_is_changed_alone_and_the_result_says_what_became_of_it() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let made = drafts(&editor, 3).await;
    let unknown = "019b8d62-7a80-7580-af26-1d10acb21f90";
    let with = |draft: &Value, revision: i64| json!({"id": draft["id"], "revision": revision});
    let items =
        json!([with(&made[0], 1), with(&made[1], 7), {"id": unknown, "revision": 1}, with(&made[2], 1)]);
    let results = editor.post(BULK).json(json!({"action": "publish", "items": items})).await.expect(200);
    assert_eq!(statuses(&results), [200, 422, 404, 200]);
    assert_eq!(results["items"][0], json!({"id": made[0]["id"], "status": 200, "version": 2}));
    assert_eq!(results["items"][1], json!({"id": made[1]["id"], "status": 422, "code": "invalid"}));
    assert_eq!(results["items"][2], json!({"id": unknown, "status": 404, "code": "not-found"}));
    assert_eq!(results["next_cursor"], Value::Null);
    let live = reader.get("/v1/articles?include_total=true").await.expect(200);
    assert_eq!(live["total"], 2);
    // Repeated, it changes nothing more.
    let again = editor.post(BULK).json(json!({"action": "publish", "items": items})).await.expect(200);
    assert_eq!(again, results);
}

#[tokio::test]
async fn a_patch_is_applied_once_to_the_version_that_was_read() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let made = drafts(&editor, 2).await;
    let items: Value =
        made.iter().map(|draft| json!({"id": draft["id"], "version": version(draft)})).collect();
    let body = json!({"action": "update", "items": items, "patch": {"featured": true, "custom": {"a": 1}}});
    let results = editor.post(BULK).json(body.clone()).await.expect(200);
    assert_eq!(statuses(&results), [200, 200]);
    let draft = editor.get(at(&made[1], "/draft")).await.expect(200);
    assert_eq!((&draft["featured"], &draft["custom"]), (&json!(true), &json!({"a": 1})));
    assert_eq!(draft["version"], results["items"][1]["version"]);
    let again = editor.post(BULK).json(body).await.expect(200);
    assert_eq!(statuses(&again), [412, 412]);
    assert_eq!(again["items"][0]["code"], "changed-since");
}

#[tokio::test]
async fn topics_are_added_and_removed_without_knowing_the_version() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let made = drafts(&editor, 2).await;
    let bulk = |action: &str, topics: Value| {
        editor.post(BULK).json(json!({"action": action, "items": items(&made), "topics": topics})).send()
    };
    assert_eq!(statuses(&bulk("add_topics", json!(["rope", "sea"])).await.expect(200)), [200, 200]);
    let slugs = |draft: &Value| {
        let topics = draft["topics"].as_array().expect("topics");
        topics.iter().map(|topic| topic["slug"].as_str().expect("a slug").to_owned()).collect::<Vec<_>>()
    };
    let draft = editor.get(at(&made[0], "/draft")).await.expect(200);
    assert_eq!(slugs(&draft), ["sea", "rope"]);
    // What an article carries already makes no revision.
    assert_eq!(statuses(&bulk("add_topics", json!(["rope"])).await.expect(200)), [200, 200]);
    assert_eq!(editor.get(at(&made[0], "/draft")).await.expect(200)["version"], draft["version"]);
    assert_eq!(statuses(&bulk("remove_topics", json!(["sea", "unknown"])).await.expect(200)), [200, 200]);
    assert_eq!(slugs(&editor.get(at(&made[1], "/draft")).await.expect(200)), ["rope"]);
    let many: Vec<String> = (0..50).map(|n| format!("topic-{n}")).collect();
    let results = bulk("add_topics", json!(many)).await.expect(200);
    assert_eq!((statuses(&results), &results["items"][0]["code"]), (vec![422, 422], &json!("invalid")));
}

#[tokio::test]
async fn many_are_scheduled_for_one_moment() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let made = drafts(&editor, 2).await;
    let items: Value = made.iter().map(|draft| json!({"id": draft["id"], "revision": 1})).collect();
    let body = json!({"action": "schedule", "items": items, "publish_at": "2026-01-06T09:00:00+01:00"});
    assert_eq!(statuses(&editor.post(BULK).json(body.clone()).await.expect(200)), [200, 200]);
    let schedule = editor.get(at(&made[1], "/schedule")).await.expect(200);
    assert_eq!(
        (&schedule["publish_at"], &schedule["revision"]),
        (&json!("2026-01-06T08:00:00.000000Z"), &json!(1))
    );
    // The same again changes nothing, and what is scheduled is not replaced unseen.
    assert_eq!(statuses(&editor.post(BULK).json(body.clone()).await.expect(200)), [200, 200]);
    let mut later = body;
    later["publish_at"] = json!("2026-01-07T09:00:00+01:00");
    assert_eq!(statuses(&editor.post(BULK).json(later).await.expect(200)), [428, 428]);
}

#[tokio::test]
async fn a_filter_takes_a_hundred_at_a_time() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    drafts(&admin, 103).await;
    let kept = create(&admin, json!({"title": "Kept"})).await;
    let mut body =
        json!({"action": "trash", "filter": {"topic": ["sea"], "status": ["draft"], "q": "article"}});
    let first = admin.post(BULK).json(body.clone()).await.expect(200);
    assert_eq!(statuses(&first), [200; 100]);
    body["cursor"] = first["next_cursor"].clone();
    let second = admin.post(BULK).json(body.clone()).await.expect(200);
    assert_eq!((statuses(&second), &second["next_cursor"]), (vec![200; 3], &Value::Null));
    let left = admin.get("/v1/drafts").await.expect(200);
    assert_eq!((left["items"].as_array().expect("items").len(), &left["items"][0]["id"]), (1, &kept["id"]));
    // Restoring and purging look into the trash.
    let one = json!({"action": "restore", "filter": {"q": "article 102"}});
    assert_eq!(statuses(&admin.post(BULK).json(one).await.expect(200)), [200]);
    let rest = json!({"action": "purge", "filter": {}});
    let purged = admin.post(BULK).json(rest.clone()).await.expect(200);
    assert_eq!(statuses(&purged), [200; 100]);
    let rest = json!({"action": "purge", "filter": {}, "cursor": purged["next_cursor"]});
    assert_eq!(statuses(&admin.post(BULK).json(rest).await.expect(200)), [200; 2]);
    server.run_jobs().await;
    assert_eq!(server.database().count("articles"), 2);
}

#[tokio::test]
async fn a_dry_run_says_the_same_and_saves_nothing() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let made = drafts(&admin, 3).await;
    admin.delete(at(&made[2], "")).await.is(204);
    let everything = |server: &Server| {
        let tables = ["revisions", "editions", "renderings", "events", "changes", "slugs", "jobs", "terms"];
        tables.map(|table| server.database().count(table))
    };
    let before = everything(&server);
    let seen: Value =
        made.iter().map(|draft| json!({"id": draft["id"], "version": 1, "revision": 1})).collect();
    let calls = [
        (json!({"action": "publish"}), [200, 200, 409]),
        (json!({"action": "unpublish"}), [409, 409, 409]),
        (json!({"action": "schedule", "publish_at": "2027-01-01T00:00:00Z"}), [200, 200, 409]),
        (json!({"action": "trash"}), [200, 200, 409]),
        (json!({"action": "restore"}), [409, 409, 200]),
        (json!({"action": "purge"}), [409, 409, 200]),
        (json!({"action": "update", "patch": {"slug": "one"}}), [200, 200, 409]),
        (json!({"action": "add_topics", "topics": ["new"]}), [200, 200, 409]),
        (json!({"action": "remove_topics", "topics": ["sea"]}), [200, 200, 409]),
    ];
    for (mut body, expected) in calls {
        body["items"] = seen.clone();
        body["dry_run"] = json!(true);
        let results = admin.post(BULK).json(body.clone()).await.expect(200);
        assert_eq!(statuses(&results), expected, "{body}");
        assert!(results["items"].as_array().expect("items").iter().all(|item| item["version"].is_null()));
        assert_eq!(everything(&server), before, "{body}");
    }
    let draft = admin.get(at(&made[0], "/draft")).await.expect(200);
    assert_eq!((&draft["version"], &draft["slug"]), (&json!(1), &json!("article-0")));
}

#[tokio::test]
async fn who_may_not_do_it_to_one_article_may_not_do_it_to_many() {
    let server = Server::start().await;
    let (editor, author) = (server.login(Role::Editor).await, server.login(Role::Author).await);
    let contributor = server.login(Role::Contributor).await;
    let (foreign, own) = (
        published(&editor, json!({"title": "Theirs"})).await,
        create(&author, json!({"title": "Own"})).await,
    );
    let both = json!([{"id": foreign["id"], "revision": 1, "version": 2}, {"id": id(&own), "revision": 1, "version": 1}]);
    let body = |action: &str| json!({"action": action, "items": both});
    for action in ["publish", "unpublish", "trash"] {
        let results = author.post(BULK).json(body(action)).await.expect(200);
        assert_eq!(
            (&results["items"][0]["status"], &results["items"][0]["code"]),
            (&json!(404), &json!("not-found"))
        );
    }
    for action in ["publish", "unpublish", "purge"] {
        contributor.post(BULK).json(body(action)).await.problem(403, "forbidden");
    }
    author.post(BULK).json(body("purge")).await.problem(403, "forbidden");
    editor.post(BULK).json(body("purge")).await.problem(403, "forbidden");
    // A filter finds one's own articles only.
    let trash = json!({"action": "trash", "filter": {}});
    assert_eq!(contributor.post(BULK).json(trash).await.expect(200)["items"], json!([]));
    // A key needs the right of the action, too.
    let key = json!({"current_password": PASSWORD, "name": "Writer", "scopes": ["articles:write"]});
    let key = editor.post("/v1/api-keys").json(key).await.expect(201);
    let program = server.client().with_token(key["key"].as_str().expect("a key"));
    program.post(BULK).json(body("publish")).await.problem(403, "forbidden");
}

#[tokio::test]
async fn what_an_action_does_not_take_is_refused() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let one = drafts(&editor, 1).await;
    let one = &one[0]["id"];
    let many: Value = (0..101).map(|_| json!({"id": one, "revision": 1})).collect();
    let wrong = [
        (json!({"action": "trash"}), "/items field-missing"),
        (json!({"action": "trash", "items": []}), "/items field-missing"),
        (json!({"action": "publish", "items": many}), "/items items-too-many"),
        (json!({"action": "publish", "items": [{"id": one}]}), "/items/0/revision field-missing"),
        (json!({"action": "update", "items": [{"id": one}], "patch": {}}), "/items/0/version field-missing"),
        (json!({"action": "update", "items": [{"id": one, "version": 1}]}), "/patch field-missing"),
        (json!({"action": "add_topics", "items": [{"id": one}]}), "/topics field-missing"),
        (json!({"action": "schedule", "items": [{"id": one, "revision": 1}]}), "/publish_at field-missing"),
        (
            json!({"action": "schedule", "items": [{"id": one, "revision": 1}], "publish_at": "2020-01-01T00:00:00Z"}),
            "/publish_at publish-at-in-past",
        ),
        (
            json!({"action": "add_topics", "items": [{"id": one}], "topics": ["A B"]}),
            "/topics/0 slug-malformed",
        ),
        (json!({"action": "trash", "items": [{"id": one}], "topics": ["a"]}), "/topics field-unknown"),
        (json!({"action": "trash", "items": [{"id": one}], "patch": {}}), "/patch field-unknown"),
        (json!({"action": "trash", "items": [{"id": one}], "cursor": "x"}), "/cursor field-unknown"),
        (json!({"action": "trash", "items": [{"id": one}], "filter": {}}), "/items field-unknown"),
        (json!({"action": "trash", "filter": {"q": null}}), "/filter/q type-mismatch"),
    ];
    for (body, violation) in wrong {
        let refused = editor.post(BULK).json(body.clone()).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.violations(), [violation], "{body}");
    }
    let seen = json!([{"id": one, "version": 1}, {"id": one, "version": 1}]);
    let patches = [
        (json!([1]), "/patch type-mismatch"),
        (json!({"title": ""}), "/patch/title title-empty"),
        (json!({"nonsense": 1}), "/patch/nonsense field-unknown"),
        (json!({"intro": "# Heading"}), "/patch/intro heading-in-body"),
        (json!({"cover": {"width": 0}}), "/patch/cover/width width-out-of-bounds"),
    ];
    for (patch, violation) in patches {
        let refused =
            editor.post(BULK).json(json!({"action": "update", "items": seen, "patch": patch})).await;
        assert_eq!(refused.is(422).violations(), [violation], "{patch}");
    }
    let sentences = [
        (
            json!({"action": "trash", "items": [{"id": one}], "filter": {}}),
            "/items",
            "Not together with `filter`.",
        ),
        (json!({"action": "trash", "items": [{"id": one}], "cursor": "x"}), "/cursor", "Only with `filter`."),
        (json!({"action": "trash", "items": [{"id": one}], "patch": {}}), "/patch", "Not with this action."),
    ];
    for (body, pointer, detail) in sentences {
        let refused = editor.post(BULK).json(body).await.problem(422, "invalid");
        assert_eq!(
            (&refused["errors"][0]["pointer"], &refused["errors"][0]["detail"]),
            (&json!(pointer), &json!(detail))
        );
    }
    let filters = [
        (json!({"sort": "title"}), "/filter/sort field-unknown"),
        (json!({"trashed": true}), "/filter/trashed field-unknown"),
        (json!({"status": ["lost"]}), "/filter/status status-unknown"),
        (json!({"updated_at_gte": "yesterday"}), "/filter/updated_at_gte time-malformed"),
    ];
    for (filter, violation) in filters {
        let refused = editor.post(BULK).json(json!({"action": "trash", "filter": filter})).await;
        refused.problem(400, "request-malformed");
        assert_eq!(refused.violations(), [violation]);
    }
    let filter = json!({"action": "publish", "filter": {}});
    editor.post(BULK).json(filter).await.problem(422, "invalid");
    let cursor = json!({"action": "trash", "filter": {}, "cursor": "x"});
    editor.post(BULK).json(cursor).await.problem(400, "request-malformed");
    assert_eq!(server.database().count("articles WHERE trashed_at IS NULL"), 1);
}

/// Each article counts for the limit of writes, so that one request is no way around it.
#[tokio::test]
async fn each_article_counts_for_the_limit_of_writes() {
    let server = Server::start_with(|config| config.limits.write = 10).await;
    let editor = server.login(Role::Editor).await;
    let made = drafts(&editor, 4).await;
    let mut many = made.clone();
    many.extend(made.clone());
    let body = json!({"action": "remove_topics", "topics": ["sea"], "items": items(&many)});
    let results = editor.post(BULK).json(body).await.expect(200);
    assert_eq!(statuses(&results), [200, 200, 200, 200, 200, 200, 429, 429]);
}

/// What was done before is told, too.
#[tokio::test]
async fn a_session_that_ends_in_between_is_the_outcome_of_the_articles_after_that() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let made = drafts(&editor, 3).await;
    // As if the session were ended by another request right after the first article.
    let end = "UPDATE sessions SET ended_at = expires_at;";
    let sql = if server.is_embedded() {
        format!("CREATE TRIGGER ended AFTER UPDATE ON articles BEGIN {end} END")
    } else {
        format!(
            "CREATE FUNCTION ended() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {end} RETURN NULL; END $$; \
             CREATE TRIGGER ended AFTER UPDATE ON articles EXECUTE FUNCTION ended()"
        )
    };
    server.database().connect().batch_execute(&sql).expect("a trigger");
    let results = editor.post(BULK).json(json!({"action": "trash", "items": items(&made)})).await.expect(200);
    assert_eq!(statuses(&results), [200, 401, 401]);
    assert_eq!(results["items"][1]["code"], "session-ended");
    assert_eq!(server.database().count("articles WHERE trashed_at IS NULL"), 2);
}
