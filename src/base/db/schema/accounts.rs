//! Those who can log in, and how: sessions, second factors, links in account emails.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    users (id) {
        id -> Id,
        email -> Text,
        email_key -> Text,
        name -> Text,
        role -> Text,
        password_hash -> Nullable<Text>,
        locale -> Nullable<Text>,
        notifications -> JsonText,
        second_factor_at -> Nullable<Instant>,
        disabled_at -> Nullable<Instant>,
        erased_at -> Nullable<Instant>,
        successor_id -> Nullable<Id>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    sessions (id) {
        id -> Id,
        user_id -> Id,
        device -> Text,
        network -> Text,
        created_at -> Instant,
        last_used_at -> Instant,
        expires_at -> Instant,
        idle_at -> Instant,
        ended_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    refresh_tokens (hash) {
        hash -> Binary,
        session_id -> Id,
        created_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    account_links (id) {
        id -> Id,
        user_id -> Id,
        purpose -> Text,
        token_hash -> Binary,
        email_id -> Nullable<Id>,
        new_email -> Nullable<Binary>,
        asked_by -> Nullable<Id>,
        from_known_network -> Bool,
        created_at -> Instant,
        expires_at -> Instant,
        used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    second_factors (id) {
        id -> Id,
        user_id -> Id,
        sealed -> Binary,
        last_step -> BigInt,
        created_at -> Instant,
        confirmed_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    recovery_codes (user_id, hash) {
        user_id -> Id,
        hash -> Binary,
        used_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    login_attempts (id) {
        id -> Id,
        account_hash -> Binary,
        network_hash -> Binary,
        at -> Instant,
        failed -> Bool,
        is_user -> Bool,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    known_networks (user_id, network_hash) {
        user_id -> Id,
        network_hash -> Binary,
        last_login_at -> Instant,
    }
}
