//! The outbox: emails to anybody, what is stored of them, and when they are not sent any more.

use std::collections::BTreeMap;

use diesel::prelude::*;
use lede::auth::Role;
use lede::base::clock::Timestamp;
use lede::base::db::schema::outbox_emails;
use lede::base::ids::{EmailId, IsId as _, UserId};
use lede::base::text::Locale;
use lede::base::text::email::EmailAddress;
use lede::outbox::{self, Email, Recipient};
use serde_json::json;

use crate::given::{hours, minutes};
use crate::mail_server::MailServer;
use crate::server::Server;
use crate::smtp::server_with;

const LOUISE: &str = "louise@newsroom.example";

/// The id of somebody who has logged in.
async fn user(server: &Server) -> UserId {
    let me = server.login(Role::Editor).await.get("/v1/me").await.expect(200);
    UserId::from_uuid(me["id"].as_str().expect("an id").parse().expect("a UUID"))
}

/// A test email to a user.
fn email_to(user: UserId, expires_at: Option<Timestamp>) -> Email {
    Email {
        recipient: Some(Recipient::User(user)),
        article: None,
        to: EmailAddress::parse(LOUISE).expect("an address"),
        locale: Locale::parse("de").expect("a locale"),
        template: "test_email",
        context: BTreeMap::new(),
        unsubscribe_url: None,
        expires_at,
    }
}

async fn enqueue(server: &Server, email: Email) -> EmailId {
    let keys = server.app.keys.clone();
    let write = move |tx: &mut lede::base::db::Tx<'_>| outbox::enqueue(tx, &keys, &email);
    server.app.db.write(write).await.expect("a row")
}

/// What is stored of an email: its content, how often it was tried, and whether it was sent or has failed.
fn stored(server: &Server, id: EmailId) -> (Option<Vec<u8>>, i64, bool, bool) {
    let mut conn = server.database().connect();
    let (content, attempts, sent_at, failed_at): (_, _, Option<Timestamp>, Option<Timestamp>) =
        outbox_emails::table
            .filter(outbox_emails::id.eq(id))
            .select((
                outbox_emails::content,
                outbox_emails::attempts,
                outbox_emails::sent_at,
                outbox_emails::failed_at,
            ))
            .get_result(&mut conn)
            .expect("a row");
    (content, attempts, sent_at.is_some(), failed_at.is_some())
}

#[tokio::test]
async fn an_email_to_a_user_reaches_the_mail_server_and_leaves_no_address_behind() {
    let mail = MailServer::start();
    let server = server_with(&mail).await;
    let id = enqueue(&server, email_to(user(&server).await, None)).await;
    let (content, attempts, ..) = stored(&server, id);
    let content = content.expect("a sealed content");
    assert!(!String::from_utf8_lossy(&content).contains("louise"), "the address is sealed");
    assert_eq!(attempts, 0);
    server.run_jobs().await;
    let [conversation] = mail.conversations().try_into().expect("one conversation");
    assert!(conversation.commands.contains(&format!("RCPT TO:<{LOUISE}>")), "{:?}", conversation.commands);
    let (head, _) = conversation.data.split_once("\n\n").expect("a head and a body");
    assert!(head.contains(&format!("\nMessage-ID: <{id}@website.example>")), "{head}");
    assert!(head.contains("\nAuto-Submitted: auto-generated"), "{head}");
    assert!(!head.contains("\nList-"), "it is no list mail: {head}");
    assert!(conversation.data.contains("Angekommen"), "it is in the user's language: {}", conversation.data);
    assert_eq!(stored(&server, id), (None, 1, true, false));
}

#[tokio::test]
async fn a_mail_server_is_tried_for_three_days() {
    let mail = MailServer::start();
    let server = server_with(&mail).await;
    let to = EmailAddress::parse("later@newsroom.example").expect("an address");
    enqueue(&server, Email { to, ..email_to(user(&server).await, None) }).await;
    let dead = || server.database().count("jobs WHERE dead_at IS NOT NULL");
    for hour in 0..72 {
        server.run_jobs().await;
        assert_eq!(dead(), 0, "after {hour} hours");
        server.clock.advance(hours(1));
    }
    for _ in 0..24 {
        server.clock.advance(hours(1));
        server.run_jobs().await;
    }
    assert_eq!(dead(), 1);
}

#[tokio::test]
async fn an_email_that_cannot_be_rendered_waits_for_no_claim_to_end() {
    let mail = MailServer::start();
    let server = server_with(&mail).await;
    let id =
        enqueue(&server, Email { template: "missing_email", ..email_to(user(&server).await, None) }).await;
    for attempts in 1..3 {
        server.run_jobs().await;
        assert_eq!(stored(&server, id).1, attempts);
        assert_eq!(server.database().count("outbox_emails WHERE claimed_at IS NULL"), 1);
        server.clock.advance(minutes(1));
    }
    assert!(mail.conversations().is_empty());
}

#[tokio::test]
async fn an_email_that_has_expired_is_not_sent() {
    let mail = MailServer::start();
    let server = server_with(&mail).await;
    let expires_at = server.clock.now().plus(hours(1));
    let id = enqueue(&server, email_to(user(&server).await, Some(expires_at))).await;
    server.clock.advance(hours(1));
    server.run_jobs().await;
    assert!(mail.conversations().is_empty());
    assert_eq!(stored(&server, id), (None, 0, false, true));
}

#[tokio::test]
async fn the_emails_of_one_recipient_are_cancelled_and_no_others() {
    let mail = MailServer::start();
    let server = server_with(&mail).await;
    let (one, other) = (user(&server).await, UserId::from_uuid(uuid::Uuid::from_u128(1)));
    enqueue(&server, email_to(one, None)).await;
    let kept = enqueue(&server, email_to(other, None)).await;
    server.app.db.write(move |tx| outbox::cancel(tx, Recipient::User(one))).await.expect("a write");
    server.run_jobs().await;
    assert_eq!(mail.conversations().len(), 1);
    assert_eq!(server.database().count("outbox_emails"), 1);
    assert_eq!(stored(&server, kept), (None, 1, true, false));
}

#[tokio::test]
async fn what_waits_for_a_subscriber_is_cancelled_when_the_address_is_suppressed() {
    let mail = MailServer::start();
    let server = server_with(&mail).await;
    let email = json!({"email": "later@reader.example"});
    server.client().post("/v1/subscribers").json(email).await.is(202);
    server.run_jobs().await;
    assert_eq!(mail.conversations().len(), 1, "the mail server defers it");
    let report = json!({"email": "later@reader.example", "reason": "bounced"});
    server.login(Role::Editor).await.post("/v1/suppressions").json(report).await.is(200);
    assert_eq!(server.database().count("outbox_emails"), 0);
    server.clock.advance(hours(2));
    server.run_jobs().await;
    assert_eq!(mail.conversations().len(), 1);
}
