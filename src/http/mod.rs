//! Everything HTTP that is not about one resource. A request passes through `pipeline.rs`, where `cache.rs` may have its
//! answer, is matched by `routes.rs`, read by `query.rs`, `json.rs` and `conditional.rs`, and answered with an [`Answer`]
//! or, on any error, a problem. An answer that is everybody's becomes a `representation.rs`.

mod answer;
pub mod cache;
pub mod conditional;
pub mod cors;
pub mod docs;
pub mod encoding;
pub mod fields;
mod form;
pub mod health;
pub mod html;
pub mod idempotency;
pub mod json;
pub mod limit;
pub mod markdown;
pub mod metrics;
pub mod openapi;
pub mod page;
pub mod peer;
pub mod pipeline;
pub mod problem;
pub mod public;
pub mod query;
pub mod representation;
pub mod routes;
mod streamed;

pub use answer::Answer;
pub use conditional::IfMatch;
pub use fields::Fields;
pub use form::Form;
pub use idempotency::IdempotencyKey;
pub use json::{Json, MergePatch};
pub use markdown::Markdown;
pub use page::{Page, PageRequest};
pub use public::moved;
pub use query::Query;
pub use streamed::Streamed;
