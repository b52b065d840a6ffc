//! Joining and leaving: how it is written, what it makes of the article, and who may.

use lede::auth::Role;
use serde_json::{Value, json};

use super::{draft, join, languages, live, now, patch};
use crate::given;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, version};

#[tokio::test]
async fn a_group_is_joined_by_id_or_slug_and_left_by_null_without_a_revision() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let source = draft(&editor, "en", None).await;
    let german = draft(&editor, "de", Some(&source)).await;
    assert_eq!((&german["translation_of"], version(&german)), (&source["id"], 1));
    let french = draft(&editor, "fr", None).await;
    assert_eq!((&french["translation_of"], languages(&french)), (&Value::Null, String::new()));
    let joined = patch(&editor, &french, json!({"translation_of": "tides-in-en"})).await.expect(200);
    assert_eq!(joined["translation_of"], source["id"]);
    assert_eq!(
        (version(&joined), &joined["revision"], &joined["metadata_revision"]),
        (2, &json!(1), &json!(1))
    );
    assert_eq!(languages(&joined), "de en");
    let of_source = now(&editor, &source).await;
    assert_eq!((languages(&of_source), version(&of_source)), ("de fr".to_owned(), 1));
    let german_of_source = json!({
        "id": german["id"], "locale": "de", "slug": "tides-in-de", "title": "Tides in de", "status": "draft",
        "url": "https://website.example/tides-in-de", "behind": false,
    });
    assert_eq!(of_source["translations"][0], german_of_source);
    // Whoever wants what is so already changes nothing.
    for of in [&source, &source] {
        assert_eq!(version(&join(&editor, &french, Some(of)).await.expect(200)), 2);
    }
    // By way of another translation it is the same group.
    let italian = draft(&editor, "it", Some(&german)).await;
    assert_eq!((&italian["translation_of"], languages(&italian)), (&source["id"], "de en fr".to_owned()));
    let left = join(&editor, &french, None).await.expect(200);
    assert_eq!((&left["translation_of"], version(&left), &left["revision"]), (&Value::Null, 3, &json!(1)));
    assert_eq!(
        (languages(&left), languages(&now(&editor, &source).await)),
        (String::new(), "de it".to_owned())
    );
    assert_eq!(version(&join(&editor, &french, None).await.expect(200)), 3);
}

#[tokio::test]
async fn a_change_of_the_group_is_one_of_the_metadata_and_of_no_revision() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let source = draft(&editor, "en", None).await;
    let german = draft(&editor, "de", None).await;
    let both = json!({"translation_of": source["id"], "subtitle": "Zweimal am Tag"});
    let joined = patch(&editor, &german, both).await.expect(200);
    assert_eq!((version(&joined), &joined["revision"]), (2, &json!(2)));
    join(&editor, &german, None).await.is(200);
    let stale = editor.patch(at(&german, "/draft")).if_match(1).json(json!({"title": "Gezeiten"})).await;
    stale.problem(412, "changed-since");
    let fields: Vec<Value> = stale.json()["changed"]
        .as_array()
        .expect("changes")
        .iter()
        .map(|one| one["fields"].clone())
        .collect();
    assert_eq!(fields, [json!(["subtitle", "translation_of"]), json!(["translation_of"])]);
    // Revisions do not know the group, and restoring one leaves the article where it is.
    let restored = editor.post(at(&german, "/revisions/2/restore")).header("if-match", "*").await.expect(200);
    assert_eq!((&restored["translation_of"], version(&restored)), (&Value::Null, 3));
    join(&editor, &german, Some(&source)).await.is(200);
    let restored = editor.post(at(&german, "/revisions/1/restore")).header("if-match", "*").await.expect(200);
    assert_eq!((&restored["translation_of"], &restored["subtitle"]), (&source["id"], &Value::Null));
    let revision = editor.get(at(&german, "/revisions/2")).await.expect(200);
    assert_eq!(revision.get("translation_of"), None);
    let diff = editor.get(at(&german, "/revisions/2/diff?against=1")).await.expect(200);
    let members: Vec<&str> = diff["metadata"]
        .as_array()
        .expect("members")
        .iter()
        .filter_map(|one| one["member"].as_str())
        .collect();
    assert_eq!(members, ["subtitle"]);
}

