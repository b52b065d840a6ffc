//! Preview links: whoever has one reads the draft of one article, without an account, and nothing else.

use std::collections::BTreeSet;

use diesel::prelude::*;
use lede::auth::Role;
use lede::auth::preview_token::PreviewToken;
use lede::base::db::schema::preview_links;
use lede::base::random::Random;
use lede::previews::MAX_LINKS;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{self, days, minutes};
use crate::policy::fixtures::Fixtures;
use crate::policy::{Access, lines};
use crate::server::Server;
use crate::traces::traces;
use crate::writing::{ARTICLES, at, create, id, publish, tides};

const ELSEWHERE: &str = "https://elsewhere.example";

/// Creates a link, and returns it.
async fn link(client: &Client, draft: &Value, body: Value) -> Value {
    client.post(at(draft, "/preview-links")).json(body).await.expect(201)
}

/// A client with the token of a new link.
async fn guest(server: &Server, client: &Client, draft: &Value) -> Client {
    let made = link(client, draft, json!({})).await;
    server.client().with_token(token(&made))
}

fn token(link: &Value) -> &str {
    link["token"].as_str().expect("a token")
}

async fn set_title(client: &Client, draft: &Value, title: &str) -> Value {
    let change = client.patch(at(draft, "/draft")).header("if-match", "*").json(json!({"title": title}));
    change.await.expect(200)
}

#[tokio::test]
async fn a_link_shows_the_draft_as_it_is_to_anyone() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = publish(&editor, &tides(&editor).await).await;
    let made = link(&editor, &draft, json!({})).await;
    assert_eq!(made["expires_at"], "2026-01-12T09:00:00.000000Z");
    assert_eq!((&made["revision"], &made["by"]["id"]), (&Value::Null, &json!(editor.user())));
    assert_eq!(made["url"], format!("https://cms.lede.example/preview/{}", token(&made)));
    let guest = server.client().with_token(token(&made));
    for title in ["Ebb", "Flow"] {
        set_title(&editor, &draft, title).await;
        for path in [at(&draft, "/preview"), format!("{ARTICLES}/tides-and-harbours/preview")] {
            let shown = guest.get(path).await;
            assert_eq!(shown.expect(200)["title"], title);
            assert_eq!(shown.header("cache-control"), Some("private, no-store, no-transform"));
            assert_eq!(shown.header("x-robots-tag"), Some("noindex"));
        }
    }
    let own = editor.get(at(&draft, "/preview")).await;
    assert_eq!(own.text(), guest.get(at(&draft, "/preview")).await.text());
    // Moved, as for everyone who may read it.
    editor.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"slug": "ebb"})).await.is(200);
    guest.get(format!("{ARTICLES}/tides-and-harbours/preview")).await.problem(409, "slug-moved");
    guest.get(format!("{ARTICLES}/ebb/preview?fields=title")).await.is(200);
}

#[tokio::test]
async fn a_link_of_a_revision_shows_that_one() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "One"})).await;
    set_title(&editor, &draft, "Two").await;
    let made = link(&editor, &draft, json!({"revision": 1})).await;
    let guest = server.client().with_token(token(&made));
    assert_eq!(guest.get(at(&draft, "/preview")).await.expect(200)["title"], "One");
    // Users choose; a link shows what it was made for.
    let title = async |revision: i64| {
        editor.get(at(&draft, &format!("/preview?revision={revision}"))).await.expect(200)["title"].clone()
    };
    assert_eq!((title(1).await, title(2).await), (json!("One"), json!("Two")));
    editor.get(at(&draft, "/preview?revision=3")).await.problem(404, "not-found");
    for revision in [1, 2] {
        let asked = guest.get(at(&draft, &format!("/preview?revision={revision}"))).await;
        let problem = asked.problem(403, "forbidden");
        assert_eq!(problem["detail"], "A preview link shows what it was created for. Leave `revision` out.");
    }
    editor.get(at(&draft, "/preview?revision=0")).await.problem(400, "request-malformed");
}

