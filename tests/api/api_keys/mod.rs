//! API keys: how they are made and shown, and who sees and revokes them.

mod lifetime;
mod rights;

use diesel::prelude::*;
use futures_util::future::join_all;
use lede::api_keys::NewApiKey;
use lede::auth::Role;
use lede::base::db::schema::{api_keys, events};
use lede::base::ids::UserId;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{self, PASSWORD, seconds};
use crate::server::Server;

const KEYS: &str = "/v1/api-keys";
const READ: &[&str] = &["articles:read"];

/// A client that sends what a response shows once.
fn with_key(server: &Server, shown: &Value) -> Client {
    server.client().with_token(shown["key"].as_str().expect("a key"))
}

#[tokio::test]
async fn a_key_is_shown_once_and_stored_as_a_hash() {
    let server = Server::start().await;
    let author = server.login(Role::Author).await;
    let body = json!({"current_password": PASSWORD, "name": " Website build ", "scopes": ["articles:publish", "articles:read", "articles:read"],
        "expires_at": "2026-03-01T00:00:00Z"});
    let response = author.post(KEYS).json(body).await;
    let made = response.expect(201);
    assert_eq!(response.header("cache-control"), Some("private, no-store, no-transform"));
    let text = made["key"].as_str().expect("a key").to_owned();
    assert_eq!((text.len(), &text[..5]), (63, "lede_"));
    assert_eq!(made["prefix"], text[..13]);
    assert_eq!(made["name"], "Website build");
    assert_eq!(made["scopes"], json!(["articles:read", "articles:publish"]));
    assert_eq!(made["owner"], json!({"kind": "user", "id": author.user(), "name": "author"}));
    assert_eq!(made["expires_at"], "2026-03-01T00:00:00.000000Z");
    assert_eq!((&made["last_used_at"], &made["previous_until"]), (&Value::Null, &Value::Null));
    let mut known = made.clone();
    known.as_object_mut().expect("an object").remove("key");
    assert_eq!(author.get(response.location()).await.expect(200), known);
    assert_eq!(author.get(KEYS).await.expect(200)["items"], json!([known]));
    let secret = text.as_bytes()[14..57].to_vec();
    let stored = |conn: &mut lede::base::db::Connection| {
        Ok(api_keys::table.select(api_keys::secret_hash).get_result::<Vec<u8>>(conn)?)
    };
    let hash = server.app.db.read(stored).await.expect("a hash");
    assert_eq!(hash, lede::base::http::json::sha256(&secret));
}

#[tokio::test]
async fn what_is_asked_of_a_key_has_bounds() {
    let server = Server::start().await;
    let author = server.login(Role::Author).await;
    let (path, _) = given::api_key(&author, READ).await;
    let many = vec!["articles:read"; 51];
    for (body, places) in [
        (json!({"name": "x", "scopes": []}), vec!["/scopes scopes-empty"]),
        (json!({"name": "x", "scopes": many}), vec!["/scopes scopes-too-many"]),
        (json!({"name": "x", "scopes": ["articles:read", "all"]}), vec!["/scopes/1 scope-unknown"]),
        // Rights that no key has.
        (
            json!({"name": "x", "scopes": ["account:use", "api_keys:write", "users:read", "users:write"]}),
            vec![
                "/scopes/0 scope-unknown",
                "/scopes/1 scope-unknown",
                "/scopes/2 scope-unknown",
                "/scopes/3 scope-unknown",
            ],
        ),
        // Rights that an author does not have.
        (
            json!({"name": "x", "scopes": ["topics:write", "articles:read", "audit:read"]}),
            vec!["/scopes/0 scope-not-allowed", "/scopes/2 scope-not-allowed"],
        ),
        (json!({"name": "x\ny", "scopes": READ}), vec!["/name name-malformed"]),
        (json!({"name": "x".repeat(101), "scopes": READ}), vec!["/name name-too-long"]),
        (
            json!({"name": " ", "scopes": READ, "expires_at": given::MOMENT}),
            vec!["/name name-empty", "/expires_at expires-at-in-past"],
        ),
    ] {
        let mut body = body;
        body["current_password"] = json!(PASSWORD);
        for response in [author.post(KEYS).json(&body).await, author.patch(&path).json(&body).await] {
            response.problem(422, "invalid");
            assert_eq!(response.violations(), places, "{body}");
        }
    }
    author
        .post(KEYS)
        .once("once")
        .json(json!({"current_password": PASSWORD, "name": "x", "scopes": READ}))
        .await
        .is(400);
    let rotate = format!("{path}/rotate");
    for grace in [-1, 604_801] {
        let response =
            author.post(&rotate).json(json!({"current_password": PASSWORD, "grace_seconds": grace})).await;
        response.problem(422, "invalid");
        assert_eq!(response.violations(), ["/grace_seconds grace-seconds-out-of-bounds"]);
    }
}

