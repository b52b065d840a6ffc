//! Composes emails. Every header value passes through lettre's encoder, which encodes line breaks, so that user input
//! cannot add headers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use lettre::message::header::{ContentTransferEncoding, ContentType, HeaderName, HeaderValue};
use lettre::message::{Body, MultiPart, SinglePart};
use uuid::Uuid;

use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};
use crate::base::text::email::{EmailAddress, Mailbox};

/// An email as plain text and HTML.
#[derive(Debug, Clone)]
pub struct Message {
    /// Used for the `Message-ID`. A retry has the same one, so that mailboxes can detect duplicates.
    pub id: Uuid,
    /// The sender.
    pub from: Mailbox,
    /// The recipient.
    pub to: EmailAddress,
    /// The subject, one line.
    pub subject: String,
    /// The body as plain text.
    pub text: String,
    /// The body as HTML.
    pub html: String,
    /// The `Date` header.
    pub date: Timestamp,
    /// Additional headers.
    pub headers: Vec<(&'static str, String)>,
}

impl Message {
    /// The encoded message with its envelope. An error never contains the address.
    pub(super) fn compose(&self) -> Result<lettre::Message> {
        let defect = |what: &str| Error::internal(format!("email {}: {what} cannot be encoded", self.id));
        let to = self.to.as_str().parse().map_err(|_| defect("the address"))?;
        let mut builder = lettre::Message::builder()
            .from(self.from.as_lettre().clone())
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

/// A body part. ASCII text with short lines is sent unencoded, so that no encoding breaks a link over two lines. RFC
/// 5322 limits lines to 998 characters.
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
