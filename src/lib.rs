//! Lede: a headless CMS for publications. It keeps articles, their sections and the people who subscribe, and serves them
//! as a JSON API.
//!
//! A **resource** is a folder with the same three files: `mod.rs` says what the thing *is* (types, rules, no I/O),
//! `store.rs` how it is *kept* (diesel; takes a connection, never opens a transaction), `routes.rs` how it is *spoken*
//! (JSON types, handlers, their documentation). A handler **parses, computes outside, then does at most one `write` that
//! checks again what it relied on, then answers**; what must happen later is a row written in the same `write`. Editors
//! change the **draft**; **publishing** makes an **edition** of one revision and renders it; readers are served editions
//! and nothing else. Every accepted change appends to **one event log** in its own transaction. The seams to the world,
//! [`db`], [`mail`], [`clock`] and [`random`], are built in [`app`] and nowhere else; dependencies point one way, from
//! routes to store to mod, and resources know each other only through the latter two.
//!
//! ```text
//!   editors                                readers
//!      │ token                                │
//!      ▼                                      ▼
//!   http::pipeline ── request id, HEAD, problems, headers, metrics, access log
//!      │                                      │ what was answered before: http::cache
//!      ▼                                      ▼
//!   http::routes ──── the one list of every operation
//!      ▼                                      ▼
//!   articles::drafts                       editions, search, feeds, changes, redirects, site
//!      │ edit ─▶ revision                     │ one indexed look-up
//!      │ publish ─▶ edition ─▶ rendering ─────┤
//!      ▼                                      ▼
//!   db::Database::write                    db::Database::read
//!      │ one transaction: rows, events, jobs  │
//!      ▼                                      ▼
//!   SQLite (one writer, group commit)  or  PostgreSQL
//! ```
//!
//! Seven pages are the system: [`http::routes`] (every operation), [`auth`] (every right), [`config`] (every setting),
//! [`db::schema`] (every table), [`error`] (every failure), [`jobs`] (every deed done later) and [`events`] (everything
//! that can happen).

pub mod app;
pub mod auth;
pub mod base;
pub mod cli;
pub mod server;

// The resources.
pub mod accounts;
pub mod articles;
pub mod authors;
pub mod changes;
pub mod editions;
pub mod feeds;
pub mod operations;
pub mod outbox;
pub mod redirects;
pub mod render_context;
pub mod search;
pub mod site;
pub mod subscribers;
pub mod terms;
pub mod topics;
pub mod users;
