//! Topics.
crate::id! {
    /// Names a topic.
    TopicId
}
