//! What has changed for readers: for static sites and caches that follow.
