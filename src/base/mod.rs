//! The machinery of the product, without any logic of articles, subscribers or other resources. What all resources
//! have of one kind is listed here, too: their ids ([`ids`]), tables ([`db`]) and events ([`events`]).
//!
//! Two floors: the ground ([`ids`], [`actor`], [`clock`], [`random`], [`json`], [`text`], [`config`], [`error`],
//! [`metrics`], [`logger`], [`private_files`], [`permits`], [`compute`], and of [`db`] its types and connections), and
//! on it what does something: [`db`], [`events`], [`jobs`], [`http`], [`mail`], [`outbound`],
//! [`templates`].

pub mod actor;
pub mod clock;
pub mod codes;
pub mod compute;
pub mod config;
pub mod db;
pub mod error;
pub mod events;
pub mod http;
pub mod ids;
pub mod jobs;
pub mod json;
pub mod logger;
pub mod mail;
pub mod metrics;
pub mod outbound;
pub mod permits;
pub mod private_files;
pub mod progress;
pub mod random;
pub mod refusals;
pub mod templates;
pub mod text;
pub mod text_enum;
