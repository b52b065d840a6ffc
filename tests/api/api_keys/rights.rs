//! What an API key may do, where it counts, and what is recorded of it.

use lede::auth::Role;
use lede::auth::api_key::ApiKeyText;
use lede::base::random::Random;
use serde_json::json;

use crate::client::Client;
use crate::given::{self, PASSWORD};
use crate::server::Server;
use crate::writing::{at, id, publish, published};

use super::{KEYS, READ};

#[tokio::test]
async fn only_a_whole_key_of_ours_counts() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (_, program) = given::api_key(&editor, READ).await;
    let key = program.token().expect("a key");
    // Others with a right checksum: of a key that is not known, and another secret of one that is.
    let unknown = ApiKeyText::make(&Random::System).expect("a key").expose();
    let guessed = ApiKeyText::with_prefix(key[5..13].to_owned(), &Random::System).expect("a key").expose();
    let flipped = |at: usize| {
        let other = if &key[at..=at] == "A" { "B" } else { "A" };
        format!("{}{other}{}", &key[..at], &key[at + 1..])
    };
    let anyone = server.client();
    for wrong in [
        unknown,
        guessed,
        flipped(6),
        flipped(20),
        flipped(62),
        key[..62].to_owned(),
        format!("{key}0"),
        key.to_lowercase(),
        key.replacen('_', "-", 1),
        "lede_".to_owned(),
        format!("lede_{}", "0".repeat(58)),
    ] {
        let response = anyone.clone().with_token(&wrong).get("/v1/drafts").await;
        response.problem(401, "token-invalid");
        let parsed = ApiKeyText::parse(&wrong).map(|key| format!("{key:?}"));
        assert!(parsed.is_none_or(|shown| shown.len() == 17), "only what names it is shown");
    }
    let twice = anyone.get("/v1/drafts").header("authorization", &format!("Bearer {key}"));
    twice.clone().await.is(200);
    twice.header("authorization", &format!("Bearer {key}")).await.is(401);
}

#[tokio::test]
async fn a_key_in_a_query_or_a_cookie_is_nobodys() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let key = given::api_key(&editor, READ).await.1.token().expect("a key");
    let anyone = server.client();
    for name in ["access_token", "api_key", "apikey", "key", "token", "authorization"] {
        let response = anyone.get(format!("/v1/drafts?{name}={key}")).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), [format!("{name} parameter-unknown")]);
        anyone
            .get("/v1/drafts")
            .header("cookie", &format!("{name}={key}"))
            .await
            .problem(401, "token-missing");
    }
    for name in ["x-api-key", "x-auth-token", "api-key"] {
        anyone.get("/v1/drafts").header(name, &key).await.problem(401, "token-missing");
    }
    anyone
        .get("/v1/drafts")
        .header("authorization", &format!("Basic {key}"))
        .await
        .problem(401, "token-missing");
}

#[tokio::test]
async fn a_key_may_what_its_scopes_and_its_owners_present_role_allow() {
    let server = Server::start().await;
    let user = server.login_as("ada", Role::Editor).await;
    let others = published(&server.login(Role::Admin).await, json!({"title": "Tides"})).await;
    let (path, program) = given::api_key(&user, &["articles:read", "topics:write"]).await;
    let topic = |name: &str| program.post("/v1/topics").json(json!({"name": name}));
    topic("Sea").await.is(201);
    program.get(at(&others, "/draft")).await.is(200);
    program.post("/v1/articles").json(json!({"title": "Ebb"})).await.problem(403, "forbidden");
    // An author has no right to write topics, and reads their own drafts only.
    given::set_role(&server, user.user(), Role::Author).await;
    topic("Land").await.problem(403, "forbidden");
    program.get(at(&others, "/draft")).await.problem(404, "not-found");
    program.get("/v1/drafts").await.is(200);
    user.patch(&path).json(json!({"name": "The same scopes"})).await.is(200);
    let more = json!({"scopes": ["articles:read", "topics:write"], "current_password": PASSWORD});
    let more = user.patch(&path).json(more).await;
    assert_eq!(more.problem(422, "invalid")["errors"][0]["code"], "scope-not-allowed");
    // Promoted, a key has its scopes and no more.
    given::set_role(&server, user.user(), Role::Admin).await;
    topic("Land").await.is(201);
    program.get("/v1/jobs").await.problem(403, "forbidden");
    user.patch(&path).json(json!({"scopes": ["jobs:read"], "current_password": PASSWORD})).await.is(200);
    program.get("/v1/jobs").await.is(200);
    topic("Sky").await.problem(403, "forbidden");
}

