//! Users: who is shown to whom, what admins change of them, and that one admin always remains.

mod addresses;

use diesel::prelude::*;
use futures_util::future::join;
use lede::auth::Role;
use lede::base::db::Tx;
use lede::base::db::schema::users;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::PASSWORD;
use crate::server::Server;
use crate::test_database::rounds;

const USERS: &str = "/v1/users";

fn path(client: &Client) -> String {
    format!("{USERS}/{}", client.user())
}

/// The names on all pages of a list.
async fn names(client: &Client, query: &str) -> Vec<String> {
    let list = client.get(format!("{USERS}?limit=100{query}")).await.expect(200);
    let items = list["items"].as_array().expect("items").iter();
    items.map(|user| user["name"].as_str().expect("a name").to_owned()).collect()
}

async fn invite(admin: &Client, name: &str, role: &str) -> Value {
    let body = json!({"email": format!("{name}@website.example"), "name": name, "role": role});
    admin.post(USERS).json(body).await.expect(201)
}

#[tokio::test]
async fn users_are_listed_to_everybody_and_addresses_to_admins() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let author = server.login_as("bo", Role::Author).await;
    let invited = invite(&admin, "Ada", "editor").await;
    let seen = author.get(format!("{USERS}/{}", invited["id"].as_str().expect("an id"))).await.expect(200);
    assert_eq!(
        (&seen["name"], &seen["role"], &seen["state"]),
        (&json!("Ada"), &json!("editor"), &json!("invited"))
    );
    assert_eq!((&seen["email"], &invited["email"]), (&Value::Null, &json!("Ada@website.example")));
    assert_eq!(admin.get(path(&author)).await.expect(200)["email"], "bo@lede.example");
    assert_eq!(names(&author, "").await, names(&admin, "").await);
    author.get(format!("{USERS}/019b8d62-7a80-7580-af26-1d10acb21f90")).await.problem(404, "not-found");
}

#[tokio::test]
async fn users_are_filtered_by_role_state_and_text() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    for (name, role) in [("Ada", "editor"), ("Bo", "author"), ("Cy%", "author")] {
        invite(&admin, name, role).await;
    }
    let editor = server.login_as("dee", Role::Editor).await;
    admin.patch(path(&editor)).json(json!({"disabled": true})).await.is(200);
    let contributor = server.login(Role::Contributor).await;
    for (query, wanted) in [
        ("&role=author", &["Bo", "Cy%"][..]),
        ("&role=editor,author&state=invited", &["Ada", "Bo", "Cy%"]),
        ("&state=disabled", &["dee"]),
        ("&state=active", &["admin", "contributor"]),
        ("&state=active,disabled", &["admin", "contributor", "dee"]),
        ("&q=AD", &["Ada", "admin"]),
        ("&q=%25", &["Cy%"]),
        ("&q=_", &[]),
        ("&q=website.example", &["Ada", "Bo", "Cy%"]),
    ] {
        let mut found = names(&admin, query).await;
        found.sort_unstable();
        assert_eq!(found, wanted, "{query}");
    }
    // Who may not see addresses cannot search in them.
    assert_eq!(names(&contributor, "&q=website.example").await, [""; 0]);
    assert_eq!(names(&contributor, "&q=ada").await, ["Ada"]);
    for (query, violation) in [
        ("role=owner", "role role-unknown"),
        ("state=erased", "state state-unknown"),
        ("sort=name", "sort parameter-unknown"),
    ] {
        let response = admin.get(format!("{USERS}?{query}")).await;
        assert_eq!(response.is(400).violations(), [violation]);
    }
    let mut walked = Vec::new();
    let mut next = format!("{USERS}?limit=2&include_total=true");
    loop {
        let page = admin.get(&next).await.expect(200);
        assert_eq!(page["total"], 6);
        walked.extend(page["items"].as_array().expect("items").iter().map(|user| user["id"].to_string()));
        let Some(cursor) = page["next_cursor"].as_str() else { break };
        next = format!("{USERS}?limit=2&include_total=true&cursor={cursor}");
    }
    assert!(walked.len() == 6 && walked.is_sorted_by(|a, b| a > b), "{walked:?}");
}

#[tokio::test]
async fn a_cursor_of_an_admin_is_of_no_use_to_others_who_search() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    invite(&admin, "Ada", "editor").await;
    let author = server.login(Role::Author).await;
    let page = admin.get(format!("{USERS}?q=example&limit=1")).await.expect(200);
    let cursor = page["next_cursor"].as_str().expect("a cursor");
    author.get(format!("{USERS}?q=example&limit=1&cursor={cursor}")).await.problem(400, "request-malformed");
}

