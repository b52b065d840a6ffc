//! HTTP building blocks that no single resource owns: strict extractors, responses and problem details, preconditions,
//! idempotency keys, pagination, rate limits, CORS, and the cache of public responses. Nothing here depends on `App`:
//! functions take what they need, such as a database, as parameters.

pub mod accept;
pub mod admission;
pub mod budget;
pub mod cache;
pub mod canonical;
pub mod client_ip;
pub mod conditional;
pub mod connection;
pub mod cors;
pub mod cut_off;
pub mod details;
pub mod encoding;
pub mod endpoint;
pub mod event_stream;
pub mod fields;
mod form;
pub mod html;
pub mod idempotency;
pub mod json;
pub mod limit;
mod lists;
pub mod markdown;
pub mod memory;
mod moved;
pub mod network_shares;
pub mod page;
pub mod problem;
pub mod public;
pub mod query;
mod refusal;
pub mod representation;
pub mod request_id;
mod response;
pub mod security_headers;
pub mod sliced;
pub mod socket;
mod streamed;

pub use conditional::IfMatch;
pub use event_stream::EventStream;
pub use fields::Fields;
pub use form::Form;
pub use idempotency::IdempotencyKey;
pub use json::{Json, MergePatch};
pub use markdown::Markdown;
pub use moved::moved;
pub use page::{Page, PageRequest};
pub use query::Query;
pub use response::{Response, SetCookie};
pub use streamed::Streamed;
