//! Mail over a real socket: what the mail server is told, and what its refusals lead to.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, mpsc};

use serde_json::json;

use crate::given::{hours, minutes};
use crate::server::Server;

/// What one connection was told, line by line, and what it delivered.
#[derive(Debug, Clone, Default)]
pub struct Conversation {
    pub commands: Vec<String>,
    pub data: String,
}

/// A mail server for one test. Addresses that begin with `refused` it refuses for good, `later` for now.
pub struct MailServer {
    pub address: String,
    conversations: Arc<Mutex<Vec<Conversation>>>,
    ended: Mutex<mpsc::Receiver<Conversation>>,
}

impl MailServer {
    pub fn start() -> Self {
        Self::start_at("127.0.0.1:0")
    }

    /// A mail server where there was none before.
    pub fn start_at(address: &str) -> Self {
        let listener = TcpListener::bind(address).expect("a free port");
        let address = listener.local_addr().expect("an address").to_string();
        let conversations = Arc::new(Mutex::new(Vec::new()));
        let kept = conversations.clone();
        let (tell, ended) = mpsc::channel();
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let conversation = serve(&stream).unwrap_or_default();
                kept.lock().expect("a lock").push(conversation.clone());
                // A test that has seen enough is not told.
                let _ = tell.send(conversation);
            }
        });
        Self { address, conversations, ended: Mutex::new(ended) }
    }

    /// The next so many conversations that delivered a mail, once they have ended.
    pub fn wait_for(&self, count: usize) -> Vec<Conversation> {
        let ended = self.ended.lock().expect("a lock");
        let delivered = ended.iter().filter(|conversation| !conversation.data.is_empty());
        delivered.take(count).collect()
    }

    pub fn conversations(&self) -> Vec<Conversation> {
        self.conversations.lock().expect("a lock").clone()
    }
}

fn serve(mut stream: &TcpStream) -> std::io::Result<Conversation> {
    let mut lines = BufReader::new(stream).lines();
    let mut conversation = Conversation::default();
    stream.write_all(b"220 mail.website.example ready\r\n")?;
    while let Some(Ok(line)) = lines.next() {
        conversation.commands.push(line.clone());
        let answer = match line.to_ascii_uppercase().as_str() {
            ehlo if ehlo.starts_with("EHLO") => "250-mail.website.example\r\n250-8BITMIME\r\n250 AUTH PLAIN",
            auth if auth.starts_with("AUTH PLAIN") => "235 welcome",
            rcpt if rcpt.starts_with("RCPT TO:<REFUSED") => "550 5.1.1 <refused@reader.example> unknown",
            rcpt if rcpt.starts_with("RCPT TO:<LATER") => "451 4.7.1 <later@reader.example> greylisted",
            "DATA" => {
                stream.write_all(b"354 go on\r\n")?;
                for line in lines.by_ref().map_while(Result::ok).take_while(|line| line != ".") {
                    conversation.data.push_str(line.strip_prefix('.').unwrap_or(&line));
                    conversation.data.push('\n');
                }
                "250 taken"
            }
            "QUIT" => {
                stream.write_all(b"221 bye\r\n")?;
                break;
            }
            _ => "250 fine",
        };
        stream.write_all(format!("{answer}\r\n").as_bytes())?;
    }
    Ok(conversation)
}

async fn server_with(mail: &MailServer) -> Server {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("smtp-url");
    std::fs::write(&file, format!("smtp://news%40website.example:p%3Ass@{}\n", mail.address))
        .expect("a file");
    Server::start_with(|config| {
        config.smtp_url_file = Some(file);
        config.mail_from =
            lede::mail::Mailbox::parse("Tides & Häfen <news@website.example>").expect("a mailbox");
        config.title = "Tides\r\nBcc: eve@website.example".into();
    })
    .await
}

async fn join(server: &Server, email: &str) {
    server.client().post("/v1/subscribers").json(json!({"email": email})).await.is(202);
}

#[tokio::test]
async fn a_mail_is_handed_to_the_mail_server_whole() {
    let mail = MailServer::start();
    let server = server_with(&mail).await;
    join(&server, "ada@reader.example").await;
    server.run_jobs().await;
    server.run_jobs().await;
    let [conversation] = mail.conversations().try_into().expect("one conversation");
    let Conversation { commands, data } = conversation;
    assert_eq!(commands[0], "EHLO website.example");
    assert!(commands[1].starts_with("AUTH PLAIN"), "{commands:?}");
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
    assert!(head.contains("\nList-Unsubscribe: <https://cms.lede.example/subscribe/leave/"), "{head}");
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
    join(&server, "refused@reader.example").await;
    server.run_jobs().await;
    for _ in 0..5 {
        server.clock.advance(hours(2));
        server.run_jobs().await;
    }
    assert_eq!(mail.conversations().len(), 1);
    join(&server, "later@reader.example").await;
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
    use lede::db::schema::jobs;
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
    join(&server, "ada@reader.example").await;
    server.run_jobs().await;
    assert!(last_errors(&server)[0].contains("could not be reached"), "{:?}", last_errors(&server));
    mail.address = there;
    let replica = Server::start_on(server.database(), server.clock.clone(), |config| {
        config.smtp_url_file = None;
    })
    .await;
    server.clock.advance(minutes(1));
    replica.run_jobs().await;
    assert_eq!(replica.mail.all().len(), 1);
    server.clock.advance(minutes(60));
    server.run_jobs().await;
    assert_eq!((replica.mail.all().len(), mail.conversations().len()), (1, 0));
}
