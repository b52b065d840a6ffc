//! The settings of the publication, and the paths of articles and redirects on the website.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    site (id) {
        id -> BigInt,
        title -> Nullable<Text>,
        description -> Nullable<Text>,
        navigation -> JsonText,
        locales -> Nullable<JsonText>,
        custom -> JsonText,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    addresses (key, article_id) {
        key -> Text,
        article_id -> Id,
        rank -> BigInt,
        path -> Text,
        locale -> Text,
        url -> Text,
        published_at -> Instant,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    article_paths (article_id, key) {
        article_id -> Id,
        key -> Text,
        path -> Text,
        locale -> Text,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    redirects (id) {
        id -> Id,
        key -> Text,
        path -> Text,
        status -> BigInt,
        target -> Nullable<Text>,
        target_key -> Nullable<Text>,
    }
}
