//! Every problem that the catalogue of codes names, provoked once: the examples of errors are recorded from this, and the
//! catalogue's claims about statuses are held against it.

use std::collections::BTreeSet;
use std::sync::atomic::Ordering;

use lede::api_keys::{MAX_KEYS, NewApiKey, store};
use lede::auth::Role;
use lede::base::codes::{self, CodeKind};
use lede::base::db::{Tx, quiet};
use lede::previews::MAX_LINKS;
use lede::webhooks::MAX_WEBHOOKS;
use reqwest::Method;
use serde_json::json;

use crate::client::Client;
use crate::given::{PASSWORD, minutes};
use crate::server::Server;
use crate::writing::{self, at};
use crate::{authenticator, notes, tour};

/// Codes that no request can provoke on purpose: they need two requests at the same moment, other settings, a full disk,
/// ten thousand requests, or bytes that are no request. Tests of their own provoke them.
const UNPROVOKED: [&str; 8] = [
    "database-full",
    "headers-too-large",
    "mail-not-configured",
    "overtaken",
    "redirects-too-many",
    "request-too-slow",
    "second-factor-mandatory",
    "second-factor-missing",
];

/// What the examples of errors are recorded from.
pub async fn story(server: &Server) {
    let (anyone, editor) = (server.client(), server.login(Role::Editor).await);
    anyone.get("/v1/articles?limit=1000&order=title").await.problem(400, "request-malformed");
    let wrong = json!({"email": "editor@lede.example", "password": PASSWORD.to_uppercase()});
    anyone.post("/v1/auth/sessions").json(wrong).await.is(401);
    anyone.get("/v1/me").await.is(401);
    anyone.get("/v1/me").header("authorization", "Bearer x").await.problem(401, "token-invalid");
    let log_in = json!({"email": "editor@lede.example", "password": PASSWORD});
    let session = anyone.post("/v1/auth/sessions").json(&log_in).await.expect(201);
    let mut with_cookie = log_in.clone();
    with_cookie["cookie"] = json!(true);
    anyone.post("/v1/auth/sessions").json(with_cookie).await.problem(403, "origin-not-allowed");
    let path = format!("/v1/auth/sessions/{}", session["session"]["id"].as_str().expect("an id"));
    editor.delete(path).await.is(204);
    let ended = anyone.clone().with_token(session["access_token"].as_str().expect("a token"));
    ended.get("/v1/me").await.problem(401, "session-ended");
    let password = json!({"token": "cut-off", "new_password": "slack water comes between tides"});
    anyone.post("/v1/auth/passwords").json(password).await.problem(409, "link-invalid");
    let contributor = server.login(Role::Contributor).await;
    contributor.post("/v1/topics").json(json!({"name": "Sea"})).await.problem(403, "forbidden");
    second_factor(server, &contributor).await;
    anyone.get("/v1/articles/tides").await.problem(404, "not-found");
    anyone.call(Method::PUT, "/v1/articles").await.problem(405, "method-not-allowed");

    let made = json!({"title": "Tides", "sections": [{"heading": "Ebb", "body": "The water leaves."}]});
    editor.post("/v1/articles").json(made).await.is(201);
    let article = "/v1/articles/tides";
    editor
        .post("/v1/articles")
        .json(json!({"title": "Tides", "slug": "tides"}))
        .await
        .problem(409, "slug-taken");
    editor.post(format!("{article}/unpublish")).await.problem(409, "not-published");
    editor.post(format!("{article}/restore")).await.problem(409, "not-in-trash");
    let second = json!({"title": "Tides again", "translation_of": "tides"});
    editor.post("/v1/articles").json(second).await.problem(409, "translation-exists");
    editor.post(format!("{article}/publish")).json(json!({"revision": 1})).await.is(200);
    let german = json!({"title": "Gezeiten", "slug": "tides", "locale": "de"});
    let german = writing::create(&editor, german).await;
    editor.post(at(&german, "/publish")).json(json!({"revision": 1})).await.problem(409, "address-taken");
    let translation = json!({"title": "Ebbe und Flut", "locale": "de", "translation_of": "tides"});
    writing::create(&editor, translation).await;
    let another = json!({"title": "Ebbe", "locale": "de", "translation_of": "tides"});
    editor.post("/v1/articles").json(another).await.problem(409, "translation-exists");
    editor.delete("/v1/redirects?from=/tides").await.problem(409, "address-in-use");
    let correction = json!({"edition": 2, "metadata": {"title": "The tides"}});
    editor.post(format!("{article}/corrections")).json(correction).await.problem(409, "stale-edition");

    let section = format!("{article}/draft/sections/ebb");
    let body = json!({"body": "The water leaves, twice a day."});
    editor.patch(&section).json(body.clone()).await.problem(428, "if-match-required");
    let edition = anyone.get(article).await.etag().to_owned();
    editor
        .patch(&section)
        .header("if-match", &edition)
        .json(body.clone())
        .await
        .problem(412, "if-match-malformed");
    editor.patch(&section).if_match(1).json(body.clone()).await.is(200);
    editor.patch(&section).if_match(1).json(body).await.problem(412, "changed-since");
    let broken = json!({"title": "", "slug": "Tides!", "colour": "blue"});
    editor.patch(format!("{article}/draft")).if_match(3).json(broken).await.problem(422, "invalid");
    let text = "x".repeat(2 * 1024 * 1024);
    editor.post("/v1/articles").json(json!({"title": text})).await.problem(413, "too-large");
    editor.post("/v1/articles").body("text/plain", "Tides").await.problem(415, "unsupported-media-type");

    let renamed = json!({"slug": "tides-and-harbours", "aliases": ["/2019/tides"]});
    editor.patch(format!("{article}/draft")).header("if-match", "*").json(renamed).await.is(200);
    editor.get(format!("{article}/draft")).await.problem(409, "slug-moved");
    let article = "/v1/articles/tides-and-harbours";
    let draft = editor.get(format!("{article}/draft")).await.expect(200);
    editor.post(format!("{article}/publish")).json(json!({"revision": draft["revision"]})).await.is(200);
    editor.delete("/v1/redirects?from=/2019/tides").await.problem(409, "redirect-is-alias");
    let links = format!("{article}/preview-links");
    let first = editor.post(&links).json(json!({"expires_at": "2026-01-05T09:05:00Z"})).await.expect(201);
    for _ in 1..MAX_LINKS {
        editor.post(&links).await.is(201);
    }
    editor.post(&links).await.problem(409, "preview-links-too-many");
    let guest = anyone.clone().with_token(first["token"].as_str().expect("a token"));
    let preview = format!("{article}/preview");
    let feed = json!({"from": "/feed", "to": "/rss.xml", "status": 301});
    editor.post("/v1/redirects").json(&feed).await.is(201);
    editor.post("/v1/redirects").json(&feed).await.problem(409, "redirect-exists");
    let chain = json!({"from": "/rss", "to": "/feed", "status": 301});
    editor.post("/v1/redirects").json(&chain).await.problem(409, "redirect-chain");
    editor.delete(article).await.is(204);
    editor.delete(article).await.problem(409, "in-trash");

    in_review(server, &editor).await;
    for name in ["Sea", "Ocean"] {
        editor.post("/v1/topics").json(json!({"name": name})).await.is(201);
    }
    editor.post("/v1/topics/sea/merge").json(json!({"into": "sea"})).await.problem(409, "merge-into-itself");
    editor.post("/v1/topics/ocean/merge").json(json!({"into": "sea"})).await.is(200);
    editor.post("/v1/topics/ocean/merge").json(json!({"into": "sea"})).await.problem(409, "already-merged");

    let admin = server.login(Role::Admin).await;
    admin
        .post("/v1/users")
        .json(json!({"email": "editor@lede.example", "name": "Ada", "role": "editor"}))
        .await
        .problem(409, "email-taken");
    let (editors, own) = (format!("/v1/users/{}", editor.user()), format!("/v1/users/{}", admin.user()));
    admin.post(format!("{editors}/invitation")).await.problem(409, "not-invited");
    admin.delete(&editors).await.problem(409, "successor-required");
    admin.patch(&own).json(json!({"role": "editor"})).await.problem(409, "last-admin");
    let waiting = admin.get("/v1/jobs").await.expect(200);
    let job = waiting["items"][0]["id"].as_str().expect("a job that waits");
    admin.post(format!("/v1/jobs/{job}/retry")).await.problem(409, "not-dead");

    for n in 0..=tour::MAX_SIGN_UPS {
        let address = json!({"email": format!("reader{n}@reader.example")});
        let response = anyone.post("/v1/subscribers").json(address).await;
        if n == tour::MAX_SIGN_UPS {
            response.problem(429, "too-many-requests");
        }
    }
    server.app.draining.store(true, Ordering::SeqCst);
    anyone.get("/health/ready").await.problem(503, "unavailable");
    server.app.draining.store(false, Ordering::SeqCst);
    let token = editor.token().expect("a token");
    let key = json!({"current_password": PASSWORD, "name": "A program", "scopes": ["articles:read"], "expires_at": "2026-01-05T09:10:00Z"});
    let made = editor.post("/v1/api-keys").json(&key).await.expect(201);
    let program = anyone.clone().with_token(made["key"].as_str().expect("a key"));
    let (user, now) = (editor.user(), server.clock.now());
    let fill = move |tx: &mut Tx<'_>| {
        let new = NewApiKey::parse("One of many", &["articles:read".to_owned()], None, now)?;
        (1..MAX_KEYS).try_for_each(|_| store::create(tx, user, &new).map(drop))
    };
    server.app.db.write(fill).await.expect("keys");
    editor.post("/v1/api-keys").json(key).await.problem(409, "keys-too-many");
    server.clock.advance(minutes(11));
    program.get("/v1/drafts").await.problem(401, "key-expired");
    guest.get(preview).await.problem(401, "link-expired");
    let expired = anyone.with_token(&token);
    expired.get("/v1/me").await.problem(401, "token-expired");
    // Logs in again.
    editor.get("/v1/me").await.is(200);
    let webhook = json!({"url": "https://hooks.website.example", "events": ["article.*"]});
    for _ in 0..MAX_WEBHOOKS {
        admin.post("/v1/webhooks").json(&webhook).await.is(201);
    }
    admin.post("/v1/webhooks").json(&webhook).await.problem(409, "webhooks-too-many");
    let some = admin.get("/v1/webhooks?limit=1").await.expect(200);
    let test = format!("/v1/webhooks/{}/test", some["items"][0]["id"].as_str().expect("an id"));
    server.app.db.write(quiet::begin).await.expect("a write");
    // The server looks a few times a second.
    while !server.app.db.generation().is_quiet() {
        tokio::task::yield_now().await;
    }
    admin.post(test).await.problem(409, "quiet");
    server.app.db.write(quiet::end).await.expect("a write");
    let lose = |tx: &mut Tx<'_>| {
        use diesel::connection::SimpleConnection as _;
        Ok(tx.batch_execute("ALTER TABLE users RENAME COLUMN name TO label")?)
    };
    server.app.db.write(lose).await.expect("a write");
    editor.get("/v1/me").await.problem(500, "internal");
}

