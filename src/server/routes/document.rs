//! The OpenAPI document over HTTP.

use std::sync::OnceLock;

use actix_web::web::Bytes;

use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::http::public::etag;
use crate::server::openapi::{DOCUMENT, DOCUMENT_3_0};

/// Get the OpenAPI document
///
/// Needs no access token. Returns this document, in OpenAPI 3.1. It does not change while the server runs, so clients
/// can cache it by its `ETag`. Generators that read only OpenAPI 3.0 take `/openapi-3.0.json`.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", security(()),
    responses((status = 200, description = "The OpenAPI document.", body = Object)))]
pub async fn get_openapi() -> Result<Response> {
    static TAG: OnceLock<String> = OnceLock::new();
    Ok(fixed(DOCUMENT, &TAG))
}

/// Get the OpenAPI 3.0 document
///
/// Needs no access token. Returns the same document in OpenAPI 3.0, for generators that read only that. It says less in
/// two places: constants are enums of one value, and the licence has no SPDX identifier.
#[utoipa::path(get, path = "/openapi-3.0.json", tag = "operations", security(()),
    responses((status = 200, description = "The OpenAPI 3.0 document.", body = Object)))]
pub async fn get_openapi_3_0() -> Result<Response> {
    static TAG: OnceLock<String> = OnceLock::new();
    Ok(fixed(DOCUMENT_3_0, &TAG))
}

/// The response with a text that is part of this binary.
fn fixed(document: &'static str, tag: &OnceLock<String>) -> Response {
    let tag = tag.get_or_init(|| etag(document.as_bytes())).clone();
    Response::public("application/json", Bytes::from_static(document.as_bytes())).tag(tag)
}
