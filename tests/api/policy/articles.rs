//! Drafts, their sections and their revisions.

use serde_json::json;

#[rustfmt::skip]
policy! {
    //                      contributor author editor admin
    create_article:         [any any any any] => |on| on.post("/v1/articles").json(json!({"title": "Tides"}));
    list_drafts:            [any any any any] => |on| on.get("/v1/drafts");
    get_draft:              [own own any any] => |on| on.get(on.article().await + "/draft");
    update_draft:           [own own any any] => |on| on.patch(on.article().await + "/draft").if_match(1).json(json!({"subtitle": "By the sea"}));
    get_draft_markdown:     [own own any any] => |on| on.get(on.article().await + "/draft/markdown");
    replace_draft_markdown: [own own any any] => |on| on.put(on.article().await + "/draft/markdown").if_match(1).body("text/markdown", "# Tides");
    trash_article:          [own own any any] => |on| on.delete(on.article().await);
    restore_article:        [own own any any] => |on| on.post(on.trashed().await + "/restore");

    list_draft_sections:    [own own any any] => |on| on.get(on.article().await + "/draft/sections");
    create_section:         [own own any any] => |on| on.post(on.article().await + "/draft/sections").json(json!({"heading": "Neaps"}));
    replace_sections:       [own own any any] => |on| on.put(on.article().await + "/draft/sections").if_match(1).json(json!({"sections": []}));
    get_draft_section:      [own own any any] => |on| on.get(on.article().await + "/draft/sections/slack-water");
    update_section:         [own own any any] => |on| on.patch(on.article().await + "/draft/sections/slack-water").if_match(1).json(json!({"body": "Wait."}));
    delete_section:         [own own any any] => |on| on.delete(on.article().await + "/draft/sections/slack-water").if_match(1);

    list_revisions:         [own own any any] => |on| on.get(on.article().await + "/revisions");
    get_revision:           [own own any any] => |on| on.get(on.article().await + "/revisions/1");
    restore_revision:       [own own any any] => |on| on.post(on.article().await + "/revisions/1/restore").if_match(1);
}
