//! Every table, for both databases at once. A test compares this page with what each engine reports.
#![allow(missing_docs, reason = "what the columns mean stands with the migrations and the rows' types")]

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    keys (id) {
        id -> Id,
        purpose -> Text,
        sealed -> Binary,
        created_at -> Instant,
        retired_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    events (id) {
        id -> BigInt,
        at -> Instant,
        kind -> Text,
        actor_id -> Nullable<Id>,
        subject_id -> Id,
        data -> JsonText,
        readers_see -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    jobs (id) {
        id -> Id,
        kind -> Text,
        payload -> JsonText,
        run_at -> Instant,
        claimed_until -> Nullable<Instant>,
        attempts -> BigInt,
        last_error -> Nullable<Text>,
        dead_at -> Nullable<Instant>,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    idempotency_keys (user_id, key) {
        user_id -> Id,
        key -> Text,
        fingerprint -> Binary,
        status -> BigInt,
        headers -> JsonText,
        body -> Binary,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    surroundings (id) {
        id -> BigInt,
        epoch -> BigInt,
        made_from -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    users (id) {
        id -> Id,
        email -> Text,
        email_key -> Text,
        name -> Text,
        role -> Text,
        password_hash -> Text,
        disabled_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    topics (id) {
        id -> Id,
        slug -> Text,
        name -> Text,
        description -> Nullable<Text>,
        merged_into -> Nullable<Id>,
        created_at -> Instant,
        updated_at -> Instant,
        followable -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    authors (id) {
        id -> Id,
        slug -> Text,
        name -> Text,
        bio -> Nullable<Text>,
        website_url -> Nullable<Text>,
        image_url -> Nullable<Text>,
        user_id -> Nullable<Id>,
        merged_into -> Nullable<Id>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

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
        subtitle -> Nullable<Text>,
        summary -> Nullable<Text>,
        cover -> Nullable<JsonText>,
        featured -> Bool,
        listed -> Bool,
        intro -> Text,
        seo -> JsonText,
        custom -> JsonText,
        translation_of -> Nullable<Id>,
        aliases -> JsonText,
        trashed_at -> Nullable<Instant>,
        created_at -> Instant,
        updated_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    article_topics (article_id, topic_id) {
        article_id -> Id,
        topic_id -> Id,
        position -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    article_authors (article_id, author_id) {
        article_id -> Id,
        author_id -> Id,
        position -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

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
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    changes (article_id, version, subject_id) {
        article_id -> Id,
        version -> BigInt,
        subject_id -> Id,
        members -> Nullable<JsonText>,
        user_id -> Nullable<Id>,
        at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    revisions (article_id, revision) {
        article_id -> Id,
        revision -> BigInt,
        user_id -> Nullable<Id>,
        title -> Text,
        created_at -> Instant,
        content -> JsonText,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    slugs (locale, slug) {
        locale -> Text,
        slug -> Text,
        article_id -> Id,
        once_public -> Bool,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    editions (article_id, edition) {
        article_id -> Id,
        edition -> BigInt,
        revision -> BigInt,
        locale -> Text,
        slug -> Text,
        title -> Text,
        published_at -> Instant,
        user_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    renderings (article_id) {
        article_id -> Id,
        epoch -> BigInt,
        locale -> Text,
        slug -> Text,
        translation_of -> Nullable<Id>,
        listed -> Bool,
        featured -> Bool,
        published_at -> Instant,
        updated_at -> Instant,
        title -> Text,
        etag -> Text,
        made_from -> Binary,
        item -> Binary,
        body -> Binary,
        sources -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    rendering_topics (topic_id, article_id) {
        topic_id -> Id,
        article_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    rendering_authors (author_id, article_id) {
        author_id -> Id,
        article_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

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
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    confirmations (id) {
        id -> Id,
        subscriber_id -> Id,
        token_hash -> Binary,
        created_at -> Instant,
        expires_at -> Instant,
        closed_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    consent_texts (hash) {
        hash -> Binary,
        text -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

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
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    unanswered_questions (address_hash, asked_at) {
        address_hash -> Binary,
        asked_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    suppressions (id) {
        id -> Id,
        address_hash -> Binary,
        reason -> Text,
        created_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    subscriber_labels (subscriber_id, label) {
        subscriber_id -> Id,
        label -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    subscriber_topics (subscriber_id, topic_id) {
        subscriber_id -> Id,
        topic_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    mails (id) {
        id -> Id,
        subscriber_id -> Id,
        kind -> Text,
        created_at -> Instant,
        tried_at -> Nullable<Instant>,
        sent_at -> Nullable<Instant>,
        refused_at -> Nullable<Instant>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    site (id) {
        id -> BigInt,
        title -> Nullable<Text>,
        description -> Nullable<Text>,
        navigation -> JsonText,
        locales -> Nullable<JsonText>,
        custom -> JsonText,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    addresses (key, article_id) {
        key -> Text,
        article_id -> Id,
        rank -> BigInt,
        path -> Text,
        locale -> Text,
        url -> Text,
        published_at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    search_articles (slot) {
        slot -> BigInt,
        article_id -> Id,
        published_at -> Instant,
        fingerprint -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    latest_changes (article_id) {
        article_id -> Id,
        event_id -> BigInt,
        change -> Text,
        at -> Instant,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    search_places (id) {
        id -> BigInt,
        section_id -> Nullable<Id>,
        heading -> Nullable<Text>,
        anchor -> Nullable<Text>,
        body -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    search_words (id) {
        id -> BigInt,
        word -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    imports (id) {
        id -> Id,
        user_id -> Id,
        status -> Text,
        dry_run -> Bool,
        source -> Nullable<Text>,
        statement -> Nullable<Text>,
        labels -> JsonText,
        locale -> Text,
        delimiter -> Text,
        header -> JsonText,
        bytes -> BigInt,
        next_byte -> BigInt,
        next_line -> BigInt,
        midline -> Bool,
        rows -> BigInt,
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
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    import_parts (import_id, number) {
        import_id -> Id,
        number -> BigInt,
        bytes -> Binary,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

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
    use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};
    use crate::base::db::types::{Id, Instant, JsonText};

    import_seen (import_id, hash) {
        import_id -> Id,
        hash -> Binary,
        state -> JsonText,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    keys,
    events,
    jobs,
    idempotency_keys,
    surroundings,
    users,
    topics,
    authors,
    articles,
    article_topics,
    article_authors,
    sections,
    changes,
    revisions,
    slugs,
    editions,
    renderings,
    rendering_topics,
    rendering_authors,
    subscribers,
    confirmations,
    consent_texts,
    consents,
    suppressions,
    unanswered_questions,
    subscriber_labels,
    subscriber_topics,
    mails,
    imports,
    import_parts,
    import_rows,
    import_seen,
    site,
    addresses,
    latest_changes,
    search_articles,
    search_places,
    search_words,
);