#[tokio::test]
async fn a_key_never_reaches_accounts_users_or_keys() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let scopes: Vec<&str> = lede::auth::Scopes::allowed(Role::Admin).map(|right| right.name).collect();
    let (path, program) = given::api_key(&admin, &scopes).await;
    program.get("/v1/me").await.problem(403, "forbidden");
    program.get("/v1/auth/sessions").await.problem(403, "forbidden");
    program.post("/v1/auth/logout").await.problem(403, "forbidden");
    program.get(KEYS).await.problem(403, "forbidden");
    program.get(&path).await.problem(403, "forbidden");
    let password = json!({"current_password": PASSWORD});
    program.post(format!("{path}/rotate")).json(password).await.problem(403, "forbidden");
    program.delete(&path).await.problem(403, "forbidden");
    program
        .post(KEYS)
        .json(json!({"current_password": PASSWORD, "name": "x", "scopes": READ}))
        .await
        .problem(403, "forbidden");
    program.get("/v1/audit").await.is(200);
}

#[tokio::test]
async fn what_a_key_does_is_said_to_be_done_by_the_key_and_owned_by_the_user() {
    let server = Server::start().await;
    let user = server.login_as("ada", Role::Admin).await;
    let scopes = [
        "articles:read",
        "articles:write",
        "articles:publish",
        "subscribers:import",
        "subscribers:write",
        "subscribers:read",
        "subscribers:on_behalf_of",
        "jobs:read",
        "audit:read",
    ];
    let (path, program) = given::api_key(&user, &scopes).await;
    let by = json!({"kind": "api_key", "id": path.rsplit('/').next(), "name": "A program"});
    let owner = json!({"kind": "user", "id": user.user(), "name": "ada"});

    let draft = published(&program, json!({"title": "Tides"})).await;
    assert_eq!(draft["owner"], owner);
    assert_eq!(program.get(at(&draft, "/revisions")).await.expect(200)["items"][0]["by"], by);
    assert_eq!(program.get(at(&draft, "/editions")).await.expect(200)["items"][0]["by"], by);
    let edit = |client: &Client, version: i64| {
        client.patch(at(&draft, "/draft")).if_match(version).json(json!({"subtitle": "By the sea"}))
    };
    edit(&program, 1).await.is(200);
    assert_eq!(edit(&user, 1).await.problem(412, "changed-since")["changed"][0]["by"], by);
    publish(&user, &program.get(at(&draft, "/draft")).await.expect(200)).await;
    assert_eq!(program.get(at(&draft, "/editions")).await.expect(200)["items"][0]["by"], owner);

    let import =
        program.post("/v1/subscriber-imports?dry_run=true").body("text/csv", "email\nada@reader.example\n");
    assert_eq!(import.await.expect(202)["created_by"], by);
    let jobs = program.get("/v1/jobs?kind=import-subscribers").await.expect(200);
    assert_eq!(jobs["items"][0]["by"], by);

    let visitor = json!({"email": "bo@reader.example", "ip": "203.0.113.7", "user_agent": "Firefox", "form_url": "https://website.example/"});
    program.post("/v1/subscribers").json(visitor).await.is(202);
    let subscriber = id(&program.get("/v1/subscribers").await.expect(200)["items"][0]);
    let consents = program.get(format!("/v1/subscribers/{subscriber}/consents")).await.expect(200);
    assert_eq!(consents["items"][0]["actor"], by);

    let log = program.get(format!("/v1/audit?actor={}", by["id"].as_str().expect("an id"))).await.expect(200);
    let actions: Vec<_> =
        log["items"].as_array().expect("items").iter().rev().map(|event| &event["action"]).collect();
    assert_eq!(actions, ["article.created", "article.published", "article.edited"]);
    // A revoked key keeps its name.
    user.delete(&path).await.is(204);
    assert_eq!(user.get(at(&draft, "/revisions/1")).await.expect(200)["by"], by);
}

#[tokio::test]
async fn idempotency_and_limits_are_each_keys_own() {
    let server = Server::start_with(|config| config.limits.write = 6).await;
    let user = server.login(Role::Editor).await;
    let scopes = ["topics:write"];
    let (one, other) = (given::api_key(&user, &scopes).await.1, given::api_key(&user, &scopes).await.1);
    let ask = |client: &Client| client.post("/v1/topics").once("one").json(json!({"name": "Sea"}));
    let replayed =
        |response: &crate::client::Response| response.header("idempotent-replayed") == Some("true");
    let first = ask(&one).await.expect(201);
    let again = ask(&one).await;
    assert!(replayed(&again) && again.expect(201) == first);
    for client in [&other, &user] {
        let response = ask(client).await;
        assert!(!replayed(&response) && response.expect(201)["id"] != first["id"]);
    }
    for n in 0..4 {
        one.post("/v1/topics").json(json!({"name": format!("Topic {n}")})).await.is(201);
    }
    one.post("/v1/topics").json(json!({"name": "Too many"})).await.problem(429, "too-many-requests");
    for client in [&other, &user] {
        client.post("/v1/topics").json(json!({"name": "Another"})).await.is(201);
    }
}
