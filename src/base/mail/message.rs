//! A mail before it leaves: what it says, and the headers that tell machines what it is. Every header value passes through
//! lettre's encoder, which writes a line break as an encoded word: nothing a person typed becomes a header of its own.

use std::fmt;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, MultiPart, SinglePart};
use uuid::Uuid;

use super::EmailAddress;
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};

/// Whom mail comes from: an address and perhaps a name, as in `News <news@website.example>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox(lettre::message::Mailbox);

/// A mail in two forms, text and HTML.
#[derive(Debug, Clone)]
pub struct Message {
    /// What makes its `Message-ID`: the same mail sent again has the same, so that mailboxes can tell.
    pub id: Uuid,
    /// Whom it is from.
    pub from: Mailbox,
    /// Whom it is for.
    pub to: EmailAddress,
    /// What it is about, in one line.
    pub subject: String,
    /// What it says, without markup.
    pub text: String,
    /// What it says, as HTML.
    pub html: String,
    /// When it was written.
    pub date: Timestamp,
    /// Further headers.
    pub headers: Vec<(&'static str, String)>,
}

impl Mailbox {
    /// Reads a mailbox.
    ///
    /// # Errors
    /// A sentence for the operator.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mailbox: lettre::message::Mailbox =
            text.parse().map_err(|_| "a mailbox looks like News <news@website.example>".to_owned())?;
        if mailbox.name.as_ref().is_some_and(|name| name.chars().any(char::is_control)) {
            return Err("a mailbox's name has no control characters".into());
        }
        Ok(Self(mailbox))
    }

    /// The domain of its address.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Message {
    /// The mail as it goes over the wire, and the envelope it goes in.
    ///
    /// # Errors
    /// Internal, if a part of it cannot be written; never with the address.
    pub(super) fn compose(&self) -> Result<lettre::Message> {
        let defect = |what: &str| Error::internal(format!("mail {}: {what} cannot be written", self.id));
        let to = self.to.as_str().parse().map_err(|_| defect("the address"))?;
        let mut builder = lettre::Message::builder()
            .from(self.from.0.clone())
            .to(lettre::message::Mailbox::new(None, to))
            .subject(self.subject.clone())
            .date(system_time(self.date))
            .message_id(Some(format!("<{}@{}>", self.id, self.from.domain())));
        for (name, value) in &self.headers {
            let name = HeaderName::new_from_ascii((*name).to_owned()).map_err(|_| defect("a header"))?;
            builder = builder.raw_header(HeaderValue::new(name, value.clone()));
        }
        let parts = MultiPart::alternative()
            .boundary(self.id.simple().to_string())
            .singlepart(part(ContentType::TEXT_PLAIN, &self.text))
            .singlepart(part(ContentType::TEXT_HTML, &self.html));
        builder.multipart(parts).map_err(|_| defect("the body"))
    }
}

/// A part in its encoding. Plain ASCII goes as it is, so that no link is broken over two lines.
fn part(media: ContentType, text: &str) -> SinglePart {
    let is_plain = text.is_ascii() && text.lines().all(|line| line.len() < 900) && !text.contains('\0');
    let body = if is_plain {
        let lines: Vec<&str> = text.lines().collect();
        Body::dangerous_pre_encoded(lines.join("\r\n").into_bytes(), ContentTransferEncoding::SevenBit)
    } else {
        Body::new(text.to_owned())
    };
    SinglePart::builder().content_type(media).body(body)
}

fn system_time(at: Timestamp) -> SystemTime {
    UNIX_EPOCH + Duration::from_micros(u64::try_from(at.as_micros()).unwrap_or(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(subject: &str, header: &str) -> String {
        let message = Message {
            id: Uuid::nil(),
            from: Mailbox::parse("News <news@website.example>").unwrap(),
            to: EmailAddress::parse("ada@reader.example").unwrap(),
            subject: subject.into(),
            text: "Grüße".into(),
            html: "<p>Grüße</p>".into(),
            date: Timestamp::parse("2026-01-31T09:30:00Z").unwrap(),
            headers: vec![("List-Unsubscribe", header.into())],
        };
        String::from_utf8(message.compose().unwrap().formatted()).unwrap()
    }

    #[test]
    fn a_mail_says_when_and_from_whom_it_is() {
        let raw = message("Hello", "<https://website.example/leave>");
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

    #[test]
    fn a_link_in_a_text_is_not_broken_and_other_scripts_are_encoded() {
        let link = format!("https://website.example/{}", "a".repeat(200));
        let plain = String::from_utf8(part(ContentType::TEXT_PLAIN, &format!("Open\n{link}\n")).formatted());
        assert!(plain.unwrap().contains(&format!("\r\nOpen\r\n{link}")));
        let encoded = String::from_utf8(part(ContentType::TEXT_PLAIN, "Grüße").formatted()).unwrap();
        assert!(encoded.is_ascii() && encoded.contains("Content-Transfer-Encoding: "), "{encoded}");
    }

    #[test]
    fn a_line_break_in_a_value_makes_no_header() {
        let raw = message("Hello\r\nBcc: eve@website.example", "<https://x.example>\r\nX-Evil: 1");
        let head = raw.split("\r\n\r\n").next().unwrap();
        assert!(!head.lines().any(|line| line.starts_with("Bcc") || line.starts_with("X-Evil")), "{head}");
    }

    #[test]
    fn a_long_address_stays_in_one_piece() {
        let link = format!("<https://website.example/{}>", "a".repeat(200));
        assert!(message("Hello", &link).contains(&format!("{link}\r\n")));
    }
}
