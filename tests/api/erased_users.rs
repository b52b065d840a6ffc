//! Erased users: what is gone, what stays, and who gets their articles.

use diesel::prelude::*;
use lede::articles::store::{self, ArticleRow};
use lede::auth::Role;
use lede::base::db::schema::{api_keys, articles, idempotency_keys, sessions};
use lede::base::db::types::Json;
use lede::base::db::{Connection, Tx};
use lede::base::ids::ApiKeyId;
use lede::base::text::slug::Slug;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{PASSWORD, minutes};
use crate::server::Server;
use crate::traces::traces;
use crate::writing::{at, create, id, version};

fn path(client: &Client) -> String {
    format!("/v1/users/{}", client.user())
}

async fn owner(reader: &Client, draft: &Value) -> Value {
    reader.get(at(draft, "/draft")).await.expect(200)["owner"].clone()
}

#[tokio::test]
async fn an_erased_user_is_out_at_once_and_their_articles_go_to_the_successor() {
    let server = Server::start().await;
    let (admin, editor) = (server.login(Role::Admin).await, server.login(Role::Editor).await);
    let ada = server.login_as("ada", Role::Author).await;
    let draft = create(&ada, json!({"title": "Tides"})).await;
    let trashed = create(&ada, json!({"title": "Ebb"})).await;
    ada.delete(at(&trashed, "")).await.is(204);
    admin.delete(path(&ada)).await.problem(409, "successor-required");
    ada.get("/v1/me").await.is(200);
    let with = |successor: String| admin.delete(format!("{}?successor={successor}", path(&ada)));
    with(editor.user().to_string()).await.is(204);
    let token = ada.token().expect("a token");
    server.client().with_token(&token).get("/v1/me").await.problem(401, "session-ended");
    let body = json!({"email": "ada@lede.example", "password": PASSWORD});
    server.client().post("/v1/auth/sessions").json(body).await.problem(401, "invalid-credentials");
    for gone in
        [admin.get(path(&ada)), admin.delete(path(&ada)), admin.patch(path(&ada)).json(json!({"name": "A"}))]
    {
        gone.await.problem(404, "not-found");
    }
    assert_eq!(admin.get("/v1/users?q=ada").await.expect(200)["items"], json!([]));
    let nobody = json!({"kind": "user", "id": ada.user(), "name": null});
    assert_eq!(owner(&editor, &draft).await, nobody);
    server.run_jobs().await;
    let after = editor.get(at(&draft, "/draft")).await.expect(200);
    assert_eq!(after["owner"]["id"], json!(editor.user()));
    assert_eq!((version(&after), &after["updated_at"]), (version(&draft), &draft["updated_at"]));
    assert_eq!(owned(&server, &editor).await, 2);
    let revisions = editor.get(at(&draft, "/revisions")).await.expect(200);
    assert_eq!(revisions["items"][0]["by"], nobody);
}

#[tokio::test]
async fn a_successor_is_another_active_user() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = server.login_as("ada", Role::Author).await;
    let disabled = server.login_as("dee", Role::Editor).await;
    admin.patch(path(&disabled)).json(json!({"disabled": true})).await.is(200);
    let body = json!({"email": "bo@website.example", "name": "Bo", "role": "editor"});
    let invited = id(&admin.post("/v1/users").json(body).await.expect(201));
    let nobody = "019b8d62-7a80-7580-af26-1d10acb21f90".to_owned();
    for successor in [ada.user().to_string(), disabled.user().to_string(), invited, nobody] {
        let response = admin.delete(format!("{}?successor={successor}", path(&ada))).await;
        assert_eq!(response.is(422).violations(), ["successor successor-unknown"], "{successor}");
    }
    let response = admin.delete(format!("{}?successor=bo", path(&ada))).await;
    assert_eq!(response.is(400).violations(), ["successor id-malformed"]);
    admin.delete(path(&ada)).await.is(204);
}

