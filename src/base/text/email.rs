//! Parses email addresses, which keep their local part as typed for delivery and have a lower-case key for comparison,
//! and sender mailboxes.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use super::validate;
use crate::base::error::Invalid;

/// An email address of at most 254 bytes (RFC 5321). The local part is kept as typed; the domain is lower-case ASCII.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    address: String,
    key: String,
}

impl EmailAddress {
    /// Parses an address. Display names, comments, quoted local parts, IP literals and control characters are rejected.
    ///
    /// # Errors
    /// `email-malformed`, or `email-not-ascii` for a local part outside ASCII.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refusal =
            || validate::malformed("email", "Must be an email address such as name@website.example.");
        let text: String = text.trim().nfc().collect();
        let (local, domain) = text.rsplit_once('@').ok_or_else(refusal)?;
        if local.is_empty() || local.len() > 64 || text.len() > 1000 {
            return Err(refusal());
        }
        if !local.is_ascii() {
            return Err(Invalid::new("email-not-ascii", "Must have only ASCII characters before the @."));
        }
        let is_atom = |b: u8| b.is_ascii_alphanumeric() || b"!#$%&'*+-/=?^_`{|}~".contains(&b);
        if !local.split('.').all(|atom| !atom.is_empty() && atom.bytes().all(is_atom)) {
            return Err(refusal());
        }
        let domain = idna::domain_to_ascii_strict(domain).map_err(|_| refusal())?;
        let is_label = |label: &str| {
            (1..=63).contains(&label.len())
                && label.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
                && !label.starts_with('-')
                && !label.ends_with('-')
        };
        let is_number = domain.rsplit('.').next().is_none_or(|last| last.bytes().all(|b| b.is_ascii_digit()));
        if is_number || !domain.split('.').all(is_label) || local.len() + domain.len() + 1 > 254 {
            return Err(refusal());
        }
        Ok(Self {
            address: format!("{local}@{domain}"),
            key: format!("{}@{domain}", local.to_ascii_lowercase()),
        })
    }

    /// The address to send to.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The mailbox that the address usually reaches: the key without a `+tag` in the local part and, for Gmail, without
    /// dots there and under one of its two domains. Only for rate limits: addresses of one mailbox are different
    /// subscribers.
    #[must_use]
    pub fn mailbox(&self) -> String {
        let (local, domain) = self.key.rsplit_once('@').unwrap_or((&self.key, ""));
        let (untagged, _) = local.split_once('+').unwrap_or((local, ""));
        match domain {
            "gmail.com" | "googlemail.com" => format!("{}@gmail.com", untagged.replace('.', "")),
            _ => format!("{untagged}@{domain}"),
        }
    }

    /// The address in lower case, for comparison and uniqueness.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

/// An address as pages and emails show it that others may see: its first letter and its domain.
#[must_use]
pub fn masked(address: &str) -> String {
    let (local, domain) = address.rsplit_once('@').unwrap_or((address, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{domain}")
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}

/// A sender: an address with an optional name, such as `News <news@website.example>`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mailbox(lettre::message::Mailbox);

impl Mailbox {
    /// Parses a mailbox.
    ///
    /// # Errors
    /// A message without a code, if the text is not a mailbox or the name contains control characters.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mailbox: lettre::message::Mailbox =
            text.parse().map_err(|_| "must be a mailbox such as News <news@website.example>".to_owned())?;
        if mailbox.name.as_ref().is_some_and(|name| name.chars().any(char::is_control)) {
            return Err("the name must not contain control characters".into());
        }
        Ok(Self(mailbox))
    }

    /// The domain of the address.
    #[must_use]
    pub fn domain(&self) -> &str {
        self.0.email.domain()
    }

    /// The mailbox as a lettre type.
    #[must_use]
    pub fn as_lettre(&self) -> &lettre::message::Mailbox {
        &self.0
    }
}

impl fmt::Display for Mailbox {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
