//! Lede: a headless CMS for publications. It stores articles, their sections and subscribers, and serves them as a JSON
//! API.
//!
//! A **resource** is a folder with three parts: `mod.rs` says what the thing *is* (types and rules, no I/O),
//! `store.rs` how it is *stored* (diesel; takes a connection, never opens a transaction, never sees [`app::App`]),
//! `routes/` how it is *served* (a file per URL or close family of URLs: JSON types, handlers, their documentation).
//! Longer queries have files of their own, named for what they find, such as `search/find.rs`. [`accounts`] has no
//! store: it reads users. [`render_context`] and [`outbox`] have no routes. A handler **parses, computes off the
//! event loop, then does at most one `write` that checks again what it relied on, then responds**; work for later is
//! a job row written in the same `write`. The upload of an import is the exception: it writes the file part by part.
//! Editors change the **draft**; **publishing** makes an **edition** of one revision and renders it; readers are
//! served editions and nothing else. Every accepted change appends to **one event log** in its own transaction; the
//! response cache, other replicas, delta sync and webhooks read it.
//!
//! ```text
//!   editors                                  readers
//!      │ access token                           │
//!      ▼                                        ▼
//!   server::pipeline ── request id, rate limits, response cache, problems, metrics, access log
//!      ▼
//!   server::routes ──── the list of every operation
//!      ▼                                        ▼
//!   articles                                 editions, search, feeds, changes, redirects, site
//!      │ edit ─▶ revision                       │ one indexed lookup
//!      │ publish ─▶ edition ─▶ rendering ───────┤
//!      ▼                                        ▼
//!   base::db::Database::write                base::db::Database::read
//!      │ one transaction: rows, events, jobs    │
//!      ▼                                        ▼
//!   SQLite (one writer, group commit)  or  PostgreSQL
//! ```
//!
//! Dependencies point down these floors, and a test enforces it:
//!
//! | floor | what it holds |
//! |---|---|
//! | [`cli`] | one file a command |
//! | [`server`] | what runs: operations, pipeline, jobs, the OpenAPI document, the process |
//! | resources | [`articles`], [`editions`], [`subscribers`] and the other folders below |
//! | [`app`], [`auth`] | the application as a bundle of parts, between rights and the guard that checks them |
//! | [`base`] | machinery that knows no resource |
//!
//! Seven pages list everything of their kind: [`server::routes`] (operations), [`auth`] (rights), [`base::config`]
//! (settings), [`base::db::schema`] (tables), [`base::error`] (failures), [`server::jobs`] (background jobs) and
//! [`base::events`] (events).

pub mod app;
pub mod auth;
pub mod base;
pub mod cli;
pub mod server;

// The resources, from the bottom up: one may use those before it. Its routes may use later ones, too, except their routes.
pub mod users;
pub mod outbox;
pub mod api_keys;
pub mod render_context;
pub mod terms;
pub mod topics;
pub mod authors;
pub mod site;
pub mod articles;
pub mod redirects;
pub mod search;
pub mod editions;
pub mod previews;
pub mod feeds;
pub mod changes;
pub mod cdn;
pub mod schedules;
pub mod bulk;
pub mod subscribers;
pub mod events;
pub mod webhooks;
pub mod accounts;
pub mod audit;
pub mod operations;
