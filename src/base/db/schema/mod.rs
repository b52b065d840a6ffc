//! Every table, for both databases, one file per area. Comments on the `CREATE TABLE` statements in `migrations/` say
//! what each table is for. A test compares these files with the columns that each engine reports.
#![allow(clippy::wildcard_imports, reason = "a table's column types come from one path")]
#![allow(missing_docs, reason = "what the columns mean stands with the migrations and the rows' types")]

mod accounts;
mod audience;
mod drafts;
mod log;
mod machinery;
mod newsroom;
mod outbound;
mod outbox;
mod programs;
mod published;
mod search;
mod subscriber_imports;
mod taxonomy;
mod website;

pub use accounts::{
    account_links, known_networks, login_attempts, recovery_codes, refresh_tokens, second_factors, sessions,
    users,
};
pub use audience::{
    confirmation_requests, consent_texts, consents, subscriber_labels, subscriber_topics, subscribers,
    suppressions, unanswered_requests,
};
pub use drafts::{
    article_metadata, article_terms, articles, changes, preview_links, revision_labels, revisions, schedules,
    sections, slugs,
};
pub use log::{events, latest_changes};
pub use machinery::{cdn_purges, idempotency_keys, jobs, keys};
pub use newsroom::{notes, reviews};
pub use outbound::{leases, webhook_deliveries, webhook_progress, webhooks};
pub use outbox::outbox_emails;
pub use programs::{api_keys, refusals};
pub use published::{editions, render_context, rendering_terms, rendering_values, renderings};
pub use search::{search_articles, search_places, search_words};
pub use subscriber_imports::{import_dry_run_people, import_options, import_parts, import_rows, imports};
pub use taxonomy::{author_details, term_slugs, terms, topic_details};
pub use website::{addresses, redirects, site};

/// The types of columns.
mod sql_types {
    pub use diesel::sql_types::{BigInt, Binary, Bool, Nullable, Text};

    pub use crate::base::db::types::{Id, Instant, JsonText};
}

diesel::allow_tables_to_appear_in_same_query!(
    keys,
    jobs,
    idempotency_keys,
    cdn_purges,
    events,
    latest_changes,
    users,
    sessions,
    refresh_tokens,
    account_links,
    second_factors,
    recovery_codes,
    known_networks,
    login_attempts,
    api_keys,
    refusals,
    terms,
    term_slugs,
    topic_details,
    author_details,
    articles,
    article_metadata,
    article_terms,
    sections,
    changes,
    revisions,
    revision_labels,
    slugs,
    schedules,
    preview_links,
    reviews,
    notes,
    editions,
    renderings,
    rendering_terms,
    rendering_values,
    render_context,
    search_articles,
    search_places,
    search_words,
    site,
    addresses,
    redirects,
    subscribers,
    confirmation_requests,
    consent_texts,
    consents,
    suppressions,
    unanswered_requests,
    subscriber_labels,
    subscriber_topics,
    outbox_emails,
    imports,
    import_options,
    import_parts,
    import_rows,
    import_dry_run_people,
    leases,
    webhooks,
    webhook_progress,
    webhook_deliveries,
);