#[tokio::test]
async fn a_user_can_have_a_hundred_keys() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let make =
        || editor.post(KEYS).json(json!({"current_password": PASSWORD, "name": "x", "scopes": READ})).send();
    let (user, now) = (editor.user(), server.clock.now());
    let fill = move |tx: &mut lede::base::db::Tx<'_>| {
        let new = NewApiKey::parse("x", &["articles:read".to_owned()], None, now)?;
        (0..98).try_for_each(|_| lede::api_keys::store::create(tx, user, &new).map(drop))
    };
    server.app.db.write(fill).await.expect("keys");
    let (made, refused): (Vec<_>, Vec<_>) =
        join_all((0..4).map(|_| make())).await.into_iter().partition(|response| response.status() == 201);
    assert_eq!((made.len(), refused.len()), (2, 2));
    refused[0].problem(409, "keys-too-many");
    server
        .login(Role::Author)
        .await
        .post(KEYS)
        .json(json!({"current_password": PASSWORD, "name": "x", "scopes": READ}))
        .await
        .is(201);
    editor.delete(made[0].location()).await.is(204);
    make().await.is(201);
    make().await.problem(409, "keys-too-many");
}

#[tokio::test]
async fn keys_are_their_owners_and_admins_list_and_revoke_them() {
    let server = Server::start().await;
    let (ada, bob) = (server.login_as("ada", Role::Editor).await, server.login_as("bob", Role::Editor).await);
    let admin = server.login(Role::Admin).await;
    let (adas, program) = given::api_key(&ada, READ).await;
    server.clock.advance(seconds(1));
    given::api_key(&bob, READ).await;
    let owners = |page: Value| {
        let items = page["items"].as_array().expect("items").clone();
        items
            .into_iter()
            .map(|key| key["owner"]["name"].as_str().expect("a name").to_owned())
            .collect::<Vec<_>>()
    };
    let list = |client: &Client, owner: &Client| {
        client.get(format!("{KEYS}?include_total=true&owner={}", owner.user()))
    };
    assert_eq!(owners(ada.get(KEYS).await.expect(200)), ["ada"]);
    assert_eq!(owners(admin.get(KEYS).await.expect(200)), ["bob", "ada"]);
    assert_eq!(owners(list(&admin, &ada).await.expect(200)), ["ada"]);
    assert_eq!(list(&bob, &ada).await.expect(200), json!({"items": [], "next_cursor": null, "total": 0}));
    let malformed = admin.get(format!("{KEYS}?owner=ada")).await;
    malformed.problem(400, "request-malformed");
    assert_eq!(malformed.violations(), ["owner id-malformed"]);
    let rotate = format!("{adas}/rotate");
    for (client, status) in [(&bob, 404), (&admin, 403)] {
        client.patch(&adas).json(json!({"name": "Mine now"})).await.is(status);
        client.post(&rotate).json(json!({"current_password": PASSWORD})).await.is(status);
    }
    bob.get(&adas).await.problem(404, "not-found");
    bob.delete(&adas).await.problem(404, "not-found");
    admin.get(&adas).await.is(200);
    program.get("/v1/drafts").await.is(200);
    admin.delete(&adas).await.is(204);
    program.get("/v1/drafts").await.problem(401, "token-invalid");
    let again = ada.post(&rotate).json(json!({"current_password": PASSWORD}));
    for gone in [ada.get(&adas), ada.delete(&adas), again, admin.patch(&adas).json(json!({}))] {
        gone.await.problem(404, "not-found");
    }
    assert_eq!(owners(admin.get(KEYS).await.expect(200)), ["bob"]);
}

#[tokio::test]
async fn what_happens_to_a_key_is_written_down() {
    let server = Server::start().await;
    let (user, admin) = (server.login(Role::Editor).await, server.login(Role::Admin).await);
    let (path, _) = given::api_key(&user, READ).await;
    user.patch(&path).json(json!({"name": "Another name"})).await.is(200);
    user.patch(&path).json(json!({"name": "Another name", "scopes": READ, "expires_at": null})).await.is(200);
    user.post(format!("{path}/rotate")).json(json!({"current_password": PASSWORD})).await.is(200);
    admin.delete(&path).await.is(204);
    let read = |conn: &mut lede::base::db::Connection| {
        let kinds = events::table.filter(events::kind.like("api_key.%")).order(events::id);
        Ok(kinds.select((events::kind, events::actor_id)).load::<(String, Option<UserId>)>(conn)?)
    };
    let written = server.app.db.read(read).await.expect("events");
    let (user, admin) = (Some(user.user()), Some(admin.user()));
    let expected = [("created", user), ("updated", user), ("rotated", user), ("revoked", admin)];
    assert_eq!(written, expected.map(|(what, who)| (format!("api_key.{what}"), who)));
}

