//! The search index. The full-text table of SQLite is virtual and not declared here.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    search_articles (slot) {
        slot -> BigInt,
        article_id -> Id,
        published_at -> Instant,
        fingerprint -> Binary,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    search_places (id) {
        id -> BigInt,
        section_id -> Nullable<Id>,
        heading -> Nullable<Text>,
        anchor -> Nullable<Text>,
        body -> Text,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    search_words (id) {
        id -> BigInt,
        word -> Text,
    }
}
