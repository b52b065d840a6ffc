//! Text: Markdown, documents, addresses.

mod locale;

pub use locale::Locale;
