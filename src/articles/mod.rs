//! Articles.
crate::id! {
    /// Names an article.
    ArticleId
}
crate::id! {
    /// Names a section.
    SectionId
}
