//! API keys: what they look like, what they may do, who may see them, and when they stop.

use diesel::prelude::*;
use futures_util::future::join_all;
use lede::api_keys::NewApiKey;
use lede::auth::Role;
use lede::auth::api_key::ApiKeyText;
use lede::base::clock::Timestamp;
use lede::base::config::Config;
use lede::base::db::schema::{api_keys, events, users};
use lede::base::ids::UserId;
use lede::base::random::Random;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{self, PASSWORD, hours, seconds};
use crate::server::Server;
use crate::writing::{at, id, publish, published};

const KEYS: &str = "/v1/api-keys";
const READ: &[&str] = &["articles:read"];

/// A client that sends what a response shows once.
fn with_key(server: &Server, shown: &Value) -> Client {
    server.client().with_token(shown["key"].as_str().expect("a key"))
}

async fn enable(server: &Server, user: UserId) {
    let enable = move |tx: &mut lede::base::db::Tx<'_>| {
        diesel::update(users::table.filter(users::id.eq(user)))
            .set(users::disabled_at.eq(None::<lede::base::clock::Timestamp>))
            .execute(&mut **tx)?;
        Ok(())
    };
    server.app.db.write(enable).await.expect("a write");
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
async fn a_rotated_key_works_beside_the_new_one_for_a_while() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (path, first) = given::api_key(&editor, READ).await;
    let rotate = |grace: Option<i64>| {
        let mut body = json!({"current_password": PASSWORD});
        if let Some(grace) = grace {
            body["grace_seconds"] = json!(grace);
        }
        editor.post(format!("{path}/rotate")).json(body)
    };
    let shown = rotate(None).await.expect(200);
    let second = with_key(&server, &shown);
    assert_eq!(shown["previous_until"], "2026-01-06T09:00:00.000000Z", "a day");
    assert_eq!(shown["key"].as_str().expect("a key")[..13], first.token().expect("a key")[..13]);
    server.clock.advance(hours(23) + seconds(3599));
    for key in [&first, &second] {
        key.get("/v1/drafts").await.is(200);
    }
    server.clock.advance(seconds(1));
    first.get("/v1/drafts").await.problem(401, "token-invalid");
    assert_eq!(editor.get(&path).await.expect(200)["previous_until"], Value::Null);
    let third = with_key(&server, &rotate(Some(60)).await.expect(200));
    second.get("/v1/drafts").await.is(200);
    let fourth = with_key(&server, &rotate(None).await.expect(200));
    second.get("/v1/drafts").await.problem(401, "token-invalid");
    third.get("/v1/drafts").await.is(200);
    let last = with_key(&server, &rotate(Some(0)).await.expect(200));
    for key in [&first, &second, &third, &fourth] {
        key.get("/v1/drafts").await.problem(401, "token-invalid");
    }
    last.get("/v1/drafts").await.is(200);
    editor.delete(&path).await.is(204);
    last.get("/v1/drafts").await.problem(401, "token-invalid");
}

#[tokio::test]
async fn a_key_expires_and_its_owner_may_extend_it() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let body = json!({"current_password": PASSWORD, "name": "x", "scopes": READ, "expires_at": "2026-01-05T10:00:00Z"});
    let made = editor.post(KEYS).json(body).await;
    let program = with_key(&server, &made.expect(201));
    program.get("/v1/drafts").await.is(200);
    server.clock.advance(hours(1));
    let refused = program.get("/v1/drafts").await;
    refused.problem(401, "key-expired");
    assert!(refused.header("www-authenticate").is_some_and(|value| value.contains("invalid_token")));
    // Only a key that is right is told that it has expired.
    let other = format!("{}{}", &program.token().expect("a key")[..62], "x");
    server.client().with_token(&other).get("/v1/drafts").await.problem(401, "token-invalid");
    assert_eq!(editor.get(made.location()).await.expect(200)["expires_at"], "2026-01-05T10:00:00.000000Z");
    let change =
        editor.patch(made.location()).json(json!({"expires_at": null, "current_password": PASSWORD}));
    assert_eq!(change.await.expect(200)["expires_at"], Value::Null);
    program.get("/v1/drafts").await.is(200);
}

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
async fn a_key_rests_while_its_owner_is_disabled() {
    let server = Server::start().await;
    let user = server.login_as("ada", Role::Editor).await;
    let (_, program) = given::api_key(&user, READ).await;
    given::disable(&server, "ada").await;
    program.get("/v1/drafts").await.problem(401, "token-invalid");
    enable(&server, user.user()).await;
    program.get("/v1/drafts").await.is(200);
}

