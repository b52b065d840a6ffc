//! The log of events, and the newest change of each subject as readers follow it.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    events (id) {
        id -> BigInt,
        at -> Instant,
        kind -> Text,
        actor_id -> Nullable<Id>,
        subject_id -> Id,
        data -> JsonText,
        readers_see -> Bool,
        request_id -> Nullable<Text>,
        network_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    latest_changes (subject_id) {
        subject_id -> Id,
        event_id -> BigInt,
        change -> Text,
        at -> Instant,
        edited_event_id -> BigInt,
    }
}
