//! Lede: a headless CMS for publications.

pub mod app;
pub mod articles;
pub mod auth;
pub mod authors;
pub mod carried;
pub mod cli;
pub mod clock;
pub mod config;
pub mod db;
pub mod editions;
pub mod error;
pub mod events;
pub mod http;
pub mod jobs;
pub mod mail;
pub mod random;
pub mod subscribers;
pub mod text;
pub mod topics;
pub mod users;