#[tokio::test]
async fn a_key_of_a_user_who_must_have_a_second_factor_waits_for_it() {
    let server = Server::start().await;
    let user = server.login_as("ada", Role::Editor).await;
    let (_, program) = given::api_key(&user, READ).await;
    let strict = Server::start_on(server.database(), server.clock.clone(), |config: &mut Config| {
        config.accounts.require_second_factor = vec!["editor".to_owned()];
    })
    .await;
    program.get("/v1/drafts").await.is(200);
    let there = strict.client().with_token(&program.token().expect("a key"));
    there.get("/v1/drafts").await.problem(403, "second-factor-missing");
}

#[tokio::test]
async fn a_key_is_revoked_on_every_server_at_once() {
    let server = Server::start().await;
    let other = Server::start_on(server.database(), server.clock.clone(), |_| {}).await;
    let editor = server.login(Role::Editor).await;
    let (path, program) = given::api_key(&editor, READ).await;
    let there = other.client().with_token(&program.token().expect("a key"));
    there.get("/v1/drafts").await.is(200);
    editor.delete(&path).await.is(204);
    there.get("/v1/drafts").await.problem(401, "token-invalid");
}

#[tokio::test]
async fn the_last_use_is_kept_to_the_minute() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (path, program) = given::api_key(&editor, READ).await;
    let mut seen = Vec::new();
    for wait in [0, 59, 1, 3600] {
        server.clock.advance(seconds(wait));
        program.get("/v1/drafts").await.is(200);
        // It is written beside the request.
        let mut used = editor.get(&path).await.expect(200)["last_used_at"].clone();
        let is_written = |used: &Value| used.is_string() && (wait == 59 || seen.last() != Some(used));
        while !is_written(&used) {
            used = editor.get(&path).await.expect(200)["last_used_at"].clone();
        }
        seen.push(used);
    }
    let [first, minute, hour] =
        ["09:00:00", "09:01:00", "10:01:00"].map(|time| json!(format!("2026-01-05T{time}.000000Z")));
    assert_eq!(seen, [first.clone(), first, minute, hour.clone()]);
    // A refused request is no use.
    server.clock.advance(hours(1));
    program.get("/v1/me").await.is(403);
    let other = format!("{}x", &program.token().expect("a key")[..62]);
    server.client().with_token(&other).get("/v1/drafts").await.is(401);
    editor.delete(&path).await.is(204);
}

/// Forty requests with a key at once, a minute after its last use, write that once.
#[tokio::test]
async fn the_last_use_is_written_once_a_minute_however_many_requests_there_are() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (_, program) = given::api_key(&editor, READ).await;
    let mut conn = server.database().connect();
    let mut wait = |at: Timestamp| {
        let used = || api_keys::table.select(api_keys::last_used_at);
        while used().first::<Option<Timestamp>>(&mut conn).expect("a key") != Some(at) {}
    };
    program.get("/v1/drafts").await.is(200);
    wait(server.clock.now());
    let before = server.statements();
    program.get("/v1/drafts").await.is(200);
    let quiet = server.statements() - before;
    server.clock.advance(seconds(60));
    let before = server.statements();
    let all = join_all((0..40).map(|_| program.get("/v1/drafts").send())).await;
    assert!(all.iter().all(|response| response.status() == 200));
    wait(server.clock.now());
    server.answer_others().await;
    let wrote = server.statements() - before - 40 * quiet;
    assert!((1..=5).contains(&wrote), "{wrote} statements more than forty readings");
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
async fn who_never_accepted_an_invitation_has_no_keys() {
    let server = Server::start().await;
    given::invited(&server, "ada", Role::Author).await;
    let now = server.clock.now();
    let create = move |tx: &mut lede::base::db::Tx<'_>| {
        let ada = users::table.filter(users::email_key.eq("ada@lede.example")).select(users::id);
        let ada = ada.get_result::<UserId>(&mut **tx)?;
        let new = NewApiKey::parse("x", &["articles:read".to_owned()], None, now)?;
        lede::api_keys::store::create(tx, ada, &new).map(drop)
    };
    let refused = server.app.db.write(create).await.expect_err("refused");
    assert!(matches!(refused, lede::base::error::Error::NotFound("user")), "{refused:?}");
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
