//! The list of every operation: the resources in order, each of which lists its own. What is not listed is neither served
//! nor documented; what is, is both.

pub mod docs;
pub mod document;
pub mod errors;
pub mod health;
pub mod home;
pub mod metrics;
pub mod security_txt;

use crate::base::http::endpoint::{Endpoint, Operations};
use crate::{
    accounts, api_keys, articles, audit, authors, bulk, changes, editions, events, feeds, operations,
    previews, redirects, schedules, search, site, subscribers, topics, users, webhooks,
};

crate::operations! {
    "operations": "Health, metrics, background jobs and this document.";

    get    "/openapi.json"             => document::get_openapi, public;
    get    "/openapi-3.0.json"         => document::get_openapi_3_0, public;
    get    "/docs/errors"              => errors::get_errors_page, public;
    get    "/health/live"              => health::get_liveness;
    get    "/health/ready"             => health::get_readiness;
    get    "/metrics"                  => metrics::get_metrics;
    get    "/.well-known/security.txt" => security_txt::get_security_contact, public;
}

/// The resources, in the order of the document, which is the order in which people need them: those who show articles,
/// those who write them, those who run the publication.
const RESOURCES: &[Operations] = &[
    editions::routes::OPERATIONS,
    search::routes::OPERATIONS,
    feeds::routes::OPERATIONS,
    articles::routes::OPERATIONS,
    schedules::routes::OPERATIONS,
    bulk::routes::OPERATIONS,
    previews::routes::OPERATIONS,
    topics::routes::OPERATIONS,
    authors::routes::OPERATIONS,
    changes::routes::OPERATIONS,
    site::routes::OPERATIONS,
    redirects::routes::OPERATIONS,
    accounts::routes::OPERATIONS,
    users::routes::OPERATIONS,
    api_keys::routes::OPERATIONS,
    subscribers::routes::OPERATIONS,
    webhooks::routes::OPERATIONS,
    events::routes::OPERATIONS,
    audit::routes::OPERATIONS,
    operations::routes::OPERATIONS,
    OPERATIONS,
];

/// Every operation.
pub fn endpoints() -> impl Iterator<Item = &'static Endpoint> {
    RESOURCES.iter().flat_map(|resource| resource.endpoints)
}

/// The tags of the document and their descriptions, in its order.
pub(super) fn tags() -> impl Iterator<Item = (&'static str, &'static str)> {
    RESOURCES.iter().flat_map(|resource| resource.tags).copied()
}
