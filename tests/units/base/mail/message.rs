use lede::base::clock::Timestamp;
use lede::base::mail::{Mailer, Message};
use lede::base::text::email::{EmailAddress, Mailbox};
use uuid::Uuid;

fn message(subject: &str, header: &str) -> Message {
    Message {
        id: Uuid::nil(),
        from: Mailbox::parse("News <news@website.example>").unwrap(),
        to: EmailAddress::parse("ada@reader.example").unwrap(),
        subject: subject.into(),
        text: "Grüße".into(),
        html: "<p>Grüße</p>".into(),
        date: Timestamp::parse("2026-01-31T09:30:00Z").unwrap(),
        headers: vec![("List-Unsubscribe", header.into())],
    }
}

/// What goes over the wire.
async fn raw(message: &Message) -> String {
    let mailer = Mailer::memory();
    mailer.send(message).await.unwrap();
    let Mailer::Memory(outbox) = mailer else { panic!("it keeps what it is given") };
    outbox.all().remove(0).raw
}

#[tokio::test]
async fn a_mail_says_when_and_from_whom_it_is() {
    let raw = raw(&message("Hello", "<https://website.example/leave>")).await;
    for line in [
        "From: News <news@website.example>\r\n",
        "To: ada@reader.example\r\n",
        "Subject: Hello\r\n",
        "Message-ID: <00000000-0000-0000-0000-000000000000@website.example>\r\n",
        "Date: Sat, 31 Jan 2026 09:30:00 +0000\r\n",
        "List-Unsubscribe: <https://website.example/leave>\r\n",
    ] {
        assert!(raw.contains(line), "{line} is not in\n{raw}");
    }
}

#[tokio::test]
async fn a_link_in_a_text_is_not_broken_and_other_scripts_are_encoded() {
    let link = format!("https://website.example/{}", "a".repeat(200));
    let plain = Message { text: format!("Open\n{link}\n"), ..message("Hello", "") };
    assert!(raw(&plain).await.contains(&format!("\r\nOpen\r\n{link}")));
    let encoded = raw(&message("Hello", "")).await;
    assert!(encoded.is_ascii() && encoded.contains("Content-Transfer-Encoding: "), "{encoded}");
}

#[tokio::test]
async fn a_line_break_in_a_value_makes_no_header() {
    let evil = message("Hello\r\nBcc: eve@website.example", "<https://x.example>\r\nX-Evil: 1");
    let raw = raw(&evil).await;
    let head = raw.split("\r\n\r\n").next().unwrap();
    assert!(!head.lines().any(|line| line.starts_with("Bcc") || line.starts_with("X-Evil")), "{head}");
}

#[tokio::test]
async fn a_long_address_stays_in_one_piece() {
    let link = format!("<https://website.example/{}>", "a".repeat(200));
    assert!(raw(&message("Hello", &link)).await.contains(&format!("{link}\r\n")));
}
