//! Webhooks, what is sent to them, and who sends it.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    leases (name) {
        name -> Text,
        holder -> Id,
        expires_at -> Instant,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    webhooks (id) {
        id -> Id,
        actor_id -> Id,
        user_id -> Id,
        url -> Text,
        description -> Nullable<Text>,
        events -> JsonText,
        locales -> JsonText,
        format -> Text,
        coalesce_seconds -> BigInt,
        enabled -> Bool,
        disabled_reason -> Nullable<Text>,
        sealed -> Binary,
        previous_until -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    webhook_progress (webhook_id) {
        webhook_id -> Id,
        cursor -> BigInt,
        replay_cursor -> Nullable<BigInt>,
        replay_until -> Nullable<BigInt>,
        replay_left -> BigInt,
        waits_until -> Nullable<Instant>,
        failing_since -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    webhook_deliveries (sequence) {
        sequence -> BigInt,
        id -> Id,
        webhook_id -> Id,
        event -> Text,
        event_number -> BigInt,
        kind -> Text,
        body -> Nullable<Text>,
        state -> Text,
        replayed -> Bool,
        alone -> Bool,
        attempts -> BigInt,
        next_try_at -> Nullable<Instant>,
        tries -> JsonText,
        response -> Nullable<Text>,
        created_at -> Instant,
    }
}
