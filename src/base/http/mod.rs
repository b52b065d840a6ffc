//! HTTP without a resource: extractors that read requests strictly, responses, problems, preconditions, limits, and the
//! cache of public responses. Everything here takes parts, such as a database, and never the application.

pub mod cache;
pub mod client_ip;
pub mod conditional;
pub mod cors;
pub mod encoding;
pub mod endpoint;
pub mod fields;
mod form;
pub mod html;
pub mod idempotency;
pub mod json;
pub mod limit;
pub mod markdown;
mod moved;
pub mod page;
pub mod problem;
pub mod public;
pub mod query;
pub mod representation;
pub mod request_id;
mod response;
pub mod security_headers;
mod streamed;

pub use conditional::IfMatch;
pub use fields::Fields;
pub use form::Form;
pub use idempotency::IdempotencyKey;
pub use json::{Json, MergePatch};
pub use markdown::Markdown;
pub use moved::moved;
pub use page::{Page, PageRequest};
pub use query::Query;
pub use response::Response;
pub use streamed::Streamed;
