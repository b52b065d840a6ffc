//! Mail over a real socket: what the mail server is told, and what its refusals lead to.

use std::net::TcpListener;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use serde_json::json;

use crate::given::{hours, minutes};
use crate::mail_server::{Conversation, MailServer};
use crate::server::Server;

pub async fn server_with(mail: &MailServer) -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("smtp-url");
    std::fs::write(&file, format!("smtp://news+mail%40website.example:p%3Ass@{}\n", mail.address))
        .expect("a file");
    Server::start_with(|config| {
        config.mail.smtp_url_file = Some(file);
        config.mail.from = lede::base::text::email::Mailbox::parse("Tides & Häfen <news@website.example>")
            .expect("a mailbox");
        config.site.title = "Tides\r\nBcc: eve@website.example".into();
    })
    .await
}

async fn sign_up(server: &Server, email: &str) {
    server.client().post("/v1/subscribers").json(json!({"email": email})).await.is(202);
}

#[tokio::test]
async fn a_mail_is_handed_to_the_mail_server_whole() {
    let mail = MailServer::start();
    let server = server_with(&mail).await;
    sign_up(&server, "ada@reader.example").await;
    server.run_jobs().await;
    server.run_jobs().await;
    let [conversation] = mail.conversations().try_into().expect("one conversation");
    let Conversation { commands, data } = conversation;
    assert_eq!(commands[0], "EHLO website.example");
    let login = BASE64_STANDARD.encode("\0news+mail@website.example\0p:ss");
    assert_eq!(commands[1], format!("AUTH PLAIN {login}"));
    assert_eq!(commands[2..5], ["MAIL FROM:<news@website.example>", "RCPT TO:<ada@reader.example>", "DATA"]);
    let (head, body) = data.split_once("\n\n").expect("a head and a body");
    let named = |name: &str| head.lines().filter(|line| line.starts_with(&format!("{name}: "))).count();
    for name in ["From", "To", "Subject", "Date", "Message-ID", "List-Id", "List-Unsubscribe", "MIME-Version"]
    {
        assert_eq!(named(name), 1, "{name} in\n{head}");
    }
    assert_eq!(named("Bcc"), 0, "{head}");
    assert!(head.contains("\nTo: ada@reader.example\n"), "{head}");
    assert!(head.contains("\nList-Unsubscribe-Post: List-Unsubscribe=One-Click\n"), "{head}");
    assert!(head.contains("\nList-Unsubscribe: <https://cms.lede.example/subscribe/unsubscribe/"), "{head}");
    assert!(body.contains("Content-Type: text/plain; charset=utf-8"), "{body}");
    assert!(body.contains("Content-Type: text/html; charset=utf-8"), "{body}");
    let (_, rest) = body.split_once("https://cms.lede.example/subscribe/confirm/").expect("a link");
    let token = rest.lines().next().expect("a token");
    server.client().post(format!("/subscribe/confirm/{token}")).await.is(200);
}

#[tokio::test]
async fn a_refusal_for_good_is_final_and_one_for_now_is_not() {
    let mail = MailServer::start();
    let server = server_with(&mail).await;
    sign_up(&server, "refused@reader.example").await;
    server.run_jobs().await;
    for _ in 0..5 {
        server.clock.advance(hours(2));
        server.run_jobs().await;
    }
    assert_eq!(mail.conversations().len(), 1);
    sign_up(&server, "later@reader.example").await;
    for _ in 0..3 {
        server.run_jobs().await;
        server.clock.advance(minutes(2));
    }
    assert_eq!(mail.conversations().len(), 4);
    assert!(mail.conversations().iter().all(|conversation| conversation.data.is_empty()));
    let errors = last_errors(&server);
    assert!(errors.iter().any(|error| error.contains("451")), "{errors:?}");
    assert!(!errors.iter().any(|error| error.contains("reader.example")), "{errors:?}");
}

fn last_errors(server: &Server) -> Vec<String> {
    use diesel::prelude::*;
    use lede::base::db::schema::jobs;
    let mut conn = server.database().connect();
    let errors =
        jobs::table.filter(jobs::last_error.is_not_null()).select(jobs::last_error.assume_not_null());
    errors.load(&mut conn).expect("errors")
}

#[tokio::test]
async fn a_mail_server_that_is_away_is_tried_again() {
    let gone = TcpListener::bind("127.0.0.1:0").expect("a free port").local_addr().expect("an address");
    let mut mail = MailServer::start();
    let there = std::mem::replace(&mut mail.address, gone.to_string());
    let server = server_with(&mail).await;
    sign_up(&server, "ada@reader.example").await;
    server.run_jobs().await;
    assert!(last_errors(&server)[0].contains("could not be reached"), "{:?}", last_errors(&server));
    mail.address = there;
    let replica = Server::start_on(server.database(), server.clock.clone(), |config| {
        config.mail.smtp_url_file = None;
    })
    .await;
    server.clock.advance(minutes(1));
    replica.run_jobs().await;
    assert_eq!(replica.mail.all().len(), 1);
    server.clock.advance(minutes(60));
    server.run_jobs().await;
    assert_eq!((replica.mail.all().len(), mail.conversations().len()), (1, 0));
}
