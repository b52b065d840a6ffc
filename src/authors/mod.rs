//! Authors.
crate::id! {
    /// Names an author.
    AuthorId
}