/// A stolen access token makes no credential that outlives it.
#[tokio::test]
async fn a_key_is_made_rotated_and_widened_with_the_password_only() {
    let server = Server::start().await;
    let user = server.login(Role::Editor).await;
    let body = json!({"name": "x", "scopes": READ, "expires_at": "2026-02-01T00:00:00Z", "current_password": PASSWORD});
    let path = user.post(KEYS).json(&body).await.is(201).location().to_owned();
    let (rotate, with) = (format!("{path}/rotate"), |password: &str, body: &Value| {
        let mut body = body.clone();
        body["current_password"] = json!(password);
        body
    });
    let wider = [
        json!({"scopes": ["articles:read", "topics:write"]}),
        json!({"expires_at": "2026-02-02T00:00:00Z"}),
        json!({"expires_at": null}),
    ];
    for change in &wider {
        let refused = user.patch(&path).json(change).await;
        refused.problem(422, "invalid");
        assert_eq!(refused.violations(), ["/current_password current-password-missing"], "{change}");
    }
    for missing in
        [user.post(KEYS).json(json!({"name": "x", "scopes": READ})), user.post(&rotate).json(json!({}))]
    {
        assert_eq!(missing.await.is(422).violations(), [" field-missing"]);
    }
    // Wrong ones count like those at a login.
    let wrong = with("a wrong password", &body);
    for _ in 0..2 {
        user.post(KEYS).json(&wrong).await.problem(401, "invalid-credentials");
        let change = with("a wrong password", &wider[0]);
        user.patch(&path).json(change).await.problem(401, "invalid-credentials");
    }
    user.post(&rotate).json(with("a wrong password", &json!({}))).await.problem(401, "invalid-credentials");
    user.post(KEYS).json(with(PASSWORD, &body)).await.problem(429, "too-many-requests");
    server.clock.advance(seconds(1));
    // What takes something away needs none.
    let narrower = json!({"name": "y", "expires_at": "2026-01-20T00:00:00Z"});
    user.patch(&path).json(narrower).await.is(200);
    for change in &wider {
        user.patch(&path).json(with(PASSWORD, change)).await.is(200);
    }
    user.patch(&path).json(json!({"scopes": READ})).await.is(200);
}

#[tokio::test]
async fn a_new_key_is_told_by_mail_and_so_are_keys_when_the_password_is_changed() {
    let server = Server::start().await;
    let user = server.login(Role::Editor).await;
    let change = |from: &str, to: &str| {
        user.post("/v1/me/password").json(json!({"current_password": from, "new_password": to}))
    };
    let other = "slack water comes between tides";
    change(PASSWORD, other).await.is(204);
    let mail = given::mail_to(&server, "editor@lede.example").await;
    assert!(!mail.text.contains("API key"), "{}", mail.text);
    change(other, PASSWORD).await.is(204);
    server.run_jobs().await;
    given::api_key(&user, READ).await;
    let mail = given::mail_to(&server, "editor@lede.example").await;
    assert_eq!(mail.subject, "Your account at Lede was changed");
    assert!(mail.text.contains("“A program”") && mail.text.contains("/v1/api-keys/{id}"), "{}", mail.text);
    change(PASSWORD, other).await.is(204);
    let mail = given::mail_to(&server, "editor@lede.example").await;
    assert!(mail.text.contains("https://cms.lede.example/v1/api-keys/{id}"), "{}", mail.text);
}

#[tokio::test]
async fn the_hashes_of_a_key_are_not_shown_where_it_is_debugged() {
    let server = Server::start().await;
    let user = server.login(Role::Editor).await;
    given::api_key(&user, READ).await;
    let read = |conn: &mut lede::base::db::Connection| {
        lede::api_keys::store::list(conn, &lede::api_keys::ApiKeyFilter::default(), None, None, 10)
    };
    let rows = server.app.db.read(read).await.expect("keys");
    let shown = format!("{rows:?}");
    assert!(shown.starts_with("[ApiKeyRow(") && !shown.contains("hash"), "{shown}");
}
