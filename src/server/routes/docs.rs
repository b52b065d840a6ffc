//! `/docs`: the OpenAPI document as pages. Their scripts and styles are part of this binary.

use std::borrow::Cow;
use std::sync::Arc;

use actix_web::guard::Get;
use actix_web::http::header::{self, ContentEncoding};
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse};
use utoipa_swagger_ui::Config;

use crate::app::App;
use crate::base::error::{Error, Result};
use crate::base::http::sliced::sliced;

/// Only what this server itself serves; the page sets some styles on its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// Registers the page and what it loads.
pub fn configure(config: &mut ServiceConfig) {
    config
        .service(web::redirect("/docs", "/docs/"))
        .service(web::resource("/docs/{file:.*}").guard(Get()).to(get_docs));
}

/// A file of the page. Large ones are sent from the binary itself, not from a copy.
async fn get_docs(app: Data<App>, req: HttpRequest, file: Path<String>) -> Result<HttpResponse> {
    let page = Config::new(["/openapi.json"]).try_it_out_enabled(false).display_request_duration(true);
    let found = utoipa_swagger_ui::serve(&file, Arc::new(page));
    let file = found.map_err(|e| Error::internal(e.to_string()))?.ok_or(Error::NotFound("page"))?;
    let mut response = HttpResponse::Ok();
    response.insert_header((header::CONTENT_SECURITY_POLICY, POLICY)).content_type(file.content_type);
    if file.gzpipped {
        response.insert_header((header::CONTENT_ENCODING, ContentEncoding::Gzip));
    }
    let bytes = match file.bytes {
        Cow::Borrowed(bytes) => Bytes::from_static(bytes),
        Cow::Owned(bytes) => bytes.into(),
    };
    Ok(response.body(sliced(&app.memory, &req, bytes)?))
}
