//! The current user: what they may do, and what they change themselves.

use lede::auth::{POLICY, Role, Scope};
use serde_json::{Value, json};

use crate::server::Server;
use crate::writing;

#[tokio::test]
async fn the_current_user_has_the_rights_of_their_role() {
    let server = Server::start().await;
    for role in Role::ALL {
        let me = server.login(role).await.get("/v1/me").await.expect(200);
        let granted = me["rights"].as_array().expect("rights");
        let expected = POLICY.iter().filter(|right| role.scope_in(right.scopes) != Scope::Nothing);
        let names: Vec<&str> = expected.clone().map(|right| right.name).collect();
        assert_eq!(
            granted.iter().map(|right| right["name"].as_str().expect("a name")).collect::<Vec<_>>(),
            names
        );
        for (right, expected) in granted.iter().zip(expected) {
            let scope = if role.scope_in(expected.scopes) == Scope::Any { "any" } else { "own" };
            assert_eq!(right["scope"], scope, "{right}");
        }
        let actor = json!({"kind": "user", "id": me["id"], "name": role.as_str()});
        assert_eq!((&me["role"], &me["actor"]), (&json!(role.as_str()), &actor));
    }
}

#[tokio::test]
async fn users_change_their_name_language_and_notifications_and_nothing_else() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Author).await;
    let before = ada.get("/v1/me").await.expect(200);
    assert_eq!(before["locale"], Value::Null);
    assert_eq!(before["notifications"], json!({"new_device": true, "reviews": true}));
    assert_eq!(before["second_factor"], json!({"enabled": false, "required": false}));
    assert_eq!(before["author_id"], Value::Null);
    let change = json!({"name": " Ada Lovelace ", "locale": "DE_at", "notifications": {"new_device": false}});
    let changed = ada.patch("/v1/me").json(change).await.expect(200);
    assert_eq!((&changed["name"], &changed["locale"]), (&json!("Ada Lovelace"), &json!("de-AT")));
    assert_eq!(changed["notifications"], json!({"new_device": false, "reviews": true}));
    assert_eq!(changed["actor"]["name"], "Ada Lovelace");
    assert_eq!(ada.get("/v1/me").await.expect(200), changed);
    assert_eq!(ada.patch("/v1/me").json(json!({})).await.expect(200), changed);
    assert_eq!(ada.patch("/v1/me").json(json!({"notifications": {}})).await.expect(200), changed);
    let reset =
        ada.patch("/v1/me").json(json!({"locale": null, "notifications": {"new_device": true}})).await;
    assert_eq!(reset.expect(200)["locale"], Value::Null);
    for (body, place) in [
        (json!({"name": ""}), "/name name-empty"),
        (json!({"name": null}), "/name type-mismatch"),
        (json!({"name": "x".repeat(201)}), "/name name-too-long"),
        (json!({"name": "a\nb"}), "/name name-malformed"),
        (json!({"locale": "german"}), "/locale locale-malformed"),
        (json!({"notifications": {"spam": true}}), "/notifications/spam field-unknown"),
        (json!({"notifications": {"new_device": null}}), "/notifications/new_device type-mismatch"),
        (json!({"role": "admin"}), "/role field-unknown"),
        (json!({"email": "x@y.example"}), "/email field-unknown"),
    ] {
        let response = ada.patch("/v1/me").json(body).await;
        response.problem(422, "invalid");
        assert_eq!(response.violations(), [place]);
    }
}

#[tokio::test]
async fn the_current_user_is_the_author_who_is_linked_to_them() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Author).await;
    let editor = server.login(Role::Editor).await;
    let author = json!({"name": "Ada", "user_id": ada.user().to_string()});
    let author = editor.post("/v1/authors").json(author).await.expect(201);
    assert_eq!(ada.get("/v1/me").await.expect(200)["author_id"], author["id"]);
}

#[tokio::test]
async fn a_role_that_must_have_a_second_factor_says_so() {
    let server =
        Server::start_with(|config| config.accounts.require_second_factor = vec!["admin".into()]).await;
    let me = server.login(Role::Admin).await.get("/v1/me").await.expect(200);
    assert_eq!(me["second_factor"], json!({"enabled": false, "required": true}));
}

#[tokio::test]
async fn drafts_say_what_their_reader_may_do_with_them() {
    let server = Server::start().await;
    let contributor = server.login(Role::Contributor).await;
    let author = server.login(Role::Author).await;
    let editor = server.login(Role::Editor).await;
    for (owner, reader, can) in [
        (&contributor, &contributor, json!(["edit", "delete"])),
        (&author, &author, json!(["edit", "publish", "delete"])),
        (&contributor, &editor, json!(["edit", "publish", "delete"])),
    ] {
        let draft = writing::create(owner, json!({"title": "Tides"})).await;
        let path = writing::at(&draft, "/draft");
        assert_eq!(reader.get(&path).await.expect(200)["can"], can);
        let listed = reader.get("/v1/drafts").await.expect(200);
        let item = listed["items"].as_array().expect("items").iter().find(|item| item["id"] == draft["id"]);
        assert_eq!(item.expect("the draft")["can"], can);
    }
    let draft = writing::create(&contributor, json!({"title": "Ebb"})).await;
    assert_eq!(draft["can"], json!(["edit", "delete"]));
    let published = writing::publish(&editor, &draft).await;
    assert_eq!(published["can"], json!(["edit", "publish", "delete"]));
}
