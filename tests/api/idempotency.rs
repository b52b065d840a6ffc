//! `Idempotency-Key`: a request that is sent again, because its response was lost, has no second effect.

use futures_util::future::join_all;
use lede::auth::Role;
use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::given::{hours, minutes};
use crate::server::Server;

const TOPICS: &str = "/v1/topics";

async fn topics(client: &Client) -> usize {
    client.get(TOPICS).await.expect(200)["items"].as_array().expect("items").len()
}

fn replayed(response: &Response) -> bool {
    response.header("idempotent-replayed") == Some("true")
}

#[tokio::test]
async fn the_same_request_again_gets_the_same_answer_and_has_no_second_effect() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let ask = || editor.post(TOPICS).once("one").json(json!({"name": "Sea"}));
    let (first, second) = (ask().await, ask().await);
    assert_eq!(first.expect(201), second.expect(201));
    assert_eq!(first.location(), second.location());
    assert_eq!((replayed(&first), replayed(&second)), (false, true));
    assert_eq!(topics(&editor).await, 1);
}

#[tokio::test]
async fn the_same_key_for_another_request_is_refused() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    editor.post(TOPICS).once("one").json(json!({"name": "Sea"})).await.is(201);
    for response in [
        editor.post(TOPICS).once("one").json(json!({"name": "Land"})).await,
        editor.post("/v1/authors").once("one").json(json!({"name": "Sea"})).await,
    ] {
        response.problem(422, "invalid");
        assert_eq!(response.violations(), ["Idempotency-Key idempotency-key-reused"]);
    }
    assert_eq!(topics(&editor).await, 1);
}

#[tokio::test]
async fn a_key_belongs_to_its_user() {
    let server = Server::start().await;
    for name in ["ada", "bob"] {
        let editor = server.login_as(name, Role::Editor).await;
        let response = editor.post(TOPICS).once("one").json(json!({"name": "Sea"})).await;
        assert!(!replayed(response.is(201)), "{name}");
    }
    let stranger = server.client().with_token("no.good.token");
    stranger.post(TOPICS).once("one").json(json!({"name": "Sea"})).await.is(401);
    let author = server.login(Role::Author).await;
    author.post(TOPICS).once("one").json(json!({"name": "Sea"})).await.is(403);
}

#[tokio::test]
async fn a_refusal_is_not_kept() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let made = editor.post(TOPICS).json(json!({"name": "Sea", "slug": "sea"})).await.expect(201);
    let ask = || editor.post(TOPICS).once("one").json(json!({"name": "Other", "slug": "sea"}));
    ask().await.problem(409, "slug-taken");
    editor.delete(format!("{TOPICS}/{}", made["id"].as_str().expect("an id"))).await.is(204);
    assert!(!replayed(ask().await.is(201)));
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let ask = || editor.post(TOPICS).once("one").json(json!({"name": "Sea"}));
    ask().await.is(201);
    server.clock.advance(hours(23) + minutes(59));
    assert!(replayed(ask().await.is(201)));
    server.clock.advance(minutes(1));
    assert!(!replayed(ask().await.is(201)));
    assert_eq!(topics(&editor).await, 2);
}

#[tokio::test]
async fn concurrent_retries_share_one_effect() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for round in 0..5 {
        let key = format!("round {round}");
        let ask = || editor.post(TOPICS).once(&key).json(json!({"name": format!("Topic {round}")})).send();
        let answers = join_all((0..12).map(|_| ask())).await;
        let told: Vec<Value> = answers.iter().map(|response| response.expect(201)).collect();
        assert!(told.iter().all(|one| *one == told[0]), "{told:#?}");
        assert_eq!(answers.iter().filter(|response| !replayed(response)).count(), 1);
        assert_eq!(topics(&editor).await, round + 1);
    }
}

#[tokio::test]
async fn a_key_has_bounds() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let sea = json!({"name": "Sea"});
    editor.post(TOPICS).once(&"k".repeat(255)).json(&sea).await.is(201);
    for key in ["", &"k".repeat(256), "käse"] {
        let response = editor.post(TOPICS).once(key).json(&sea).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), ["Idempotency-Key idempotency-key-malformed"]);
    }
}
