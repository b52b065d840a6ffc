//! Emails to be sent.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    outbox_emails (id) {
        id -> Id,
        recipient_kind -> Nullable<Text>,
        recipient_id -> Nullable<Id>,
        template -> Text,
        locale -> Text,
        content -> Nullable<Binary>,
        attempts -> BigInt,
        last_error -> Nullable<Text>,
        created_at -> Instant,
        expires_at -> Nullable<Instant>,
        claimed_at -> Nullable<Instant>,
        sent_at -> Nullable<Instant>,
        failed_at -> Nullable<Instant>,
        article_id -> Nullable<Id>,
    }
}
