//! What is deleted of subscribers: on request, and when the time to keep it is over.

use diesel::prelude::*;
use lede::auth::Role;
use lede::base::db::Tx;
use lede::base::db::schema::unanswered_requests;
use serde_json::json;

use crate::given::{days, link, mail_to};
use crate::server::Server;
use crate::subscribers::{ADA, only_one, sign_up, subscribe};
use crate::traces::traces;

#[tokio::test]
async fn who_is_erased_leaves_no_trace() {
    let server = Server::start().await;
    let body = json!({"email": "Trace.Me@Reader.example", "name": "Tracy"});
    server.client().post("/v1/subscribers").json(body).await.is(202);
    let mail = mail_to(&server, "Trace.Me@reader.example").await;
    sign_up(&server, "trace.me@reader.example").await.is(202);
    let admin = server.login(Role::Admin).await;
    let path = format!("/v1/subscribers/{}", only_one(&admin).await["id"].as_str().expect("an id"));
    admin.patch(&path).json(json!({"custom": {"note": "trace.me"}})).await.is(200);
    assert!(!traces(&server, &["trace.me", "tracy"]).is_empty(), "the search finds what is there");
    admin.delete(&path).await.is(204);
    server.run_jobs().await;
    assert_eq!(traces(&server, &["trace.me", "tracy"]), [""; 0]);
    admin.get(&path).await.problem(404, "not-found");
    admin.delete(&path).await.is(404);
    server.client().post(link(&mail, "confirm")).await.is(404);
    server.client().post(link(&mail, "unsubscribe")).await.is(200);
    assert_eq!(admin.get("/v1/subscribers").await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn unconfirmed_subscribers_are_deleted_after_a_week() {
    let server = Server::start().await;
    sign_up(&server, ADA).await.is(202);
    subscribe(&server, "grace@reader.example").await;
    server.clock.advance(days(6));
    while server.app.db.write(lede::subscribers::erasure::purge).await.expect("a purge") {}
    let editor = server.login(Role::Editor).await;
    assert_eq!(editor.get("/v1/subscribers?include_total=true").await.expect(200)["total"], 2);
    server.clock.advance(days(1));
    while server.app.db.write(lede::subscribers::erasure::purge).await.expect("a purge") {}
    assert_eq!(only_one(&editor).await["email"], "grace@reader.example");
}

#[tokio::test]
async fn what_is_remembered_of_unanswered_requests_is_forgotten_in_batches() {
    let server = Server::start().await;
    let insert = |tx: &mut Tx<'_>| {
        let now = tx.now();
        for n in 0..600_u16 {
            diesel::insert_into(unanswered_requests::table)
                .values((
                    unanswered_requests::address_hash.eq(n.to_be_bytes().to_vec()),
                    unanswered_requests::requested_at.eq(now),
                ))
                .execute(&mut **tx)?;
        }
        Ok(())
    };
    server.app.db.write(insert).await.expect("requests");
    server.clock.advance(days(400));
    let mut left = Vec::new();
    while server.app.db.write(lede::subscribers::erasure::purge).await.expect("a purge") {
        left.push(server.database().count("unanswered_requests"));
    }
    assert_eq!((left.first(), server.database().count("unanswered_requests")), (Some(&350), 0), "{left:?}");
}
