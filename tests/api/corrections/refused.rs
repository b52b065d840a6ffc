//! Corrections that are refused, and who may make them.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{body_of, correct, edit, harbours};
use crate::given;
use crate::publishing::stories;
use crate::server::Server;
use crate::writing::{at, create, section, version};

#[tokio::test]
async fn only_the_live_edition_is_corrected() {
    let (_server, editor, _) = stories().await;
    let draft = harbours(&editor).await;
    let correction = json!({"sections": body_of(&draft, "Piers", "Very long.")});
    for wrong in [2, 7] {
        correct(&editor, &draft, wrong, correction.clone()).await.problem(409, "stale-edition");
    }
    correct(&editor, &draft, 1, correction.clone()).await.is(200);
    correct(&editor, &draft, 1, correction.clone()).await.problem(409, "stale-edition");
    editor.post(at(&draft, "/unpublish")).await.is(200);
    correct(&editor, &draft, 2, correction.clone()).await.problem(409, "stale-edition");
    editor.delete(at(&draft, "")).await.is(204);
    correct(&editor, &draft, 2, correction.clone()).await.problem(409, "in-trash");
    let unseen = create(&editor, json!({"title": "Unseen"})).await;
    correct(&editor, &unseen, 1, json!({})).await.problem(409, "stale-edition");
}

#[tokio::test]
async fn every_broken_rule_is_refused_and_changes_nothing() {
    let (_server, editor, reader) = stories().await;
    let draft = harbours(&editor).await;
    let later = json!({"heading": "Later", "body": "Not live."});
    editor.post(at(&draft, "/draft/sections")).json(later).await.is(201);
    let now = editor.get(at(&draft, "/draft")).await.expect(200);
    let (piers, later) = (section(&draft, "Piers")["id"].clone(), section(&now, "Later")["id"].clone());
    // Each row has one cell, and the table fills up 300 of them.
    let wide = format!("{}\n{}\n{}", "|a".repeat(300), "|-".repeat(300), "a\n".repeat(5000));
    let before = reader.get(at(&draft, "")).await.expect(200);
    for (change, violation) in [
        (json!({"sections": [{"id": piers, "body": "# No"}]}), "/sections/0/body heading-in-body"),
        (json!({"sections": [{"id": piers, "body": "x".repeat(200_001)}]}), "/sections/0/body body-too-long"),
        (json!({"sections": [{"id": later, "body": "x"}]}), "/sections/0/id section-unknown"),
        (
            json!({"sections": [{"id": piers, "body": "x"}, {"id": piers, "body": "y"}]}),
            "/sections/1/id section-repeated",
        ),
        (json!({"sections": [{"id": piers, "body": null}]}), "/sections/0/body type-mismatch"),
        (json!({"sections": null}), "/sections type-mismatch"),
        (json!({"metadata": null}), "/metadata type-mismatch"),
        (json!({"metadata": {"title": null}}), "/metadata/title title-missing"),
        (json!({"metadata": {"slug": "other"}}), "/metadata/slug field-unknown"),
        (json!({"metadata": {"locale": "de"}}), "/metadata/locale field-unknown"),
        (json!({"metadata": {"translation_of": null}}), "/metadata/translation_of field-unknown"),
        (json!({"metadata": {"published_at": null}}), "/metadata/published_at field-unknown"),
        (json!({"metadata": {"intro": "# No"}}), "/metadata/intro heading-in-body"),
        (json!({"metadata": {"topics": ["unheard-of"]}}), "/metadata/topics/0 topic-unknown"),
        (json!({"metadata": {"authors": ["unheard-of"]}}), "/metadata/authors/0 author-unknown"),
        (json!({"metadata": {"aliases": ["/v1/articles"]}}), "/metadata/aliases/0 alias-reserved"),
        (json!({"sections": [{"id": piers, "body": wide}]}), " rendering-too-large"),
        (json!({"revision": 1}), "/revision field-unknown"),
        (json!({"minor": null}), "/minor type-mismatch"),
    ] {
        let response = correct(&editor, &draft, 1, change.clone()).await;
        response.problem(422, "invalid");
        assert_eq!(response.violations(), [violation], "{change:.200}");
    }
    editor.post(at(&draft, "/corrections")).json(json!({"sections": []})).await.problem(422, "invalid");
    assert_eq!(reader.get(at(&draft, "")).await.expect(200), before);
    assert_eq!(version(&editor.get(at(&draft, "/draft")).await.expect(200)), version(&now));
    // What sanitising removes is told.
    let correction = json!({"sections": [{"id": piers, "body": "<script>x</script>Long."}]});
    let after = correct(&editor, &draft, 1, correction).await.expect(200);
    assert_eq!(after["warnings"][0]["code"], "element-removed");
}

#[tokio::test]
async fn a_draft_that_would_become_too_large_refuses_it() {
    let (_server, editor, reader) = stories().await;
    let full: Vec<Value> =
        (0..4).map(|n| json!({"heading": format!("Part {n}"), "body": "x".repeat(199_000)})).collect();
    let draft = crate::writing::published(&editor, json!({"title": "Long", "sections": full})).await;
    let more = json!({"heading": "More", "body": "x".repeat(199_990)});
    editor.post(at(&draft, "/draft/sections")).json(more).await.is(201);
    let larger = "x".repeat(200_000);
    let longer = |n: usize| json!({"id": section(&draft, &format!("Part {n}"))["id"], "body": larger});
    let correction = json!({"sections": [longer(0), longer(1), longer(2), longer(3)]});
    correct(&editor, &draft, 1, correction.clone()).await.is(200);
    let more = json!({"heading": "Last", "body": "x".repeat(9)});
    editor.post(at(&draft, "/draft/sections")).json(more).await.is(201);
    let correction = json!({"sections": body_of(&draft, "Part 0", "short")});
    correct(&editor, &draft, 2, correction).await.is(200);
    edit(&editor, &draft, json!({"summary": "Ahead"})).await;
    let more = json!({"heading": "Very last", "body": "x".repeat(199_995)});
    editor.post(at(&draft, "/draft/sections")).json(more).await.is(201);
    let correction = json!({"sections": body_of(&draft, "Part 0", "not as short as it was")});
    let response = correct(&editor, &draft, 3, correction).await;
    response.problem(422, "invalid");
    assert_eq!(response.violations(), ["/sections sections-too-long"]);
    assert_eq!(reader.get(at(&draft, "")).await.expect(200)["edition"], 3);
}

#[tokio::test]
async fn it_takes_the_right_to_publish_and_happens_once() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let draft = harbours(&admin).await;
    let correction = json!({"sections": body_of(&draft, "Piers", "Very long.")});
    let (_, program) = given::api_key(&admin, &["articles:write", "articles:read"]).await;
    correct(&program, &draft, 1, correction.clone()).await.problem(403, "forbidden");
    let (_, program) = given::api_key(&admin, &["articles:publish"]).await;
    correct(&program, &draft, 1, correction.clone()).await.problem(403, "forbidden");
    let (_, program) = given::api_key(&admin, &["articles:publish", "articles:write"]).await;
    let first = correct(&program, &draft, 1, correction.clone()).once("lost").await.expect(200);
    let again = correct(&program, &draft, 1, correction).once("lost").await;
    assert_eq!((again.expect(200), again.header("idempotent-replayed")), (first, Some("true")));
}
