//! The OpenAPI document over HTTP.

use std::sync::OnceLock;

use actix_web::web::Bytes;

use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::http::public::etag;
use crate::server::openapi::DOCUMENT;

/// Get the OpenAPI document
///
/// Needs no access token. Returns this document, in OpenAPI 3.1. It does not change while the server runs, so clients can
/// cache it by its `ETag`.
#[utoipa::path(get, path = "/openapi.json", tag = "operations", security(()),
    responses((status = 200, description = "The OpenAPI document.", body = Object)))]
pub async fn get_openapi() -> Result<Response> {
    static TAG: OnceLock<String> = OnceLock::new();
    let tag = TAG.get_or_init(|| etag(DOCUMENT.as_bytes())).clone();
    Ok(Response::public("application/json", Bytes::from_static(DOCUMENT.as_bytes())).tag(tag))
}
