//! What becomes of the slugs that they had: they lead to where they led.

use lede::auth::Role;
use serde_json::json;

use super::{BOTH, make, path};
use crate::server::Server;
use crate::writing::{create, published};

#[tokio::test]
async fn a_slug_that_was_changed_still_leads_there() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for resource in BOTH {
        let one = resource.trim_end_matches('s');
        let sea = make(&editor, resource, "Sea").await;
        published(&editor, json!({"title": format!("Of {resource}"), resource: ["sea"]})).await;
        for slug in ["ocean", "water"] {
            editor.patch(path(&sea, resource)).json(json!({"slug": slug})).await.expect(200);
        }
        for (before, old) in ["sea", "ocean"].into_iter().enumerate() {
            let moved = reader.get(format!("/v1/{resource}/{old}?fields=name")).await;
            assert_eq!(moved.is(301).location(), format!("/v1/{resource}/water?fields=name"));
            let listed = reader.get(format!("/v1/articles?{one}={old}")).await.expect(200);
            assert_eq!(listed["items"].as_array().map(Vec::len), Some(1), "{resource} {old}");
            let drafts = editor.get(format!("/v1/drafts?{one}={old}")).await.expect(200);
            assert_eq!(drafts["items"].as_array().map(Vec::len), Some(1 + before), "{resource} {old}");
            // What is written names the current one.
            let refused = editor.patch(format!("/v1/{resource}/{old}")).json(json!({"name": "X"})).await;
            let problem = refused.problem(409, "slug-moved");
            assert_eq!((&problem["slug"], &problem["id"]), (&json!("water"), &sea["id"]));
            // An article that names it by the old slug carries it.
            let draft = create(&editor, json!({"title": old, resource: [old]})).await;
            assert_eq!(draft[resource][0]["id"], sea["id"]);
        }
        let feed = reader.get("/feeds/feed.json?topic=sea").await.expect(200);
        assert_eq!(feed["items"].as_array().map(Vec::len), Some(1));
    }
}

#[tokio::test]
async fn a_slug_has_one_owner_until_it_is_freed() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for resource in BOTH {
        let at = format!("/v1/{resource}");
        let sea = make(&editor, resource, "Sea").await;
        let bay = make(&editor, resource, "Bay").await;
        let rename = async |slug: &str| editor.patch(path(&sea, resource)).json(json!({"slug": slug})).await;
        rename("ocean").await.expect(200);
        editor.post(&at).json(json!({"name": "X", "slug": "sea"})).await.problem(409, "slug-taken");
        editor.patch(path(&bay, resource)).json(json!({"slug": "sea"})).await.problem(409, "slug-taken");
        assert_eq!(make(&editor, resource, "Sea").await["slug"], "sea-2");
        // It can have its own back, and then leave it again.
        rename("sea").await.expect(200);
        reader.get(format!("{at}/ocean")).await.is(301);
        rename("ocean").await.expect(200);
        // A merge takes the old slugs along.
        let into = json!({"into": "bay"});
        editor.post(format!("{at}/sea/merge")).json(&into).await.problem(409, "slug-moved");
        editor.post(format!("{at}/ocean/merge")).json(&into).await.expect(200);
        assert_eq!(reader.get(format!("{at}/sea")).await.is(301).location(), format!("{at}/bay"));
        // Whoever deletes an old slug frees that, and nothing else.
        editor.delete(format!("{at}/sea")).await.is(204);
        reader.get(format!("{at}/sea")).await.problem(404, "not-found");
        reader.get(format!("{at}/bay")).await.is(200);
        editor.post(&at).json(json!({"name": "X", "slug": "sea"})).await.expect(201);
    }
}

#[tokio::test]
async fn what_articles_may_not_be_called_topics_and_authors_may() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for resource in BOTH {
        for (name, slug) in
            [("Health", "health"), ("Media", "media"), ("Search", "search"), ("Admin", "admin")]
        {
            assert_eq!(make(&editor, resource, name).await["slug"], slug);
            editor.get(format!("/v1/{resource}/{slug}")).await.is(200);
        }
        let given = json!({"name": "Live music", "slug": "live"});
        editor.post(format!("/v1/{resource}")).json(given).await.expect(201);
        let draft = create(&editor, json!({"title": "Wards", resource: ["health", "metrics"]})).await;
        assert_eq!(draft[resource][1]["slug"], "metrics");
    }
    let refused = editor.post("/v1/articles").json(json!({"title": "A", "slug": "health"})).await;
    assert_eq!(refused.violations(), ["/slug slug-reserved"]);
    assert_eq!(create(&editor, json!({"title": "Health"})).await["slug"], "health-2");
}
