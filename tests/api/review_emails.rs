//! The emails about reviews: who gets one, in which language, and how they are turned off.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{days, seconds};
use crate::reviews::say;
use crate::server::Server;
use crate::writing::{at, create};

/// To whom emails were sent since the last look, and their subjects.
async fn sent(server: &Server, seen: &mut usize) -> Vec<(String, String)> {
    server.run_jobs().await;
    let all = server.mail.all();
    let new = all.iter().skip(*seen).map(|mail| (mail.to.clone(), mail.subject.clone()));
    let mut new: Vec<_> = new.filter(|(_, subject)| !subject.contains("device")).collect();
    *seen = all.len();
    new.sort();
    new
}

fn told(names: &[&str], subject: &str) -> Vec<(String, String)> {
    names.iter().map(|name| (format!("{name}@lede.example"), subject.to_owned())).collect()
}

const REQUESTED: &str = "A review is requested at Lede";
const ANSWERED: &str = "An article was reviewed at Lede";

struct Newsroom {
    server: Server,
    ada: Client,
    bo: Client,
    editor: Client,
    draft: Value,
}

async fn newsroom() -> Newsroom {
    let server = Server::start().await;
    let (ada, bo) = (server.login_as("ada", Role::Author).await, server.login_as("bo", Role::Author).await);
    let editor = server.login(Role::Editor).await;
    server.login_as("second", Role::Editor).await;
    let draft = create(&ada, json!({"title": "Tides & <harbours>"})).await;
    Newsroom { server, ada, bo, editor, draft }
}

#[tokio::test]
async fn a_request_is_mailed_to_the_assignee_and_without_one_to_the_editors() {
    let Newsroom { server, ada, bo, editor, draft } = newsroom().await;
    let mut seen = 0;
    sent(&server, &mut seen).await;
    let message = "Is it clear?\nOr <b>too</b> short?";
    say(&ada, &draft, "requested", json!({"assignee_id": bo.user(), "message": message})).await.is(201);
    assert_eq!(sent(&server, &mut seen).await, told(&["bo"], REQUESTED));
    let mail = server.mail.all().pop().expect("a mail");
    assert!(mail.text.contains("ada asks you to review “Tides & <harbours>”."), "{}", mail.text);
    assert!(mail.text.contains(message), "{}", mail.text);
    assert!(mail.html.contains("“Tides &amp; &lt;harbours&gt;”"), "{}", mail.html);
    assert!(mail.html.contains("Or &lt;b&gt;too&lt;/b&gt; short?"), "{}", mail.html);
    assert!(
        mail.text.contains(&format!("https://cms.lede.example{}", at(&draft, "/draft"))),
        "{}",
        mail.text
    );
    say(&ada, &draft, "requested", json!({"assignee_id": null})).await.is(201);
    assert_eq!(sent(&server, &mut seen).await, told(&["editor", "second"], REQUESTED));
    assert!(server.mail.all().pop().expect("a mail").text.contains("ada asks the editors to review"));
    // Nobody is told of what they did themselves.
    say(&editor, &draft, "requested", json!({})).await.is(201);
    assert_eq!(sent(&server, &mut seen).await, told(&["second"], REQUESTED));
    say(&editor, &draft, "requested", json!({"assignee_id": editor.user()})).await.is(201);
    assert_eq!(sent(&server, &mut seen).await, []);
}

#[tokio::test]
async fn an_answer_is_mailed_to_the_owner_and_to_whoever_asked() {
    let Newsroom { server, ada, bo, editor, draft } = newsroom().await;
    let mut seen = 0;
    sent(&server, &mut seen).await;
    say(&editor, &draft, "requested", json!({"assignee_id": bo.user()})).await.is(201);
    sent(&server, &mut seen).await;
    say(&bo, &draft, "changes_requested", json!({"message": "Longer."})).await.is(201);
    assert_eq!(sent(&server, &mut seen).await, told(&["ada", "editor"], ANSWERED));
    // The second answer to the same request.
    say(&bo, &draft, "approved", json!({})).await.is(201);
    assert_eq!(sent(&server, &mut seen).await, told(&["ada", "editor"], ANSWERED));
    say(&ada, &draft, "requested", json!({})).await.is(201);
    sent(&server, &mut seen).await;
    say(&editor, &draft, "approved", json!({})).await.is(201);
    assert_eq!(sent(&server, &mut seen).await, told(&["ada"], ANSWERED));
    ada.delete(at(&draft, "/reviews/current")).await.is(204);
    assert_eq!(sent(&server, &mut seen).await, []);
}