async fn in_review(server: &Server, editor: &Client) {
    let draft = writing::create(editor, json!({"title": "Neaps"})).await;
    let request = json!({"revision": 2, "state": "requested"});
    editor.post(at(&draft, "/reviews")).json(request).await.problem(409, "stale-revision");
    notes::fill(server, &draft).await;
    let one_more = editor.post(at(&draft, "/notes")).json(json!({"text": "One more."})).await;
    one_more.problem(409, "notes-too-many");
}

async fn second_factor(server: &Server, user: &Client) {
    let totp = |path: &str| {
        user.post(format!("/v1/me/totp{path}")).json(json!({"current_password": PASSWORD, "code": "123456"}))
    };
    totp("/confirm").await.problem(409, "second-factor-not-begun");
    totp("/disable").await.problem(409, "second-factor-inactive");
    authenticator::enrol(server, user).await;
    let log_in = json!({"email": user.email(), "password": PASSWORD});
    server.client().post("/v1/auth/sessions").json(log_in).await.problem(401, "second-factor-required");
    let admin = server.login(Role::Admin).await;
    admin.delete(format!("/v1/users/{}/totp", admin.user())).await.problem(409, "second-factor-own");
}

#[tokio::test]
async fn every_code_of_the_catalogue_is_provoked_and_leads_to_its_description() {
    let server = tour::opened("problems").await;
    Box::pin(story(&server)).await;
    let exchanges = server.exchanges.lock().expect("a lock").clone();
    let problems: Vec<serde_json::Value> = exchanges
        .iter()
        .filter(|exchange| exchange.status >= 400)
        .map(|exchange| serde_json::from_slice(&exchange.body).expect("a problem"))
        .collect();
    let provoked: BTreeSet<&str> = problems.iter().filter_map(|problem| problem["code"].as_str()).collect();
    let all = codes::all();
    let known = all.iter().filter(|code| code.kind == CodeKind::Problem).map(|code| code.code.as_str());
    let missing: Vec<&str> =
        known.filter(|code| !provoked.contains(code) && !UNPROVOKED.contains(code)).collect();
    assert!(missing.is_empty(), "no request of the story provokes {missing:?}");
    let server = Server::start().await;
    let page = server.client().get("/docs/errors").await;
    for problem in problems {
        let link = problem["type"].as_str().expect("a type");
        let id = link.strip_prefix("/docs/errors#").expect("the page of the codes");
        assert!(page.text().contains(&format!(" id=\"{id}\"")), "{link} leads nowhere");
    }
}

#[tokio::test]
async fn the_page_of_the_codes_says_what_each_means() {
    let server = Server::start().await;
    let page = server.client().get("/docs/errors").await;
    assert_eq!(page.is(200).header("content-type"), Some("text/html; charset=utf-8"));
    for code in codes::all() {
        assert!(page.text().contains(&format!("<code>{}</code>", code.code)), "{code:?}");
    }
    let german = server.client().get("/docs/errors").header("accept-language", "de").await;
    assert_eq!(german.header("content-language"), Some("en"));
    assert!(page.header("content-security-policy").is_some_and(|policy| policy.contains("sha256-")));
    let again = server.client().get("/docs/errors").header("if-none-match", page.etag()).await;
    assert!(again.is(304).text().is_empty());
}
