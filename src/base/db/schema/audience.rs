//! Subscribers and the evidence of their consent.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    subscribers (id) {
        id -> Id,
        email -> Text,
        email_key -> Text,
        name -> Nullable<Text>,
        status -> Text,
        locale -> Text,
        custom -> JsonText,
        source -> Nullable<Text>,
        signed_up_at -> Instant,
        created_at -> Instant,
        confirmed_at -> Nullable<Instant>,
        unsubscribed_at -> Nullable<Instant>,
        updated_at -> Instant,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    confirmation_requests (id) {
        id -> Id,
        subscriber_id -> Id,
        token_hash -> Binary,
        created_at -> Instant,
        expires_at -> Instant,
        closed_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    consent_texts (hash) {
        hash -> Binary,
        text -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    consents (id) {
        id -> Id,
        subscriber_id -> Id,
        kind -> Text,
        via -> Text,
        at -> Instant,
        actor_id -> Nullable<Id>,
        text_hash -> Nullable<Binary>,
        locale -> Nullable<Text>,
        source -> Nullable<Text>,
        form_url -> Nullable<Text>,
        network_hash -> Nullable<Binary>,
        user_agent -> Nullable<Text>,
        details -> JsonText,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    suppressions (id) {
        id -> Id,
        address_hash -> Binary,
        reason -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    unanswered_requests (address_hash, requested_at) {
        address_hash -> Binary,
        requested_at -> Instant,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    subscriber_labels (subscriber_id, label) {
        subscriber_id -> Id,
        label -> Text,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    subscriber_topics (subscriber_id, topic_id) {
        subscriber_id -> Id,
        topic_id -> Id,
    }
}
