//! Articles: the draft, its history, and what is scheduled.

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    articles (id) {
        id -> Id,
        owner_id -> Id,
        version -> BigInt,
        revision -> BigInt,
        metadata_revision -> BigInt,
        live_edition -> Nullable<BigInt>,
        published_revision -> Nullable<BigInt>,
        last_edition -> BigInt,
        published_at -> Nullable<Instant>,
        locale -> Text,
        slug -> Text,
        title -> Text,
        trashed_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
        purging_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    article_metadata (article_id) {
        article_id -> Id,
        subtitle -> Nullable<Text>,
        summary -> Nullable<Text>,
        cover -> Nullable<JsonText>,
        featured -> Bool,
        listed -> Bool,
        intro -> Text,
        seo -> JsonText,
        custom -> JsonText,
        aliases -> JsonText,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    article_terms (article_id, term_id) {
        article_id -> Id,
        term_id -> Id,
        position -> BigInt,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    draft_values (name, value, article_id) {
        name -> Text,
        value -> Text,
        article_id -> Id,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    sections (id) {
        id -> Id,
        article_id -> Id,
        parent_id -> Nullable<Id>,
        position -> BigInt,
        heading -> Nullable<Text>,
        anchor -> Nullable<Text>,
        body -> Text,
        custom -> JsonText,
        revision -> BigInt,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    changes (article_id, version, subject_id) {
        article_id -> Id,
        version -> BigInt,
        subject_id -> Id,
        fields -> Nullable<JsonText>,
        actor_id -> Nullable<Id>,
        at -> Instant,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    revisions (article_id, revision) {
        article_id -> Id,
        revision -> BigInt,
        actor_id -> Nullable<Id>,
        title -> Text,
        created_at -> Instant,
        content -> JsonText,
        parent -> Nullable<BigInt>,
        same_as -> Nullable<BigInt>,
        content_hash -> Nullable<Binary>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    revision_labels (article_id, revision) {
        article_id -> Id,
        revision -> BigInt,
        label -> Text,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    slugs (locale, slug) {
        locale -> Text,
        slug -> Text,
        article_id -> Id,
        once_public -> Bool,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    schedules (id) {
        id -> Id,
        article_id -> Id,
        action -> Text,
        at -> Instant,
        revision -> Nullable<BigInt>,
        locale -> Nullable<Text>,
        slug -> Nullable<Text>,
        actor_id -> Id,
        next_try_at -> Nullable<Instant>,
        attempts -> BigInt,
        failed_at -> Nullable<Instant>,
        last_error -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::base::db::schema::sql_types::*;

    preview_links (id) {
        id -> Id,
        article_id -> Id,
        token_hash -> Binary,
        revision -> Nullable<BigInt>,
        user_id -> Id,
        actor_id -> Id,
        created_at -> Instant,
        expires_at -> Instant,
    }
}
