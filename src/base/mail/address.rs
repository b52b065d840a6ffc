//! Mail addresses, as people type them and as they are compared.

use std::fmt;

use unicode_normalization::UnicodeNormalization as _;

use crate::base::error::Invalid;

/// A mail address: the local part as it was typed, the domain in lower case and ASCII. At most 254 bytes.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct EmailAddress {
    address: String,
    key: String,
}

impl EmailAddress {
    /// Reads an address. Refused are display names, comments, quoted local parts, IP literals and control characters.
    ///
    /// # Errors
    /// `malformed-email`, or `eai-unsupported` for a local part outside ASCII.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refusal = || Invalid::new("malformed-email", "a mail address looks like name@website.example");
        let text: String = text.trim().nfc().collect();
        let (local, domain) = text.rsplit_once('@').ok_or_else(refusal)?;
        if local.is_empty() || local.len() > 64 || text.len() > 1000 {
            return Err(refusal());
        }
        if !local.is_ascii() {
            return Err(Invalid::new("eai-unsupported", "the part before the @ is limited to ASCII"));
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

    /// The address, for sending.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.address
    }

    /// The mailbox it most likely leads to: what it is compared by, without a tag behind a `+`. For counting only; two
    /// addresses are two people.
    #[must_use]
    pub fn mailbox(&self) -> String {
        let (local, domain) = self.key.rsplit_once('@').unwrap_or((&self.key, ""));
        let (untagged, _) = local.split_once('+').unwrap_or((local, ""));
        format!("{untagged}@{domain}")
    }

    /// What two spellings of the same address have in common: no two rows share it.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }
}

impl fmt::Display for EmailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address)
    }
}
