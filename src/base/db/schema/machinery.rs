//! Keys, jobs, the responses kept for retries, whether the database is a quiet copy, and how far the cache in front has been
//! purged.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    keys (id) {
        id -> Id,
        purpose -> Text,
        sealed -> Binary,
        created_at -> Instant,
        retired_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    jobs (id) {
        id -> Id,
        kind -> Text,
        queue -> Text,
        payload -> JsonText,
        run_at -> Instant,
        claimed_until -> Nullable<Instant>,
        attempts -> BigInt,
        last_error -> Nullable<Text>,
        dead_at -> Nullable<Instant>,
        created_at -> Instant,
        actor_id -> Nullable<Id>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    idempotency_keys (actor_id, key) {
        actor_id -> Id,
        key -> Text,
        fingerprint -> Binary,
        status -> BigInt,
        headers -> JsonText,
        body -> Binary,
        created_at -> Instant,
        subject_id -> Nullable<Id>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    quiet (id) {
        id -> BigInt,
        since -> Instant,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    cdn_purges (id) {
        id -> BigInt,
        event_id -> Nullable<BigInt>,
    }
}
