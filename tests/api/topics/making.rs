//! How they are made and changed, and by whom.

use lede::auth::Role;
use serde_json::json;

use super::{BOTH, make, names, path};
use crate::given::minutes;
use crate::server::Server;

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
        ["/name name-malformed", "/slug slug-malformed", "/description description-too-long"]
    );
    let author =
        json!({"name": "", "bio": "x".repeat(2001), "website_url": "javascript:alert(1)", "image_url": "/a"});
    let refused = editor.post("/v1/authors").json(&author).await;
    assert_eq!(
        refused.violations(),
        [
            "/name name-empty",
            "/bio bio-too-long",
            "/website_url website-url-malformed",
            "/image_url image-url-malformed"
        ]
    );
    let nobody = json!({"name": "Ada", "user_id": "019b8d00-0000-7000-8000-000000000000"});
    assert_eq!(editor.post("/v1/authors").json(nobody).await.violations(), ["/user_id user-unknown"]);
    for (body, violation) in [
        (json!({"name": "A", "colour": 1}), "/colour field-unknown"),
        (json!({"slug": "a"}), " field-missing"),
        (json!({"name": "a\u{0}"}), "/name text-contains-nul"),
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
    server.client().get("/v1/authors/ada").await.is(301);
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
        server.client().post(&at).json(json!({"name": "X"})).await.problem(401, "token-missing");
        server.client().delete(format!("{at}/sea")).await.problem(401, "token-missing");
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
