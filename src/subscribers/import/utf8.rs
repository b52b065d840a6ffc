//! Checks UTF-8 piece by piece: a file is never in memory as a whole.

/// Checks whether bytes that come in pieces are UTF-8.
#[derive(Debug, Default)]
pub struct Utf8 {
    /// The beginning of a character whose rest has yet to come.
    begun: Vec<u8>,
}

impl Utf8 {
    /// Whether these bytes continue the ones before as UTF-8; a character may be cut at their end.
    pub fn goes_on(&mut self, bytes: &[u8]) -> bool {
        let joined;
        let bytes = if self.begun.is_empty() {
            bytes
        } else {
            joined = [&self.begun, bytes].concat();
            &joined
        };
        match std::str::from_utf8(bytes) {
            Ok(_) => self.begun = Vec::new(),
            Err(error) if error.error_len().is_none() => {
                self.begun = bytes.get(error.valid_up_to()..).unwrap_or_default().to_vec();
            }
            Err(_) => return false,
        }
        true
    }

    /// Whether the last character is incomplete.
    #[must_use]
    pub fn is_cut(&self) -> bool {
        !self.begun.is_empty()
    }
}
