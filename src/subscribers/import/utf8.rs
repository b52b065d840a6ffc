//! Checks UTF-8 chunk by chunk: a file is never in memory as a whole.

/// Checks whether bytes that arrive in chunks are UTF-8.
#[derive(Debug, Default)]
pub struct Utf8 {
    /// The first bytes of a character that is not complete.
    partial: Vec<u8>,
}

impl Utf8 {
    /// Whether these bytes continue those before as UTF-8. A character may be cut at their end.
    pub fn accepts(&mut self, bytes: &[u8]) -> bool {
        let joined;
        let bytes = if self.partial.is_empty() {
            bytes
        } else {
            joined = [&self.partial, bytes].concat();
            &joined
        };
        match std::str::from_utf8(bytes) {
            Ok(_) => self.partial = Vec::new(),
            Err(error) if error.error_len().is_none() => {
                self.partial = bytes.get(error.valid_up_to()..).unwrap_or_default().to_vec();
            }
            Err(_) => return false,
        }
        true
    }

    /// Whether the last character is incomplete.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        !self.partial.is_empty()
    }
}
