//! API keys, the credentials of programs, and the requests that were refused.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    api_keys (id) {
        id -> Id,
        user_id -> Id,
        prefix -> Text,
        name -> Text,
        scopes -> JsonText,
        secret_hash -> Binary,
        previous_hash -> Nullable<Binary>,
        previous_until -> Nullable<Instant>,
        created_at -> Instant,
        expires_at -> Nullable<Instant>,
        last_used_at -> Nullable<Instant>,
        revoked_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    refusals (id) {
        id -> BigInt,
        at -> Instant,
        reason -> Text,
        operation -> Text,
        actor_id -> Nullable<Id>,
        account_hash -> Nullable<Binary>,
        network_hash -> Nullable<Binary>,
        request_id -> Text,
    }
}