#[tokio::test]
async fn whoever_may_not_read_the_draft_any_longer_gets_no_answer() {
    let Newsroom { server, ada, bo, editor, draft } = newsroom().await;
    let mut seen = 0;
    say(&ada, &draft, "requested", json!({})).await.is(201);
    let give = editor.patch(at(&draft, "/draft")).header("if-match", "*");
    give.json(json!({"owner_id": bo.user()})).await.is(200);
    sent(&server, &mut seen).await;
    say(&editor, &draft, "changes_requested", json!({"message": "Between us."})).await.is(201);
    assert_eq!(sent(&server, &mut seen).await, told(&["bo"], ANSWERED));
    // A request that was withdrawn is answered by nobody.
    say(&editor, &draft, "requested", json!({})).await.is(201);
    bo.delete(at(&draft, "/reviews/current")).await.is(204);
    sent(&server, &mut seen).await;
    let second = server.login_as("second", Role::Editor).await;
    say(&second, &draft, "approved", json!({})).await.is(201);
    assert_eq!(sent(&server, &mut seen).await, told(&["bo"], ANSWERED));
}

#[tokio::test]
async fn a_request_that_is_repeated_is_mailed_once_and_there_are_30_reviews_an_hour() {
    let Newsroom { server, ada, draft, .. } = newsroom().await;
    let mut seen = 0;
    sent(&server, &mut seen).await;
    let ask = async |message: &str| say(&ada, &draft, "requested", json!({"message": message})).await;
    let first = ask("Please.").await;
    for _ in 0..40 {
        let again = ask("Please.").await;
        assert_eq!((again.expect(201), again.version()), (first.expect(201), first.version()));
    }
    assert_eq!(sent(&server, &mut seen).await, told(&["editor", "second"], REQUESTED));
    for n in 1..30 {
        server.clock.advance(seconds(10));
        ask(&format!("{n} times.")).await.is(201);
    }
    let refused = ask("Again.").await;
    refused.problem(429, "too-many-requests");
    assert_eq!(refused.header("retry-after"), Some("3310"));
    assert_eq!(server.database().count("reviews"), 30);
    server.clock.advance(seconds(3310));
    ask("Again.").await.is(201);
    ask("And again.").await.problem(429, "too-many-requests");
}

#[tokio::test]
async fn users_turn_these_emails_off_and_get_them_in_their_language() {
    let Newsroom { server, ada, bo, editor, draft } = newsroom().await;
    let mut seen = 0;
    sent(&server, &mut seen).await;
    bo.patch("/v1/me").json(json!({"locale": "de", "notifications": {"new_device": false}})).await.is(200);
    say(&ada, &draft, "requested", json!({"assignee_id": bo.user()})).await.is(201);
    assert_eq!(sent(&server, &mut seen).await, told(&["bo"], "Bei Lede wird um Durchsicht gebeten"));
    let off = json!({"notifications": {"reviews": false}});
    let me = bo.patch("/v1/me").json(off.clone()).await.expect(200);
    assert_eq!(me["notifications"], json!({"new_device": false, "reviews": false}));
    say(&ada, &draft, "requested", json!({})).await.is(201);
    editor.patch("/v1/me").json(off).await.is(200);
    say(&ada, &draft, "requested", json!({"assignee_id": null})).await.is(201);
    assert_eq!(sent(&server, &mut seen).await, told(&["second"], REQUESTED));
    bo.patch("/v1/me").json(json!({"notifications": {"reviews": true}})).await.is(200);
    say(&ada, &draft, "requested", json!({"assignee_id": bo.user()})).await.is(201);
    assert_eq!(sent(&server, &mut seen).await.len(), 1);
}

#[tokio::test]
async fn users_who_are_disabled_or_gone_get_no_mail() {
    let Newsroom { server, ada, bo, editor, draft } = newsroom().await;
    let admin = server.login(Role::Admin).await;
    let mut seen = 0;
    sent(&server, &mut seen).await;
    say(&ada, &draft, "requested", json!({"assignee_id": bo.user()})).await.is(201);
    // It waits to be sent.
    admin.delete(format!("/v1/users/{}", bo.user())).await.is(204);
    assert_eq!(sent(&server, &mut seen).await, []);
    // Nobody is assigned any more, so the editors are asked.
    say(&ada, &draft, "requested", json!({})).await.is(201);
    let asked = sent(&server, &mut seen).await;
    assert!(!asked.is_empty() && asked.iter().all(|(to, _)| *to != "bo@lede.example"), "{asked:?}");
    admin.patch(format!("/v1/users/{}", ada.user())).json(json!({"disabled": true})).await.is(200);
    say(&editor, &draft, "approved", json!({})).await.is(201);
    assert_eq!(sent(&server, &mut seen).await, []);
    server.clock.advance(days(8));
    assert_eq!(sent(&server, &mut seen).await, []);
}
