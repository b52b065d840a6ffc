//! Those who can log in.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    users (id) {
        id -> Id,
        email -> Text,
        email_key -> Text,
        name -> Text,
        role -> Text,
        password_hash -> Text,
        disabled_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}