#[tokio::test]
async fn who_is_invited_cannot_log_in_yet_and_can_be_invited_again() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ask = || {
        let body = json!({"email": "ada@website.example", "name": " Ada Marsh ", "role": "editor"});
        admin.post(USERS).once("one").json(body)
    };
    let (first, second) = (ask().await, ask().await);
    assert_eq!((first.expect(201), first.location()), (second.expect(201), second.location()));
    assert_eq!(second.header("idempotent-replayed"), Some("true"));
    let user = first.json();
    assert_eq!((&user["name"], &user["author_id"]), (&json!("Ada Marsh"), &Value::Null));
    assert_eq!(admin.get(first.location()).await.expect(200), user);
    let body = json!({"email": "ada@website.example", "password": PASSWORD});
    server.client().post("/v1/auth/sessions").json(body).await.problem(401, "invalid-credentials");
    let invitation = format!("{}/invitation", first.location());
    admin.post(&invitation).await.is(204);
    admin.patch(first.location()).json(json!({"disabled": true})).await.is(200);
    admin.post(&invitation).await.problem(409, "not-invited");
    admin.patch(first.location()).json(json!({"disabled": false})).await.is(200);
    assert_eq!(admin.get(first.location()).await.expect(200)["state"], "invited");
    admin.post(format!("{}/invitation", path(&admin))).await.problem(409, "not-invited");
    assert_eq!(server.database().count("account_links"), 2);
}

#[tokio::test]
async fn without_a_mail_server_nobody_is_invited() {
    let folder = tempfile::tempdir().expect("a folder");
    let dir = folder.path().join("mail");
    let server = Server::start_with(|config| config.mail.dir = dir).await;
    let admin = server.login(Role::Admin).await;
    let author = server.login(Role::Author).await;
    let body = json!({"email": "ada@website.example", "name": "Ada", "role": "editor"});
    admin.post(USERS).json(body).await.problem(409, "mail-not-configured");
    admin.post(format!("{}/invitation", path(&author))).await.problem(409, "mail-not-configured");
    let change = json!({"email": "bo@website.example"});
    admin.patch(path(&author)).json(change).await.problem(409, "mail-not-configured");
    admin.patch(path(&author)).json(json!({"name": "Bo", "email": "author@lede.example"})).await.is(200);
    assert_eq!(names(&admin, "").await.len(), 2);
}

#[tokio::test]
async fn broken_rules_are_told_together() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let body = json!({"email": "ada", "name": "A\nB", "role": "editor"});
    let response = admin.post(USERS).json(body).await;
    assert_eq!(response.is(422).violations(), ["/email email-malformed", "/name name-malformed"]);
    for (body, violation) in [
        (json!({"email": "a@website.example", "name": "A", "role": "owner"}), "/role value-unknown"),
        (json!({"email": "a@website.example", "name": "A"}), " field-missing"),
        (json!({"email": "a@website.example", "name": " ", "role": "editor"}), "/name name-empty"),
    ] {
        assert_eq!(admin.post(USERS).json(&body).await.is(422).violations(), [violation], "{body}");
    }
    for (change, violation) in [
        (json!({"name": "x".repeat(201)}), "/name name-too-long"),
        (json!({"name": null}), "/name type-mismatch"),
        (json!({"role": null}), "/role value-unknown"),
        (json!({"disabled": "yes"}), "/disabled type-mismatch"),
        (json!({"state": "active"}), "/state field-unknown"),
        (json!({"author_id": "019b8d62-7a80-7580-af26-1d10acb21f90"}), "/author_id author-unknown"),
    ] {
        let response = admin.patch(path(&admin)).json(&change).await;
        assert_eq!(response.is(422).violations(), [violation], "{change}");
    }
    assert_eq!(names(&admin, "").await, ["admin"]);
}

#[tokio::test]
async fn a_change_counts_on_the_next_request_on_every_replica() {
    let one = Server::start().await;
    let other = Server::start_on(one.database(), one.clock.clone(), |_| {}).await;
    let admin = one.login(Role::Admin).await;
    let editor = one.login_as("ada", Role::Editor).await;
    let there = other.client().with_token(&editor.token().expect("a token"));
    there.get("/v1/subscribers").await.is(200);
    admin.patch(path(&editor)).json(json!({"role": "author", "name": "Ada"})).await.is(200);
    there.get("/v1/subscribers").await.problem(403, "forbidden");
    let me = there.get("/v1/me").await.expect(200);
    assert_eq!((&me["role"], &me["name"]), (&json!("author"), &json!("Ada")));
    admin.patch(path(&editor)).json(json!({"role": "editor"})).await.is(200);
    there.get("/v1/subscribers").await.is(200);
    let disabled = admin.patch(path(&editor)).json(json!({"disabled": true})).await.expect(200);
    assert_eq!(disabled["state"], "disabled");
    there.get("/v1/me").await.problem(401, "session-ended");
    let body = json!({"email": "ada@lede.example", "password": PASSWORD});
    one.client().post("/v1/auth/sessions").json(&body).await.problem(401, "invalid-credentials");
    admin.patch(path(&editor)).json(json!({"disabled": false})).await.is(200);
    there.get("/v1/me").await.problem(401, "session-ended");
    one.client().post("/v1/auth/sessions").json(&body).await.is(201);
}

