//! Reviews of drafts, and notes on them.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    reviews (id) {
        id -> Id,
        article_id -> Id,
        revision -> BigInt,
        state -> Text,
        message -> Nullable<Text>,
        assignee_id -> Nullable<Id>,
        actor_id -> Id,
        user_id -> Id,
        created_at -> Instant,
        ended_at -> Nullable<Instant>,
        requester_id -> Nullable<Id>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    notes (id) {
        id -> Id,
        article_id -> Id,
        section_id -> Nullable<Id>,
        heading -> Nullable<Text>,
        text -> Text,
        resolved -> Bool,
        actor_id -> Id,
        created_at -> Instant,
        updated_at -> Instant,
    }
}
