//! What articles are about and who they are by.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    topics (id) {
        id -> Id,
        slug -> Text,
        name -> Text,
        description -> Nullable<Text>,
        merged_into -> Nullable<Id>,
        created_at -> Instant,
        updated_at -> Instant,
        followable -> Bool,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    authors (id) {
        id -> Id,
        slug -> Text,
        name -> Text,
        bio -> Nullable<Text>,
        website_url -> Nullable<Text>,
        image_url -> Nullable<Text>,
        user_id -> Nullable<Id>,
        merged_into -> Nullable<Id>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}