#[tokio::test]
async fn a_document_names_its_source_and_without_it_changes_no_group() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let source = draft(&editor, "en", None).await;
    let markdown = "---\ntitle: Gezeiten\nlang: de\ntranslation_of: tides-in-en\n---\n\nZweimal am Tag.\n";
    let german = create(&editor, json!({"markdown": markdown})).await;
    assert_eq!(german["translation_of"], source["id"]);
    let path = at(&german, "/draft/markdown");
    let pulled = editor.get(path.as_str()).await.is(200).text().to_owned();
    let line = format!("translation_of: {}\n", source["id"]);
    assert!(pulled.contains(&line), "{pulled}");
    let push = async |document: &str| {
        let push =
            editor.put(path.as_str()).header("if-match", "*").body("text/markdown", document.to_owned());
        push.await.expect(200)
    };
    assert_eq!(version(&push(&pulled).await), 1);
    assert_eq!(push(&pulled.replace(&line, "")).await["translation_of"], source["id"]);
    assert_eq!(push(&pulled.replace(&line, "translation_of: null\n")).await["translation_of"], Value::Null);
    assert_eq!(push(&pulled).await["translation_of"], source["id"]);
    // The source has nothing to name, and its document leaves the group alone, too.
    let of_source = editor.get(at(&source, "/draft/markdown")).await.is(200).text().to_owned();
    assert!(!of_source.contains("translation_of"), "{of_source}");
    let edited = of_source.replace("Tides in en", "Tides");
    let pushed = editor.put(at(&source, "/draft/markdown")).header("if-match", "*");
    assert_eq!(languages(&pushed.body("text/markdown", edited).await.expect(200)), "de");
}

#[tokio::test]
async fn a_group_outlives_its_source_and_takes_another() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let source = draft(&editor, "en", None).await;
    let (german, french) =
        (draft(&editor, "de", Some(&source)).await, draft(&editor, "fr", Some(&source)).await);
    join(&editor, &source, None).await.is(200);
    assert_eq!(languages(&now(&editor, &source).await), "");
    for (one, other) in [(&german, "fr"), (&french, "de")] {
        let one = now(&editor, one).await;
        assert_eq!((&one["translation_of"], languages(&one).as_str()), (&Value::Null, other));
    }
    // One that is named becomes the source of a group without one.
    assert_eq!(join(&editor, &french, Some(&german)).await.expect(200)["translation_of"], german["id"]);
    let back = join(&editor, &source, Some(&french)).await.expect(200);
    assert_eq!((&back["translation_of"], languages(&back)), (&german["id"], "de fr".to_owned()));
    // So it does if the source calls itself its translation.
    assert_eq!(join(&editor, &german, Some(&source)).await.expect(200)["translation_of"], source["id"]);
    assert_eq!(now(&editor, &french).await["translation_of"], source["id"]);
    assert_eq!(now(&editor, &source).await["translation_of"], Value::Null);
    // Whoever joins another group leaves the one before.
    let other = create(&editor, json!({"title": "Harbours"})).await;
    let moved = join(&editor, &source, Some(&other)).await;
    moved.problem(409, "translation-exists");
    join(&editor, &german, Some(&other)).await.is(200);
    assert_eq!(languages(&now(&editor, &source).await), "fr");
    assert_eq!(languages(&now(&editor, &other).await), "de");
}

