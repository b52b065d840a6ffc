//! The names that articles carry: what they are about and who they are by.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    terms (id) {
        id -> Id,
        kind -> Text,
        slug -> Text,
        name -> Text,
        merged_into -> Nullable<Id>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    term_slugs (kind, slug) {
        kind -> Text,
        slug -> Text,
        term_id -> Id,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    topic_details (topic_id) {
        topic_id -> Id,
        description -> Nullable<Text>,
        followable -> Bool,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    author_details (author_id) {
        author_id -> Id,
        bio -> Nullable<Text>,
        website_url -> Nullable<Text>,
        image_url -> Nullable<Text>,
        user_id -> Nullable<Id>,
    }
}