#[tokio::test]
async fn a_successor_who_is_erased_passes_on_what_they_were_to_get() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let (ada, bo) = (server.login_as("ada", Role::Author).await, server.login_as("bo", Role::Author).await);
    let draft = create(&ada, json!({"title": "Tides"})).await;
    admin.delete(format!("{}?successor={}", path(&ada), bo.user())).await.is(204);
    // The articles have not arrived yet.
    admin.delete(path(&bo)).await.problem(409, "successor-required");
    admin.delete(format!("{}?successor={}", path(&bo), admin.user())).await.is(204);
    server.run_jobs().await;
    assert_eq!(owner(&admin, &draft).await["id"], json!(admin.user()));
}

#[tokio::test]
async fn a_chain_of_successors_is_as_long_as_it_may_be() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let (ada, bo) = (server.login_as("ada", Role::Author).await, server.login_as("bo", Role::Author).await);
    let cy = server.login_as("cy", Role::Author).await;
    let draft = create(&ada, json!({"title": "Tides"})).await;
    admin.delete(format!("{}?successor={}", path(&ada), bo.user())).await.is(204);
    admin.delete(format!("{}?successor={}", path(&bo), cy.user())).await.is(204);
    admin.delete(path(&cy)).await.problem(409, "successor-required");
    admin.delete(format!("{}?successor={}", path(&cy), admin.user())).await.is(204);
    server.run_jobs().await;
    assert_eq!(owner(&admin, &draft).await["id"], json!(admin.user()));
}

#[tokio::test]
async fn many_articles_are_handed_over_in_batches() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = server.login_as("ada", Role::Author).await;
    create(&ada, json!({"title": "Tides"})).await;
    let copy = |tx: &mut Tx<'_>| {
        let first: ArticleRow = articles::table.get_result(&mut **tx)?;
        for number in 0..600 {
            let slug = Slug::parse(&format!("tides-{number}")).expect("a slug");
            let row = ArticleRow { id: tx.new_id()?, slug, ..first.clone() };
            assert!(store::insert(tx, &row)?);
        }
        Ok(())
    };
    server.app.db.write(copy).await.expect("copies");
    admin.delete(format!("{}?successor={}", path(&ada), admin.user())).await.is(204);
    server.run_jobs().await;
    assert_eq!((owned(&server, &ada).await, owned(&server, &admin).await), (0, 601));
}

async fn owned(server: &Server, owner: &Client) -> i64 {
    let owner = owner.user();
    let count = move |conn: &mut Connection| {
        Ok(articles::table.filter(articles::owner_id.eq(owner)).count().get_result(conn)?)
    };
    server.app.db.read(count).await.expect("a count")
}

#[tokio::test]
async fn the_keys_and_sessions_of_an_erased_user_are_gone() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = server.login_as("ada", Role::Author).await;
    let user = ada.user();
    let add_key = move |tx: &mut Tx<'_>| {
        let id: ApiKeyId = tx.new_id()?;
        let now = tx.now();
        diesel::insert_into(api_keys::table)
            .values((
                api_keys::id.eq(id),
                api_keys::user_id.eq(user),
                api_keys::prefix.eq("abcdefgh"),
                api_keys::name.eq("Deploy"),
                api_keys::scopes.eq(Json::Readable(vec!["articles:read".to_owned()])),
                api_keys::secret_hash.eq(vec![7u8; 32]),
                api_keys::created_at.eq(now),
            ))
            .execute(&mut **tx)?;
        Ok(())
    };
    server.app.db.write(add_key).await.expect("a key");
    admin.delete(path(&ada)).await.is(204);
    let left = move |conn: &mut Connection| {
        // The rows of sessions are deleted later, because they may have thousands of refresh tokens.
        let is_left = sessions::ended_at.is_null().or(sessions::device.ne("")).or(sessions::network.ne(""));
        let sessions = sessions::table.filter(sessions::user_id.eq(user)).filter(is_left);
        let sessions = sessions.count().get_result::<i64>(conn)?;
        let valid = api_keys::table.filter(api_keys::revoked_at.is_null()).count().get_result::<i64>(conn)?;
        Ok((sessions, valid))
    };
    assert_eq!(server.app.db.read(left).await.expect("counts"), (0, 0));
}

