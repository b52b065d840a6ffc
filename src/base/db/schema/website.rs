//! The settings of the publication, and the paths of its articles on the website.

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
