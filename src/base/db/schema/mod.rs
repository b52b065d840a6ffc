//! Every table, for both databases at once, an area a file. What a table is for stands at its `CREATE TABLE` in
//! `migrations/`. A test compares these files with what each engine reports.
#![allow(missing_docs, reason = "what the columns mean stands with the migrations and the rows' types")]

mod accounts;
mod audience;
mod drafts;
mod log;
mod machinery;
mod published;
mod search;
mod subscriber_imports;
mod taxonomy;
mod website;

pub use accounts::users;
pub use audience::{
    confirmations, consent_texts, consents, mails, subscriber_labels, subscriber_topics, subscribers,
    suppressions, unanswered_questions,
};
pub use drafts::{article_terms, articles, changes, revisions, sections, slugs};
pub use log::{events, latest_changes};
pub use machinery::{idempotency_keys, jobs, keys};
pub use published::{editions, render_context, rendering_terms, renderings};
pub use search::{search_articles, search_places, search_words};
pub use subscriber_imports::{import_parts, import_rows, import_seen, imports};
pub use taxonomy::{author_details, terms, topic_details};
pub use website::{addresses, site};

/// The types of columns.
mod sql_types {
    pub use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};

    pub use crate::base::db::types::{Id, Instant, JsonText};
}

diesel::allow_tables_to_appear_in_same_query!(
    keys,
    jobs,
    idempotency_keys,
    events,
    latest_changes,
    users,
    terms,
    topic_details,
    author_details,
    articles,
    article_terms,
    sections,
    changes,
    revisions,
    slugs,
    editions,
    renderings,
    rendering_terms,
    render_context,
    search_articles,
    search_places,
    search_words,
    site,
    addresses,
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
);
