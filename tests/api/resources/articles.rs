//! Drafts, their sections and their revisions.

use lede::auth::Role;
use serde_json::json;

use crate::server::Server;
use crate::writing::tides_and_harbours;

#[rustfmt::skip]
policy! {
    //                      contributor author editor admin
    create_article:         [any any any any] => |on| on.post("/v1/articles").json(json!({"title": "Tides"}));
    copy_article:           [own own any any] => |on| on.post(on.article().await + "/copy").json(json!({"locale": "de", "translation": true}));
    list_drafts:            [any any any any] => |on| on.get("/v1/drafts");
    change_drafts:          [any any any any] => |on| on.post("/v1/drafts/bulk").json(json!({"action": "remove_topics", "topics": ["sea"], "items": [{"id": on.article().await.rsplit('/').next()}]}));
    get_draft:              [own own any any] => |on| on.get(on.article().await + "/draft");
    update_draft:           [own own any any] => |on| on.patch(on.article().await + "/draft").if_match(1).json(json!({"subtitle": "By the sea"}));
    get_draft_markdown:     [own own any any] => |on| on.get(on.article().await + "/draft/markdown");
    replace_draft_markdown: [own own any any] => |on| on.put(on.article().await + "/draft/markdown").if_match(1).body("text/markdown", "# Tides");
    delete_article:          [own own any any] => |on| on.delete(on.article().await);
    restore_article:        [own own any any] => |on| on.post(on.trashed().await + "/restore");

    list_draft_sections:    [own own any any] => |on| on.get(on.article().await + "/draft/sections");
    create_section:         [own own any any] => |on| on.post(on.article().await + "/draft/sections").json(json!({"heading": "Neaps"}));
    replace_sections:       [own own any any] => |on| on.put(on.article().await + "/draft/sections").if_match(1).json(json!({"sections": []}));
    get_draft_section:      [own own any any] => |on| on.get(on.article().await + "/draft/sections/slack-water");
    update_section:         [own own any any] => |on| on.patch(on.article().await + "/draft/sections/slack-water").if_match(1).json(json!({"body": "Wait."}));
    delete_section:         [own own any any] => |on| on.delete(on.article().await + "/draft/sections/slack-water").if_match(1);

    list_revisions:         [own own any any] => |on| on.get(on.article().await + "/revisions");
    get_revision:           [own own any any] => |on| on.get(on.article().await + "/revisions/1");
    update_revision:        [own own any any] => |on| on.patch(on.article().await + "/revisions/1").json(json!({"label": "As sent"}));
    compare_revisions:      [own own any any] => |on| on.get(on.article().await + "/revisions/1/diff");
    restore_revision:       [own own any any] => |on| on.post(on.article().await + "/revisions/1/restore").if_match(1);
}

/// What the examples are recorded from.
pub async fn story(server: &Server) {
    let editor = server.login(Role::Editor).await;
    let made = editor.post("/v1/articles").json(tides_and_harbours()).await.expect(201);
    let taken = json!({"title": "Other tides", "slug": "tides-and-harbours"});
    editor.post("/v1/articles").json(taken).await.is(409);
    let article = "/v1/articles/tides-and-harbours";
    let german = json!({"locale": "de", "translation": true});
    editor.post(format!("{article}/copy")).json(german.clone()).await.is(201);
    editor.post(format!("{article}/copy")).json(german).await.is(409);
    editor.get("/v1/drafts").await.is(200);
    editor.get(format!("{article}/draft")).await.is(200);
    editor
        .patch(format!("{article}/draft"))
        .if_match(1)
        .json(json!({"summary": "When to leave."}))
        .await
        .is(200);
    editor.get(format!("{article}/draft/markdown")).await.is(200);
    editor.get(format!("{article}/draft/sections")).await.is(200);
    let neaps = json!({"heading": "Neaps", "body": "Weak tides, around the half moons.", "after": made["sections"][0]["id"]});
    editor.post(format!("{article}/draft/sections")).json(neaps).await.is(201);
    editor.get(format!("{article}/draft/sections/slack-water")).await.is(200);
    let body = json!({"body": "For a quarter of an hour nothing moves."});
    editor
        .patch(format!("{article}/draft/sections/slack-water"))
        .if_match(1)
        .json(body.clone())
        .await
        .is(200);
    editor.patch(format!("{article}/draft/sections/slack-water")).if_match(1).json(body).await.is(412);
    editor.delete(format!("{article}/draft/sections/neaps")).if_match(3).await.is(204);
    editor.post(format!("{article}/publish")).json(json!({"revision": 4})).await.is(200);
    let tree = json!({"sections": [{"id": made["sections"][1]["id"], "heading": "Leaving", "body": "Go with the ebb, at dawn."}]});
    editor.put(format!("{article}/draft/sections")).header("if-match", "*").json(tree).await.is(200);
    let document = "---\ntitle: Tides and harbours\nslug: tides-and-harbours\n---\n\nThe sea comes twice a day.\n\n## Leaving\n\nGo with the ebb.\n";
    editor
        .put(format!("{article}/draft/markdown"))
        .header("if-match", "*")
        .body("text/markdown", document)
        .await
        .is(200);
    let label = json!({"label": "As sent to the lawyers"});
    editor.patch(format!("{article}/revisions/4")).json(label).await.is(200);
    editor.get(format!("{article}/revisions")).await.is(200);
    editor.get(format!("{article}/revisions/4/diff?against=1")).await.is(200);
    editor.get(format!("{article}/revisions/1")).await.is(200);
    editor.post(format!("{article}/revisions/1/restore")).header("if-match", "*").await.is(200);
    editor.get(format!("{article}/editions")).await.is(200);
    editor.get(format!("{article}/editions/1")).await.is(200);
    editor.post(format!("{article}/unpublish")).await.is(200);
    editor.post(format!("{article}/unpublish")).await.is(409);
    editor.delete(article).await.is(204);
    editor
        .patch(format!("{article}/draft"))
        .header("if-match", "*")
        .json(json!({"featured": true}))
        .await
        .is(409);
    editor.post(format!("{article}/restore")).await.is(200);
    editor.post(format!("{article}/restore")).await.is(409);
    let items = json!([{"id": made["id"], "revision": 1}, {"id": made["id"], "revision": 99}]);
    editor.post("/v1/drafts/bulk").json(json!({"action": "publish", "items": items})).await.is(200);
    editor.post("/v1/drafts/bulk").json(json!({"action": "publish", "items": []})).await.is(422);
}
