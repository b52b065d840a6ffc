//! What was published, and its renderings.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    editions (article_id, edition) {
        article_id -> Id,
        edition -> BigInt,
        revision -> BigInt,
        locale -> Text,
        slug -> Text,
        title -> Text,
        published_at -> Instant,
        actor_id -> Nullable<Id>,
        minor -> Bool,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    renderings (article_id) {
        article_id -> Id,
        epoch -> BigInt,
        locale -> Text,
        slug -> Text,
        listed -> Bool,
        featured -> Bool,
        published_at -> Instant,
        updated_at -> Instant,
        title -> Text,
        etag -> Text,
        input_hash -> Binary,
        item -> Binary,
        body -> Binary,
        sources -> Binary,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    rendering_terms (term_id, published_at, article_id) {
        term_id -> Id,
        published_at -> Instant,
        article_id -> Id,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    rendering_values (name, value, published_at, article_id) {
        name -> Text,
        value -> Text,
        published_at -> Instant,
        article_id -> Id,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    render_context (id) {
        id -> BigInt,
        epoch -> BigInt,
        settings -> Text,
    }
}