/// Every operation of the document, on things that exist.
#[tokio::test]
async fn the_token_of_a_link_opens_nothing_else() {
    let on = Fixtures::start().await;
    let draft = create(&on.somebody, json!({"title": "Shown"})).await;
    let guest = guest(&on.server, &on.admin, &draft).await;
    let mut wrong = Vec::new();
    for line in lines() {
        let call = (line.call)(&on).await;
        let (anonymous, by_guest) = (call.clone().by(&on.server.client()), call.by(&guest));
        let status = by_guest.await.status();
        let expected = match (line.access, line.operation) {
            (_, "get_preview") => 404,
            (Access::Roles(_), _) => 401,
            // Others look at none.
            (Access::Anyone, _)
                if line.operation.starts_with("get_") || line.operation.starts_with("list_") =>
            {
                anonymous.await.status()
            }
            (Access::Anyone, _) => continue,
        };
        if status != expected {
            wrong.push(format!("{}: {status} instead of {expected}", line.operation));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    guest.get(at(&draft, "/preview")).await.is(200);
    // Not in the place of the refresh token or in the address, either.
    let body = json!({"refresh_token": guest.token()});
    on.server.client().post("/v1/auth/refresh").json(body).await.problem(401, "token-invalid");
    let path = at(&draft, &format!("/preview?token={}", guest.token().expect("a token")));
    on.server.client().get(path).await.is(400);
}

#[tokio::test]
async fn a_revoked_or_expired_link_is_refused_at_the_next_request_on_both_servers() {
    let one = Server::start().await;
    let other = Server::start_on(one.database(), one.clock.clone(), |_| {}).await;
    let editor = one.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides"})).await;
    let mut links = Vec::new();
    for _ in 0..3 {
        links.push(link(&editor, &draft, json!({"expires_at": "2026-01-05T10:00:00Z"})).await);
    }
    let show = async |link: &Value| {
        let mut statuses = Vec::new();
        for server in [&one, &other] {
            statuses.push(server.client().with_token(token(link)).get(at(&draft, "/preview")).await);
        }
        statuses
    };
    for link in &links {
        show(link).await.iter().for_each(|shown| _ = shown.is(200));
    }
    let listed = editor.get(at(&draft, "/preview-links")).await.expect(200);
    let ids: BTreeSet<String> = listed["items"].as_array().expect("items").iter().map(id).collect();
    assert_eq!(ids, links.iter().map(id).collect());
    assert!(listed["items"][0].get("token").is_none() && listed["items"][0].get("url").is_none());
    let path = at(&draft, &format!("/preview-links/{}", id(&links[0])));
    editor.delete(&path).await.is(204);
    for shown in show(&links[0]).await {
        let detail =
            "There is no such preview link, or it no longer works. Ask whoever sent it for another one.";
        assert_eq!(shown.problem(401, "token-invalid")["detail"], detail);
    }
    show(&links[1]).await.iter().for_each(|shown| _ = shown.is(200));
    editor.delete(&path).await.problem(404, "not-found");
    // A link of another article is not revoked by this one's path.
    let third = create(&editor, json!({"title": "Ebb"})).await;
    editor.delete(at(&third, &format!("/preview-links/{}", id(&links[1])))).await.problem(404, "not-found");
    one.clock.advance(minutes(59));
    show(&links[1]).await.iter().for_each(|shown| _ = shown.is(200));
    one.clock.advance(minutes(1));
    show(&links[1]).await.iter().for_each(|shown| _ = shown.problem(401, "link-expired"));
    assert_eq!(editor.get(at(&draft, "/preview-links")).await.expect(200)["items"], json!([]));
}

/// A link gives no more than its creator has at that moment.
#[tokio::test]
async fn a_link_ends_with_the_right_of_its_creator_to_read_the_draft() {
    let server = Server::start().await;
    let (ada, bo) = (server.login_as("ada", Role::Author).await, server.login_as("bo", Role::Author).await);
    let draft = create(&ada, json!({"title": "Tides"})).await;
    let path = at(&draft, "/preview");
    let request = json!({"revision": 1, "state": "requested", "assignee_id": bo.user()});
    ada.post(at(&draft, "/reviews")).json(request).await.is(201);
    let (location, key) = given::api_key(&ada, &["articles:read"]).await;
    let (by_bo, by_key) = (guest(&server, &bo, &draft).await, guest(&server, &key, &draft).await);
    let own = link(&ada, &draft, json!({})).await;
    // One who only reads the draft revokes no link of others.
    let of_ada = at(&draft, &format!("/preview-links/{}", id(&own)));
    bo.delete(&of_ada).await.problem(403, "forbidden");
    let by_ada = server.client().with_token(token(&own));
    for guest in [&by_bo, &by_key, &by_ada] {
        guest.get(&path).await.is(200);
    }
    ada.delete(at(&draft, "/reviews/current")).await.is(204);
    by_bo.get(&path).await.problem(401, "token-invalid");
    ada.delete(location).await.is(204);
    by_key.get(&path).await.problem(401, "token-invalid");
    let owner = json!({"owner_id": bo.user()});
    ada.patch(at(&draft, "/draft")).header("if-match", "*").json(owner).await.is(200);
    by_ada.get(&path).await.problem(401, "token-invalid");
    by_bo.get(&path).await.is(200);
}

#[tokio::test]
async fn a_link_works_only_while_its_creator_is_active_and_the_article_is_not_in_the_trash() {
    let server = Server::start().await;
    let (editor, author) = (server.login(Role::Editor).await, server.login_as("ada", Role::Author).await);
    let draft = create(&author, json!({"title": "Tides"})).await;
    let (_, key) = given::api_key(&author, &["articles:read"]).await;
    let guests = [guest(&server, &author, &draft).await, guest(&server, &key, &draft).await];
    let by_editor = guest(&server, &editor, &draft).await;
    let path = at(&draft, "/preview");
    editor.delete(at(&draft, "")).await.is(204);
    guests[0].get(&path).await.problem(404, "not-found");
    editor.post(at(&draft, "/preview-links")).await.problem(409, "in-trash");
    editor.post(at(&draft, "/restore")).await.is(200);
    for guest in &guests {
        guest.get(&path).await.is(200);
    }
    let admin = server.login(Role::Admin).await;
    admin.patch(format!("/v1/users/{}", author.user())).json(json!({"disabled": true})).await.is(200);
    for guest in &guests {
        guest.get(&path).await.problem(401, "token-invalid");
    }
    by_editor.get(&path).await.is(200);
    assert_eq!(server.database().count("preview_links"), 1, "those of a disabled user are revoked");
    assert_eq!(
        editor.get(at(&draft, "/preview-links")).await.expect(200)["items"].as_array().unwrap().len(),
        1
    );
}

/// The list and the limit count those links that open the preview.
#[tokio::test]
async fn a_link_that_does_not_work_is_neither_listed_nor_counted() {
    let server = Server::start().await;
    let (ada, bo) = (server.login_as("ada", Role::Author).await, server.login_as("bo", Role::Author).await);
    let editor = server.login(Role::Editor).await;
    let draft = create(&ada, json!({"title": "Tides"})).await;
    let request = json!({"revision": 1, "state": "requested", "assignee_id": bo.user()});
    ada.post(at(&draft, "/reviews")).json(request).await.is(201);
    let (revoked, of_revoked) = given::api_key(&ada, &["articles:read"]).await;
    let (expired, of_expired) = given::api_key(&ada, &["articles:read"]).await;
    let mut links = Vec::new();
    for (creator, name) in
        [(&of_revoked, "revoked"), (&of_expired, "expired"), (&bo, "bo"), (&ada, "ada"), (&editor, "editor")]
    {
        links.push((name, link(creator, &draft, json!({"expires_at": "2026-01-06T09:00:00Z"})).await));
    }
    for _ in links.len()..usize::try_from(MAX_LINKS).expect("a number") {
        link(&of_revoked, &draft, json!({})).await;
    }
    let working = async || {
        let items = editor.get(at(&draft, "/preview-links")).await.expect(200)["items"].clone();
        let listed: BTreeSet<String> = items.as_array().expect("items").iter().map(id).collect();
        let mut working = Vec::new();
        for (name, link) in &links {
            let shown = server.client().with_token(token(link)).get(at(&draft, "/preview")).await;
            assert_eq!(listed.contains(&id(link)), shown.status() == 200, "{name}");
            working.extend((shown.status() == 200).then_some(*name));
        }
        working
    };
    assert_eq!(working().await.len(), 5);
    editor.post(at(&draft, "/preview-links")).json(json!({})).await.problem(409, "preview-links-too-many");
    ada.delete(revoked).await.is(204);
    link(&editor, &draft, json!({})).await;
    ada.patch(expired).json(json!({"expires_at": "2026-01-05T10:00:00Z"})).await.is(200);
    server.clock.advance(minutes(60));
    assert_eq!(working().await, ["bo", "ada", "editor"]);
    ada.delete(at(&draft, "/reviews/current")).await.is(204);
    assert_eq!(working().await, ["ada", "editor"]);
    let owner = json!({"owner_id": bo.user()});
    ada.patch(at(&draft, "/draft")).header("if-match", "*").json(owner).await.is(200);
    assert_eq!(working().await, ["bo", "editor"]);
}

#[tokio::test]
async fn pages_of_any_origin_may_use_the_token_for_the_preview_alone() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides"})).await;
    let guest = guest(&server, &editor, &draft).await;
    let unknown = server.client().with_token("lede_preview_nothing");
    let path = at(&draft, "/preview");
    for (client, status) in [(&guest, 200), (&unknown, 401)] {
        let shown = client.get(&path).header("origin", ELSEWHERE).await;
        assert_eq!(shown.is(status).header("access-control-allow-origin"), Some("*"));
        assert_eq!(shown.header("access-control-allow-credentials"), None);
    }
    // Neither a session's token, nor the link's anywhere else.
    for (client, path) in [(&editor, &path), (&guest, &at(&draft, "/draft"))] {
        let shown = client.get(path).header("origin", ELSEWHERE).await;
        assert_eq!(shown.header("access-control-allow-origin"), None, "{path}");
    }
    for (path, origin) in [(path, Some("*")), (at(&draft, "/preview-links"), None)] {
        let call = server.client().call(Method::OPTIONS, path).header("origin", ELSEWHERE);
        let asked = call.header("access-control-request-method", "GET").await;
        assert_eq!(asked.is(204).header("access-control-allow-origin"), origin);
    }
}

#[tokio::test]
async fn a_link_is_bounded_and_kept_as_a_hash() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides"})).await;
    let path = at(&draft, "/preview-links");
    for (body, refusal) in [
        (json!({"expires_at": "2026-01-05T09:00:00Z"}), "/expires_at expires-at-in-past"),
        (json!({"expires_at": "2026-04-05T09:00:01Z"}), "/expires_at expires-at-too-late"),
        (json!({"revision": 2}), "/revision revision-unknown"),
        (json!({"revision": 0}), "/revision revision-unknown"),
        (json!({"title": "x"}), "/title field-unknown"),
    ] {
        assert_eq!(editor.post(&path).json(body).await.is(422).violations(), [refusal]);
    }
    editor.post(&path).once("one").json(json!({})).await.problem(400, "request-malformed");
    // Without a body, too.
    let made = editor.post(&path).await.expect(201);
    editor.post(&path).json(json!({"expires_at": "2026-04-05T09:00:00Z"})).await.is(201);
    let secret = token(&made).strip_prefix("lede_preview_").expect("the prefix");
    assert!(secret.len() == 49 && secret.chars().all(|c| c.is_ascii_alphanumeric()), "{secret}");
    assert_eq!(traces(&server, &[&secret[..20].to_lowercase()]), Vec::<String>::new());
    for _ in 2..MAX_LINKS {
        editor.post(&path).await.is(201);
    }
    editor.post(&path).await.problem(409, "preview-links-too-many");
    assert_eq!(editor.get(&path).await.expect(200)["items"].as_array().unwrap().len(), 100);
}

