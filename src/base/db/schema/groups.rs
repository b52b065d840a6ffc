//! Articles that are translations of each other.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    translation_groups (id) {
        id -> Id,
        source_id -> Nullable<Id>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    translations (article_id) {
        article_id -> Id,
        group_id -> Id,
        behind -> Bool,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    translation_locales (group_id, locale) {
        group_id -> Id,
        locale -> Text,
        article_id -> Id,
    }
}