#[tokio::test]
async fn an_admin_logs_a_user_out_everywhere() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = server.login_as("ada", Role::Editor).await;
    let token = ada.token().expect("a token");
    admin.delete(format!("{}/sessions", path(&ada))).await.is(204);
    server.client().with_token(&token).get("/v1/me").await.problem(401, "session-ended");
    admin.get("/v1/me").await.is(200);
    let nobody = format!("{USERS}/019b8d62-7a80-7580-af26-1d10acb21f90/sessions");
    admin.delete(nobody).await.problem(404, "not-found");
}

#[tokio::test]
async fn nothing_is_recorded_when_nothing_differs() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = server.login_as("ada", Role::Editor).await;
    let before = server.database().count("events");
    let same = json!({"name": "ada", "role": "editor", "disabled": false, "email": "ada@lede.example", "author_id": null});
    admin.patch(path(&ada)).json(same).await.is(200);
    assert_eq!(server.database().count("events"), before);
    ada.get("/v1/me").await.is(200);
}

#[tokio::test]
async fn a_user_is_one_author_at_a_time() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let (ada, bo) = (server.login_as("ada", Role::Author).await, server.login_as("bo", Role::Author).await);
    let mut authors = Vec::new();
    for name in ["Ada Marsh", "A. Marsh"] {
        let made = admin.post("/v1/authors").json(json!({"name": name})).await.expect(201);
        authors.push(made["id"].clone());
    }
    let link = |who: &Client, author: &Value| admin.patch(path(who)).json(json!({"author_id": author}));
    for author in &authors {
        assert_eq!(link(&ada, author).await.expect(200)["author_id"], *author);
    }
    let first = format!("/v1/authors/{}", authors[0].as_str().expect("an id"));
    let edited = admin.patch(&first).json(json!({"bio": "Writes."})).await.expect(200);
    assert_eq!(edited["user_id"], Value::Null);
    link(&bo, &authors[1]).await.is(200);
    let list = admin.get(USERS).await.expect(200);
    let of = |who: &Client| {
        let id = json!(who.user());
        let users = list["items"].as_array().expect("items");
        users.iter().find(|user| user["id"] == id).expect("the user")["author_id"].clone()
    };
    assert_eq!((of(&ada), of(&bo)), (Value::Null, authors[1].clone()));
    admin.post(format!("{first}/merge")).json(json!({"into": authors[1]})).await.is(200);
    link(&ada, &authors[0]).await.problem(409, "already-merged");
    assert_eq!(link(&bo, &Value::Null).await.expect(200)["author_id"], Value::Null);
}

#[tokio::test]
async fn the_last_active_admin_stays() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    // Neither of these can act as an admin.
    invite(&admin, "Ada", "admin").await;
    let disabled = server.login_as("dee", Role::Admin).await;
    admin.patch(path(&disabled)).json(json!({"disabled": true})).await.is(200);
    admin.patch(path(&admin)).json(json!({"role": "editor"})).await.problem(409, "last-admin");
    admin.patch(path(&admin)).json(json!({"disabled": true})).await.problem(409, "last-admin");
    admin.delete(path(&admin)).await.problem(409, "last-admin");
    admin.patch(path(&admin)).json(json!({"name": "Ada", "role": "admin"})).await.is(200);
    let other = server.login_as("bo", Role::Admin).await;
    admin.patch(path(&admin)).json(json!({"role": "editor"})).await.is(200);
    admin.patch(path(&admin)).json(json!({"role": "admin"})).await.problem(403, "forbidden");
    other.delete(path(&other)).await.problem(409, "last-admin");
}

/// Whichever of them is first, the other one stays.
#[tokio::test]
async fn of_two_admins_who_remove_each_other_one_stays() {
    let one = Server::start().await;
    let other = Server::start_on(one.database(), one.clock.clone(), |_| {}).await;
    for round in 0..rounds(30) {
        let demote_all = |tx: &mut Tx<'_>| {
            diesel::update(users::table).set(users::role.eq("editor")).execute(&mut **tx)?;
            Ok(())
        };
        one.app.db.write(demote_all).await.expect("a write");
        let ada = one.login_as(&format!("ada{round}"), Role::Admin).await;
        let bo = other.login_as(&format!("bo{round}"), Role::Admin).await;
        let remove = |by: &Client, whom: &Client| match round % 3 {
            0 => by.patch(path(whom)).json(json!({"role": "editor"})),
            1 => by.patch(path(whom)).json(json!({"disabled": true})),
            _ => by.delete(path(whom)),
        };
        let (first, second) = join(remove(&ada, &bo).send(), remove(&bo, &ada).send()).await;
        let mut statuses = [first.status(), second.status()];
        statuses.sort_unstable();
        // The later one is no admin any more, or learns that they are the last.
        assert!(statuses[0] < 300 && [401, 403, 409].contains(&statuses[1]), "{round}: {statuses:?}");
        let count = |conn: &mut lede::base::db::Connection| {
            let active = users::table.filter(users::role.eq("admin")).filter(users::disabled_at.is_null());
            Ok(active.count().get_result::<i64>(conn)?)
        };
        assert_eq!(one.app.db.read(count).await.expect("a count"), 1, "{round}");
    }
}
