//! Files of subscribers and what became of their rows.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    imports (id) {
        id -> Id,
        actor_id -> Id,
        status -> Text,
        bytes -> BigInt,
        next_byte -> BigInt,
        next_line -> BigInt,
        skips_line -> Bool,
        created -> BigInt,
        updated -> BigInt,
        unchanged -> BigInt,
        suppressed -> BigInt,
        refused -> BigInt,
        error -> Nullable<Text>,
        created_at -> Instant,
        started_at -> Nullable<Instant>,
        finished_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    import_options (import_id) {
        import_id -> Id,
        dry_run -> Bool,
        source -> Nullable<Text>,
        statement -> Nullable<Text>,
        labels -> JsonText,
        locale -> Text,
        delimiter -> Text,
        header -> JsonText,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    import_parts (import_id, number) {
        import_id -> Id,
        number -> BigInt,
        bytes -> Binary,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    import_rows (import_id, number) {
        import_id -> Id,
        number -> BigInt,
        line -> BigInt,
        outcome -> Text,
        code -> Nullable<Text>,
        subscriber_id -> Nullable<Id>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    import_dry_run_people (import_id, address_hash) {
        import_id -> Id,
        address_hash -> Binary,
        state -> JsonText,
    }
}
