//! What becomes of mails when the server is killed while it sends them.

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection as _;
use lede::base::db::Connection;
use lede::base::jobs::Queue;
use serde_json::json;

use crate::executable::{Serving, lede_on};
use crate::mail_server::{Conversation, MailServer};
use crate::test_database::TestDatabase;

const READERS: usize = 60;

#[tokio::test]
async fn a_server_that_is_killed_while_it_sends_loses_nothing_and_repeats_nothing_it_knows_of() {
    let (database, mail) = (TestDatabase::fresh(), MailServer::start());
    let serve = || {
        let mut command = lede_on(&database);
        command
            .env("LEDE_SMTP_URL", format!("smtp://{}?tls=none", mail.address))
            .env("LEDE_SIGN_UP_LIMIT", "0");
        Serving::start(&mut command)
    };
    let serving = serve();
    let http = reqwest::Client::builder().no_proxy().build().expect("a client");
    for number in 0..READERS {
        let body = json!({"email": format!("reader-{number}@reader.example")}).to_string();
        let post = http.post(format!("{}/v1/subscribers", serving.address)).body(body);
        let response = post.header("content-type", "application/json").send().await.expect("a response");
        assert_eq!(response.status(), 202);
    }
    let mut delivered = mail.wait_for(5);
    serving.kill();
    for enough in [20, READERS] {
        // What the dead server had taken becomes free again: as if minutes had passed.
        let mut conn = database.connect();
        let minutes_ago = match &conn {
            Connection::Sqlite(_) => {
                "UPDATE jobs SET claimed_until = claimed_until - 600000000; \
                 UPDATE outbox_emails SET claimed_at = claimed_at - 600000000"
            }
            Connection::Postgres(_) => {
                "UPDATE jobs SET claimed_until = claimed_until - interval '10 minutes'; \
                 UPDATE outbox_emails SET claimed_at = claimed_at - interval '10 minutes'"
            }
        };
        conn.batch_execute(minutes_ago).expect("minutes");
        let serving = serve();
        while recipients(&delivered).len() < enough {
            delivered.extend(mail.wait_for(1));
        }
        serving.kill();
    }
    let counts = recipients(&delivered);
    assert_eq!(counts.len(), READERS, "{counts:?}");
    // A kill may come between the mail server's reply and its being stored: the mails under way then are sent again.
    let twice: Vec<&String> = counts.iter().filter(|(_, ids)| ids.len() > 1).map(|(to, _)| to).collect();
    assert!(twice.len() <= 2 * Queue::Mail.concurrency(), "{twice:?}");
    for ids in counts.values() {
        assert!(ids.iter().all(|id| id == &ids[0]), "the same mail has the same Message-ID: {ids:?}");
    }
}

/// Who was sent a mail, and the `Message-ID` of each.
fn recipients(delivered: &[Conversation]) -> BTreeMap<String, Vec<String>> {
    let mut all: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for Conversation { commands, data } in delivered {
        let Some(to) = commands.iter().find(|line| line.starts_with("RCPT TO:")) else { continue };
        let id = data.lines().find(|line| line.starts_with("Message-ID:")).unwrap_or_default();
        all.entry(to.clone()).or_default().push(id.to_owned());
    }
    all
}
