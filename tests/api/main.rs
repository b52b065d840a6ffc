//! The API as its clients meet it: one binary, a real socket and a fresh database for every test.
//!
//! `server.rs` starts a server, `client.rs` speaks to it and holds every response against the server's own OpenAPI document
//! (`contract.rs`), `given.rs` makes what tests begin with. Then a file a topic. SQLite is the default; PostgreSQL when
//! `LEDE_TEST_POSTGRES_URL` names a server on which databases may be made. Tests do not name a database.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]

#[macro_use]
mod policy;

/// Who may call each operation of a resource, and the story that its examples are recorded from.
mod resources {
    mod accounts;
    mod api_keys;
    mod articles;
    mod audit;
    mod authors;
    mod editions;
    mod imports;
    mod operations;
    mod pages;
    mod schedules;
    mod previews;
    mod reviews;
    mod site;
    mod subscribers;
    mod topics;
    mod users;
    mod webhooks;

    pub const ALL: &[crate::policy::Resource] = resources![
        accounts,
        api_keys,
        articles,
        audit,
        authors,
        editions,
        imports,
        operations,
        pages,
        schedules,
        previews,
        reviews,
        site,
        subscribers,
        topics,
        users,
        webhooks
    ];
}

mod authenticator;
mod client;
mod contract;
mod executable;
mod given;
mod log;
mod logins;
mod mail_server;
mod older_release;
mod response;
mod schemas;
mod secrets;
mod server;
mod publication;
mod receiver;
mod sockets;
mod test_database;
mod tour;
mod writing;

mod account_pages;
mod accounts;
mod adjacent;
mod aliases;
mod api_keys;
mod article_rules;
mod articles;
mod asvs;
mod audit;
mod bulk;
mod cache;
mod cdn;
mod changes;
mod consents;
mod cookies;
mod copying;
mod corrections;
mod cors;
mod created_redirects;
mod cursors;
mod custom_values;
mod database;
mod database_files;
mod diffs;
mod draft_filters;
mod erased_users;
mod erasure;
mod errors;
mod event_order;
mod export;
mod feeds;
mod following;
mod front_door;
mod guessing;
mod harness;
mod history;
mod housekeeping;
mod idempotency;
mod if_match;
mod import;
mod import_killed;
mod include;
mod job_engine;
mod job_kinds;
mod jobs;
mod limits;
mod lists;
mod many_writers;
mod markdown;
mod me;
mod metrics;
mod migrations;
mod minor;
mod notes;
mod old_slugs;
mod openapi;
mod outbox;
mod owners;
mod passwords;
mod preferences;
mod preview;
mod preview_links;
mod preview_pages;
mod problems;
mod proxy;
mod publishing;
mod purging;
mod readers;
mod reading;
mod redirects;
mod refusals;
mod related;
mod remote;
mod rendered_markdown;
mod renderings;
mod replicas;
mod restart;
mod revisions;
mod review_emails;
mod reviews;
mod revoked;
mod schedules;
mod search;
mod second_factor;
mod sections;
mod security_txt;
mod senders;
mod sending;
mod session_limits;
mod sessions;
mod shutdown;
mod sign_up;
mod signing_keys;
mod site;
mod sitemap;
mod smtp;
mod statements;
mod stored;
mod streams;
mod subscriber_lists;
mod subscriber_pages;
mod subscribers;
mod topics;
mod traces;
mod typed_clients;
mod unreadable;
mod users;
mod walking;
mod webhooks;
mod wording;
