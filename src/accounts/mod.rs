//! How users authenticate: sessions and the access tokens they return.

pub mod routes;
