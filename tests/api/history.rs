//! The history of an article: its revisions and editions can be read, and revisions restored.

use serde_json::{Value, json};

use crate::given::hours;
use crate::publishing::stories;
use crate::writing::{at, create, publish, published, version};

#[tokio::test]
async fn every_edit_leaves_a_revision_that_can_be_read_and_restored() {
    let (server, editor, _) = stories().await;
    let draft = create(&editor, json!({"title": "One", "slug": "one", "topics": ["sea"], "sections": [{"heading": "S", "body": "First."}]})).await;
    publish(&editor, &draft).await;
    server.clock.advance(hours(1));
    editor
        .patch(at(&draft, "/draft"))
        .if_match(1)
        .json(json!({"title": "Two", "slug": "two", "topics": []}))
        .await
        .is(200);
    editor.delete(at(&draft, "/draft/sections/s")).if_match(1).await.is(204);
    let list = editor.get(at(&draft, "/revisions?limit=2&include_total=true")).await;
    let page = list.expect(200);
    let numbers = |page: &Value| {
        page["items"]
            .as_array()
            .unwrap()
            .iter()
            .map(|item| item["revision"].as_i64().unwrap())
            .collect::<Vec<_>>()
    };
    assert_eq!((numbers(&page), &page["total"]), (vec![4, 3], &json!(3)));
    assert_eq!(
        (&page["items"][1]["title"], &page["items"][1]["by"]["id"]),
        (&json!("Two"), &json!(editor.user()))
    );
    let cursor = page["next_cursor"].as_str().unwrap();
    let rest = editor.get(at(&draft, &format!("/revisions?limit=2&cursor={cursor}"))).await.expect(200);
    assert_eq!((numbers(&rest), &rest["next_cursor"]), (vec![1], &Value::Null));
    editor.get(at(&draft, &format!("/editions?cursor={cursor}"))).await.problem(400, "request-malformed");
    let first = editor.get(at(&draft, "/revisions/1")).await.expect(200);
    assert_eq!(
        (&first["title"], &first["slug"], &first["topics"][0]["slug"]),
        (&json!("One"), &json!("one"), &json!("sea"))
    );
    assert_eq!(
        (&first["sections"][0]["body"], &first["sections"][0]["id"]),
        (&json!("First."), &draft["sections"][0]["id"])
    );
    editor.get(at(&draft, "/revisions/2")).await.problem(404, "not-found");
    let back = editor.post(at(&draft, "/revisions/1/restore")).if_match(4).once("r").await.expect(200);
    assert_eq!((&back["title"], &back["slug"], version(&back)), (&json!("One"), &json!("two"), 5));
    assert_eq!(
        (&back["sections"][0]["id"], &back["topics"][0]["slug"]),
        (&draft["sections"][0]["id"], &json!("sea"))
    );
    // Sent again because the response was lost: the kept response comes before the precondition.
    let again = editor.post(at(&draft, "/revisions/1/restore")).if_match(4).once("r").await;
    assert_eq!((again.expect(200), again.header("idempotent-replayed")), (back, Some("true")));
}

#[tokio::test]
async fn editions_are_kept_and_read() {
    let (server, editor, _) = stories().await;
    let draft = published(&editor, json!({"title": "One"})).await;
    server.clock.advance(hours(1));
    let after = editor
        .patch(at(&draft, "/draft"))
        .if_match(2)
        .json(json!({"title": "Two", "slug": "two"}))
        .await
        .expect(200);
    publish(&editor, &after).await;
    let items = editor.get(at(&draft, "/editions")).await.expect(200)["items"].clone();
    let facts = |n: usize| {
        ["edition", "revision", "slug", "title", "published_at", "live"].map(|name| items[n][name].clone())
    };
    assert_eq!(
        facts(0),
        [json!(2), json!(3), json!("two"), json!("Two"), json!("2026-01-05T10:00:00.000000Z"), json!(true)]
    );
    assert_eq!(
        facts(1),
        [json!(1), json!(1), json!("one"), json!("One"), json!("2026-01-05T09:00:00.000000Z"), json!(false)]
    );
    let first = editor.get(at(&draft, "/editions/1")).await.expect(200);
    assert_eq!(
        (&first["title"], &first["edition"], &first["updated_at"]),
        (&json!("One"), &json!(1), &json!("2026-01-05T09:00:00.000000Z"))
    );
    editor.get(at(&draft, "/editions/3")).await.problem(404, "not-found");
}
