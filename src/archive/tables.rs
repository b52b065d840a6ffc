//! Every table: what an archive holds of it, or why it holds nothing. A test compares this page with the tables of both
//! databases.

use diesel::query_source::Column as _;

use super::columns::{self, Column};
use crate::accounts::HandOver;
use crate::app::App;
use crate::base::db::schema;
use crate::base::jobs::Job;
use crate::editions::purge::PurgeArticle;
use crate::subscribers::import::ImportSubscribers;

/// The jobs that finish what was begun, so that it goes on in a restored copy. All others are made anew.
const UNFINISHED: [&str; 3] =
    [<PurgeArticle as Job<App>>::KIND, <HandOver as Job<App>>::KIND, <ImportSubscribers as Job<App>>::KIND];

/// A table that archives hold.
pub struct Table {
    /// Its name.
    pub name: &'static str,
    /// The columns of its primary key, which rows are ordered by.
    pub key: &'static [&'static str],
    /// Its columns.
    pub columns: fn() -> Vec<Column>,
    /// The column that refers to another row of the same table, which may come later.
    pub refers_to_itself: Option<&'static str>,
    /// The column and its values whose rows are held; `None` for all rows.
    pub only: Option<(&'static str, &'static [&'static str])>,
    /// Whether a new installation has rows in it.
    pub is_seeded: bool,
}

impl Table {
    const fn referring_to_itself(mut self, column: &'static str) -> Self {
        self.refers_to_itself = Some(column);
        self
    }

    const fn only(mut self, column: &'static str, values: &'static [&'static str]) -> Self {
        self.only = Some((column, values));
        self
    }

    /// The condition of the rows that are held, after the name of the table in a query.
    #[must_use]
    pub fn condition(&self) -> String {
        self.only.map_or_else(String::new, |(column, values)| {
            format!(" WHERE \"{column}\" IN ('{}')", values.join("', '"))
        })
    }

    const fn seeded(mut self) -> Self {
        self.is_seeded = true;
        self
    }
}

/// A table by its declaration in the schema, and its primary key.
macro_rules! table {
    ($name:ident, $($key:ident)+) => {
        Table {
            name: stringify!($name),
            key: &[$(schema::$name::$key::NAME),+],
            columns: columns::of::<schema::$name::table>,
            refers_to_itself: None,
            only: None,
            is_seeded: false,
        }
    };
}

/// The tables that archives hold, in an order in which rows can be inserted: each refers to those before it. The keys come
/// first, because a wrong secret is found with them.
pub const TABLES: &[Table] = &[
    table!(keys, id).seeded(),
    table!(events, id),
    table!(latest_changes, subject_id),
    table!(jobs, id).only("kind", &UNFINISHED),
    table!(users, id),
    table!(second_factors, id),
    table!(recovery_codes, user_id hash),
    table!(login_attempts, id),
    table!(known_networks, user_id network_hash),
    table!(api_keys, id),
    table!(refusals, id),
    table!(terms, id).referring_to_itself("merged_into"),
    table!(term_slugs, kind slug),
    table!(topic_details, topic_id),
    table!(author_details, author_id),
    table!(articles, id),
    table!(article_metadata, article_id),
    table!(article_terms, article_id term_id),
    table!(draft_values, name value article_id),
    table!(translation_groups, id),
    table!(translations, article_id),
    table!(translation_locales, group_id locale),
    table!(sections, id),
    table!(changes, article_id version subject_id),
    table!(revisions, article_id revision),
    table!(revision_labels, article_id revision),
    table!(slugs, locale slug),
    table!(article_paths, article_id key),
    table!(schedules, id),
    table!(preview_links, id),
    table!(reviews, id),
    table!(notes, id),
    table!(editions, article_id edition),
    table!(render_context, id).seeded(),
    table!(site, id).seeded(),
    table!(redirects, id),
    table!(subscribers, id),
    table!(consent_texts, hash),
    table!(consents, id),
    table!(suppressions, id),
    table!(unanswered_requests, address_hash requested_at),
    table!(subscriber_labels, subscriber_id label),
    table!(subscriber_topics, subscriber_id topic_id),
    table!(imports, id),
    table!(import_options, import_id),
    table!(import_parts, import_id number),
    table!(import_rows, import_id number),
    table!(import_dry_run_people, import_id address_hash),
    table!(webhooks, id),
    table!(webhook_progress, webhook_id),
    table!(webhook_deliveries, sequence).only("state", &["waiting"]),
];

/// The tables that archives leave out, and why.
pub const LEFT_OUT: &[(&str, &str)] = &[
    ("quiet", "a restored copy is quiet by itself"),
    ("cdn_purges", "how far the cache in front of another server is purged"),
    ("leases", "which server does what"),
    ("sessions", "everyone logs in again"),
    ("refresh_tokens", "everyone logs in again"),
    ("account_links", "links in emails work once, and not in a copy"),
    ("confirmation_requests", "links in emails work once, and not in a copy"),
    ("idempotency_keys", "they are kept for retries of a day"),
    ("outbox_emails", "queued emails are not sent twice"),
    ("renderings", "made anew"),
    ("rendering_terms", "made anew"),
    ("rendering_values", "made anew"),
    ("addresses", "made anew"),
    ("search_articles", "made anew"),
    ("search_places", "made anew"),
    ("search_words", "made anew"),
];

/// The table of that name, if archives hold it.
#[must_use]
pub fn find(name: &str) -> Option<&'static Table> {
    TABLES.iter().find(|table| table.name == name)
}