#[tokio::test]
async fn tokens_that_nobody_was_given_run_out_for_their_network() {
    let server = Server::behind_a_proxy(|config| config.limits.write = 6000).await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides"})).await;
    let known = guest(&server, &editor, &draft).await;
    let random = Random::System;
    let guess = async |address: &str| {
        let token = PreviewToken::make(&random).expect("a token");
        let guess = server.client().with_token(token.expose());
        guess.get(at(&draft, "/preview")).header("x-forwarded-for", address).await
    };
    for _ in 0..60 {
        guess("203.0.113.7").await.problem(401, "token-invalid");
    }
    let refused = guess("203.0.113.7").await;
    refused.problem(429, "too-many-requests");
    assert!(refused.header("retry-after").is_some());
    guess("203.0.113.8").await.problem(401, "token-invalid");
    // Whoever has a link is not in their way.
    known.get(at(&draft, "/preview")).header("x-forwarded-for", "203.0.113.7").await.is(200);
}

#[tokio::test]
async fn links_lead_where_the_settings_say() {
    for (pattern, expected) in [
        (
            "https://website.example/api/draft?article={id}&token={token}",
            "https://website.example/api/draft?article=ID&token=TOKEN",
        ),
        (
            "https://website.example/{locale}/{slug}/#token={token}",
            "https://website.example/de/gezeiten/#token=TOKEN",
        ),
    ] {
        let server = Server::start_with(|config| config.site.preview_url = Some(pattern.to_owned())).await;
        let editor = server.login(Role::Editor).await;
        let draft = create(&editor, json!({"title": "Gezeiten", "locale": "de"})).await;
        let made = link(&editor, &draft, json!({})).await;
        let expected = expected.replace("ID", &id(&draft)).replace("TOKEN", token(&made));
        assert_eq!(made["url"], expected);
    }
}

#[tokio::test]
async fn links_that_expired_long_ago_are_deleted() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = create(&editor, json!({"title": "Tides"})).await;
    for expires_at in ["2026-01-06T09:00:00Z", "2026-01-20T09:00:00Z"] {
        link(&editor, &draft, json!({"expires_at": expires_at})).await;
    }
    server.clock.advance(days(32));
    server.keep_house().await;
    let left = preview_links::table.count().get_result::<i64>(&mut server.database().connect());
    assert_eq!(left.expect("a count"), 1);
}
