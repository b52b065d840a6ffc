//! How a user proves who they are.

pub mod routes;