#[tokio::test]
async fn an_erased_user_leaves_no_trace() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let body = json!({"email": "Trace.Me@website.example", "name": "Tracy", "role": "editor"});
    let path = admin.post("/v1/users").once("one").json(body).await.is(201).location().to_owned();
    let author = admin.post("/v1/authors").json(json!({"name": "Ada"})).await.expect(201);
    admin.patch(&path).json(json!({"author_id": author["id"]})).await.is(200);
    admin.post(format!("{path}/invitation")).once("two").await.is(204);
    server.run_jobs().await;
    assert!(!traces(&server, &["trace.me"]).is_empty(), "the search finds what is there");
    let guess = json!({"email": "trace.me@website.example", "password": "a wrong password"});
    server.client().post("/v1/auth/sessions").json(guess).await.is(401);
    assert_eq!(server.database().count("login_attempts"), 1);
    admin.delete(&path).await.is(204);
    server.clock.advance(minutes(1));
    server.run_jobs().await;
    assert_eq!(traces(&server, &["trace.me", "tracy"]), [""; 0]);
    assert_eq!(server.database().count("login_attempts"), 0);
    let author = format!("/v1/authors/{}", id(&author));
    assert_eq!(
        admin.patch(&author).json(json!({"bio": "Writes."})).await.expect(200)["user_id"],
        Value::Null
    );
    // The address is free again.
    let body = json!({"email": "trace.me@website.example", "name": "Tracy", "role": "author"});
    admin.post("/v1/users").json(body).await.is(201);
}

/// Responses that are kept for retries name who did and owns what.
#[tokio::test]
async fn the_names_of_an_erased_user_and_of_their_keys_are_nowhere() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = server.login_as("ada", Role::Editor).await;
    admin.patch(path(&ada)).json(json!({"name": "Tracy Trace"})).await.is(200);
    let body = json!({"name": "Tracys key", "scopes": ["articles:read", "articles:write", "topics:write"],
        "current_password": PASSWORD});
    let key = ada.post("/v1/api-keys").json(body).await.expect(201);
    let program = ada.clone().with_token(key["key"].as_str().expect("a key"));
    let draft =
        program.post("/v1/articles").once("by a key").json(json!({"title": "Tides"})).await.expect(201);
    // A response to somebody else names the owner.
    let publish = admin.post(at(&draft, "/publish")).once("by another").json(json!({"revision": 1}));
    publish.await.is(200);
    for n in 0..150 {
        let topic = json!({"name": format!("Topic {n}")});
        admin.post("/v1/topics").once(&format!("topic {n}")).json(topic).await.is(201);
    }
    // PostgreSQL shows the bodies of responses as hexadecimal digits, where they are not found.
    let found = traces(&server, &["tracy"]);
    assert!(found.len() > 2 || !server.is_embedded(), "{found:?}");
    admin.delete(format!("{}?successor={}", path(&ada), admin.user())).await.is(204);
    server.run_jobs().await;
    server.clock.advance(minutes(1));
    server.run_jobs().await;
    assert_eq!(traces(&server, &["tracy"]), [""; 0]);
    let kept = |conn: &mut Connection| Ok(idempotency_keys::table.count().get_result::<i64>(conn)?);
    assert_eq!(server.app.db.read(kept).await.expect("a count"), 150, "the others stay");
    let revisions = admin.get(at(&draft, "/revisions")).await.expect(200);
    let by = &revisions["items"].as_array().expect("items").last().expect("one")["by"];
    assert_eq!(*by, json!({"kind": "api_key", "id": key["id"], "name": null}));
}
