//! Jobs as those see them who run the server: what waits, what has died, and another try for it.

use std::net::TcpListener;

use diesel::prelude::*;
use lede::auth::Role;
use lede::base::db::schema::{events, jobs};
use lede::base::db::types::Json;
use serde_json::{Value, json};

use crate::client::Client;
use crate::given::{hours, minutes};
use crate::mail_server::MailServer;
use crate::server::Server;

async fn sign_up(server: &Server, email: &str) {
    server.client().post("/v1/subscribers").json(json!({"email": email})).await.is(202);
}

/// A server whose mail goes there.
async fn sending_to(address: &str) -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("smtp-url");
    std::fs::write(&file, format!("smtp://{address}\n")).expect("a file");
    Server::start_with(|config| config.mail.smtp_url_file = Some(file)).await
}

async fn listed(client: &Client, query: &str) -> Vec<Value> {
    let list = client.get(format!("/v1/jobs?{query}")).await.expect(200);
    list["items"].as_array().expect("items").clone()
}

#[tokio::test]
async fn a_mail_that_could_not_leave_is_seen_and_leaves_when_it_is_tried_again() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let server = sending_to(&gone.to_string()).await;
    sign_up(&server, "ada@reader.example").await;
    let admin = server.login(Role::Admin).await;
    for (attempts, status) in [(1, "waiting"), (2, "waiting"), (81, "dead")] {
        // An email is tried for days, which are skipped here.
        let mail = jobs::table.filter(jobs::kind.eq("send-email"));
        diesel::update(mail)
            .set(jobs::attempts.eq(attempts - 1))
            .execute(&mut server.database().connect())
            .expect("attempts");
        server.run_jobs().await;
        let found = listed(&admin, &format!("status={status}")).await;
        assert_eq!((found.len(), &found[0]["attempts"]), (1, &json!(attempts)), "{found:?}");
        server.clock.advance(hours(1));
    }
    let dead = admin.get("/v1/jobs?status=dead&include_total=true").await;
    let text = dead.is(200).text();
    assert!(text.contains("could not be reached"), "{text}");
    assert!(!text.contains('@') && !text.contains("reader.example"), "{text}");
    let job = dead.json()["items"][0].clone();
    assert_eq!((&job["status"], &dead.json()["total"]), (&json!("dead"), &json!(1)));
    let path = format!("/v1/jobs/{}", job["id"].as_str().expect("an id"));
    assert_eq!(admin.get(&path).await.expect(200), job);

    let back = MailServer::start_at(&gone.to_string());
    assert_eq!(server.run_jobs().await, 0, "a dead job rests");
    let tried = admin.post(format!("{path}/retry")).once("again").await.expect(200);
    assert_eq!((&tried["status"], &tried["attempts"]), (&json!("waiting"), &json!(0)));
    assert_eq!(admin.post(format!("{path}/retry")).once("again").await.expect(200), tried);
    admin.post(format!("{path}/retry")).await.problem(409, "not-dead");
    for _ in 0..3 {
        server.run_jobs().await;
        server.clock.advance(minutes(5));
    }
    let [conversation] = back.wait_for(1).try_into().expect("one conversation");
    assert_eq!(back.conversations().len(), 1);
    assert!(conversation.commands.contains(&"RCPT TO:<ada@reader.example>".to_owned()));
    assert!(conversation.data.contains("/subscribe/confirm/"), "{}", conversation.data);
    admin.get(&path).await.problem(404, "not-found");
    admin.post(format!("{path}/retry")).await.problem(404, "not-found");
    assert_eq!(listed(&admin, "").await, [Value::Null; 0]);
    let mut conn = server.database().connect();
    let retried = events::table.filter(events::kind.eq("job.retried")).select(events::data);
    let data: Vec<Json<Value>> = retried.load(&mut conn).expect("events");
    assert_eq!(data, [Json::Readable(job["id"].clone())]);
}

#[tokio::test]
async fn jobs_are_listed_by_how_they_stand_and_by_what_they_do() {
    let server = Server::start().await;
    for name in ["ada", "bo", "cy"] {
        server.clock.advance(minutes(1));
        sign_up(&server, &format!("{name}@reader.example")).await;
    }
    let admin = server.login(Role::Admin).await;
    let (mut ids, mut next) =
        (Vec::new(), Some("/v1/jobs?limit=2&kind=request-confirmation&status=waiting".to_owned()));
    while let Some(path) = next.take() {
        let response = admin.get(path).await;
        ids.extend(
            response.expect(200)["items"].as_array().expect("items").iter().map(|job| job["id"].clone()),
        );
        next = response.header("link").map(|link| link[1..link.find('>').expect("a link")].to_owned());
    }
    assert_eq!(ids.len(), 3);
    assert!(ids.windows(2).all(|pair| pair[0].as_str() > pair[1].as_str()), "the newest first: {ids:?}");
    let (mut conn, until) = (server.database().connect(), server.clock.now().plus(minutes(5)));
    let taken: lede::base::ids::JobId =
        jobs::table.order(jobs::id).select(jobs::id).first(&mut conn).expect("a job");
    let claim =
        diesel::update(jobs::table.filter(jobs::id.eq(taken))).set(jobs::claimed_until.eq(Some(until)));
    claim.execute(&mut conn).expect("a claim");
    let path = format!("/v1/jobs/{taken}");
    for (query, count) in
        [("status=running", 1), ("status=waiting", 2), ("status=dead", 0), ("kind=housekeeping", 0), ("", 3)]
    {
        assert_eq!(listed(&admin, query).await.len(), count, "{query}");
    }
    assert_eq!(admin.get(&path).await.expect(200)["status"], "running");
    admin.post(format!("{path}/retry")).await.problem(409, "not-dead");
    server.clock.advance(minutes(6));
    assert_eq!(listed(&admin, "status=waiting").await.len(), 3, "who does not come back gives it back");
    for wrong in ["status=gone", "kind=Ask", "kind=", "status=dead,waiting", "sort=id"] {
        admin.get(format!("/v1/jobs?{wrong}")).await.is(400);
    }
    admin.get("/v1/jobs/7").await.is(404);
}
