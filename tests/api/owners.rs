//! The owner of an article, who can give it away.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::server::Server;
use crate::writing::{at, create, id, version};

async fn give(client: &Client, draft: &Value, body: Value) -> Response {
    client.patch(at(draft, "/draft")).header("if-match", "*").json(body).await
}

#[tokio::test]
async fn an_owner_gives_an_article_away_and_can_no_longer_reach_it() {
    let server = Server::start().await;
    let (ada, bo) =
        (server.login_as("ada", Role::Contributor).await, server.login_as("bo", Role::Contributor).await);
    let draft = create(&ada, json!({"title": "Tides"})).await;
    let to_bo = json!({"owner_id": bo.user()});
    bo.patch(at(&draft, "/draft")).header("if-match", "*").json(&to_bo).await.problem(404, "not-found");
    ada.patch(at(&draft, "/draft")).json(&to_bo).await.problem(428, "if-match-required");
    let given = ada.patch(at(&draft, "/draft")).if_match(1).json(&to_bo).await;
    let after = given.expect(200);
    assert_eq!((&after["owner"]["id"], &after["can"]), (&json!(bo.user()), &json!([])));
    // A new version, and no revision.
    assert_eq!((version(&after), &after["revision"], given.version()), (2, &json!(1), 2));
    ada.get(at(&draft, "/draft")).await.problem(404, "not-found");
    assert_eq!(ada.get("/v1/drafts").await.expect(200)["items"], json!([]));
    let mine = bo.get("/v1/drafts").await.expect(200);
    assert_eq!(
        (&mine["items"][0]["id"], &mine["items"][0]["can"]),
        (&draft["id"], &json!(["edit", "delete"]))
    );
    let revisions = bo.get(at(&draft, "/revisions")).await.expect(200);
    assert_eq!(revisions["items"].as_array().expect("items").len(), 1);
    let same = give(&bo, &draft, to_bo).await;
    assert_eq!(same.is(200).version(), 2);
}

#[tokio::test]
async fn editors_give_anything_to_anyone_who_is_active() {
    let server = Server::start().await;
    let (admin, editor) = (server.login(Role::Admin).await, server.login(Role::Editor).await);
    let (ada, off) = (server.login_as("ada", Role::Author).await, server.login_as("off", Role::Author).await);
    let gone = server.login_as("gone", Role::Author).await;
    let draft = create(&ada, json!({"title": "Tides"})).await;
    admin.patch(format!("/v1/users/{}", off.user())).json(json!({"disabled": true})).await.is(200);
    admin.delete(format!("/v1/users/{}", gone.user())).await.is(204);
    let invited = json!({"email": "new@website.example", "name": "New", "role": "editor"});
    let invited = id(&admin.post("/v1/users").json(invited).await.expect(201));
    let nobody = "019b8d62-7a80-7580-af26-1d10acb21f90".to_owned();
    for owner in [off.user().to_string(), gone.user().to_string(), invited, nobody] {
        let response = give(&editor, &draft, json!({"owner_id": owner})).await;
        assert_eq!(response.is(422).violations(), ["/owner_id owner-unknown"], "{owner}");
    }
    for (owner, place) in [(Value::Null, "/owner_id type-mismatch"), (json!("me"), "/owner_id type-mismatch")]
    {
        assert_eq!(give(&editor, &draft, json!({"owner_id": owner})).await.is(422).violations(), [place]);
    }
    // Both at once: one revision.
    let both = json!({"owner_id": editor.user(), "title": "Ebb"});
    let after = give(&editor, &draft, both).await.expect(200);
    assert_eq!((&after["owner"]["name"], &after["title"]), (&json!("editor"), &json!("Ebb")));
    assert_eq!((version(&after), &after["revision"]), (2, &json!(2)));
    give(&ada, &draft, json!({"owner_id": ada.user()})).await.problem(404, "not-found");
    give(&editor, &draft, json!({"owner_id": ada.user()})).await.is(200);
    ada.get(at(&draft, "/draft")).await.is(200);
    let audit = admin.get("/v1/audit?action=article.handed_over").await.expect(200);
    assert_eq!(audit["items"].as_array().expect("items").len(), 2, "{audit:#}");
    ada.delete(at(&draft, "")).await.is(204);
    give(&ada, &draft, json!({"owner_id": editor.user()})).await.problem(409, "in-trash");
}

#[tokio::test]
async fn an_article_is_given_away_once_by_those_who_have_read_the_same_version() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (ada, bo) = (server.login_as("ada", Role::Author).await, server.login_as("bo", Role::Author).await);
    for with in [json!({}), json!({"title": "Ebb"})] {
        let draft = create(&editor, json!({"title": "Tides"})).await;
        let to = |owner: &Client| {
            let mut body = with.clone();
            body["owner_id"] = json!(owner.user());
            editor.patch(at(&draft, "/draft")).if_match(1).json(body)
        };
        to(&ada).await.is(200);
        let refused = to(&bo).await.problem(412, "changed-since");
        let fields = refused["changed"][0]["fields"].as_array().expect("fields");
        assert!(fields.contains(&json!("owner_id")), "{refused:#}");
        assert_eq!(editor.get(at(&draft, "/draft")).await.expect(200)["owner"]["name"], "ada");
    }
}
