//! Text: Markdown, documents, slugs.
