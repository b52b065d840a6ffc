//! What the routes of topics and authors share.
