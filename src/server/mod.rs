//! What runs: the list of every operation, what each request passes through, and the process around them.

pub mod backups;
pub mod dispatch;
pub mod housekeeping;
pub mod jobs;
mod listen;
pub mod openapi;
pub mod pipeline;
mod ports;
pub mod purging;
pub mod routes;
mod serve;
mod settings;
mod unparsed;

pub use serve::serve;