#[tokio::test]
async fn what_cannot_be_a_source_is_refused() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let german = draft(&editor, "de", None).await;
    let trashed = create(&editor, json!({"title": "Gone", "slug": "gone"})).await;
    editor.delete(at(&trashed, "")).await.is(204);
    for (of, code) in [
        (german["id"].clone(), "article-unknown"),
        // A slug is one in the site's language.
        (json!("tides-in-de"), "article-unknown"),
        (json!("nothing"), "article-unknown"),
        (trashed["id"].clone(), "article-unknown"),
        (json!("gone"), "article-unknown"),
        (json!("No slug"), "slug-malformed"),
        (json!(7), "type-mismatch"),
    ] {
        let refused = patch(&editor, &german, json!({"translation_of": of})).await;
        assert_eq!(refused.is(422).violations(), [format!("/translation_of {code}")], "{of}");
        let body = json!({"title": "Gezeiten", "locale": "de", "translation_of": of});
        if of != german["id"] {
            let refused = editor.post(ARTICLES).json(body).await;
            assert_eq!(refused.violations(), [format!("/translation_of {code}")], "{of}");
        }
    }
    // It is told with whatever else is wrong.
    let contributor = server.login(Role::Contributor).await;
    let body = json!({"title": "Gezeiten", "topics": ["sea"], "translation_of": german["id"]});
    let refused = contributor.post(ARTICLES).json(body).await;
    assert_eq!(refused.violations(), ["/topics/0 topic-unknown", "/translation_of article-unknown"]);
}

/// Readers see a group without a publication: so it takes the right to publish those of it whom they see.
#[tokio::test]
async fn a_group_is_changed_by_those_who_may_edit_both_and_publish_the_live_ones() {
    let server = Server::start().await;
    let (editor, author, contributor) = (
        server.login(Role::Editor).await,
        server.login(Role::Author).await,
        server.login(Role::Contributor).await,
    );
    let forbidden = "/translation_of translation-of-forbidden";
    // Drafts of one's own.
    let own = draft(&contributor, "en", None).await;
    let german = draft(&contributor, "de", Some(&own)).await;
    // As soon as one of them is live, the contributor may change it no more.
    editor.post(at(&own, "/publish")).json(json!({"revision": 1})).await.is(200);
    let french = draft(&contributor, "fr", None).await;
    let refused = join(&contributor, &french, Some(&own)).await;
    assert_eq!(refused.is(422).violations(), [forbidden]);
    let copy = contributor.post(at(&own, "/copy")).json(json!({"locale": "it", "translation": true})).await;
    assert_eq!(copy.is(422).violations(), [forbidden]);
    // What is in no group need not leave one.
    let alone = live(&editor, "es", None).await;
    patch(&editor, &alone, json!({"owner_id": contributor.user()})).await.is(200);
    join(&contributor, &alone, None).await.is(200);
    // Readers see nothing of a draft that leaves.
    join(&contributor, &german, None).await.is(200);
    // An author may publish their own, and not that of another in the group.
    let source = live(&author, "en", None).await;
    let theirs = live(&author, "de", Some(&source)).await;
    join(&author, &theirs, None).await.is(200);
    join(&author, &theirs, Some(&source)).await.is(200);
    let of_editor = live(&editor, "fr", Some(&source)).await;
    let italian = draft(&author, "it", None).await;
    assert_eq!(join(&author, &italian, Some(&source)).await.violations(), [forbidden]);
    assert_eq!(join(&author, &theirs, None).await.is(422).violations(), [forbidden]);
    assert_eq!(join(&author, &italian, Some(&of_editor)).await.violations(), [forbidden]);
    editor.post(at(&of_editor, "/unpublish")).await.is(200);
    join(&author, &italian, Some(&source)).await.is(200);
    // A draft of somebody else is not even there.
    let hidden = draft(&editor, "en", None).await;
    let refused = join(&author, &italian, Some(&hidden)).await;
    assert_eq!(refused.violations(), ["/translation_of article-unknown"]);
    join(&author, &hidden, None).await.problem(404, "not-found");
    // The scopes of a key count, too.
    let program = given::api_key(&author, &["articles:write", "articles:read"]).await.1;
    let spanish = draft(&program, "es", None).await;
    assert_eq!(join(&program, &spanish, Some(&source)).await.violations(), [forbidden]);
    let program = given::api_key(&author, &["articles:write", "articles:read", "articles:publish"]).await.1;
    join(&program, &spanish, Some(&source)).await.is(200);
}
