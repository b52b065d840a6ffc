//! `/docs`: the OpenAPI document as a page. Its script is Scalar's API reference, which is part of this binary as it is
//! on npm, compressed; `docs/page.js` sets it up and adds the log-in. Nothing is loaded from elsewhere.

use std::collections::BTreeMap;
use std::io::Read as _;
use std::sync::LazyLock;

use actix_web::http::header::{self, CacheDirective, HeaderMap, HeaderValue};
use actix_web::web::{self, Bytes, Data, Path, ServiceConfig};
use actix_web::{HttpRequest, HttpResponse, Responder as _};
use tokio::sync::OnceCell;

use super::home;
use crate::app::App;
use crate::base::error::{Error, Result};
use crate::base::http::conditional;
use crate::base::http::encoding::Encoding;
use crate::base::http::public::etag;
use crate::base::http::sliced::resident;
use crate::server::dispatch;

/// Only what this server itself serves; the page's script sets styles on its own.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; \
    img-src 'self' data:; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const YEAR: u32 = 31_536_000;

/// The name of the page among the files.
const PAGE: &str = "page.html";
const HTML: &str = "text/html; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";

/// A file of the page.
struct File {
    media_type: &'static str,
    bytes: &'static [u8],
    /// Whether `bytes` are gzip. Such a file has its version in its name, and never changes.
    is_compressed: bool,
    /// What is compressed in `bytes`, for all clients that do not take gzip; made for the first of them.
    plain: OnceCell<Bytes>,
    etag: String,
}

/// The files, by name.
static FILES: LazyLock<BTreeMap<&str, File>> = LazyLock::new(|| {
    let file = |name, media_type, bytes: &'static [u8], is_compressed| {
        let etag = format!("\"{}\"", etag(bytes));
        (name, File { media_type, bytes, is_compressed, plain: OnceCell::new(), etag })
    };
    BTreeMap::from([
        file(PAGE, HTML, include_bytes!("docs/page.html"), false),
        file("page.css", "text/css; charset=utf-8", include_bytes!("docs/page.css"), false),
        file("page.js", SCRIPT, include_bytes!("docs/page.js"), false),
        file("samples.js", SCRIPT, include_bytes!("docs/samples.js"), false),
        file("scalar-1.76.0.js", SCRIPT, include_bytes!("docs/scalar-1.76.0.js.gz"), true),
        file("licences.txt", "text/plain; charset=utf-8", include_bytes!("docs/licences.txt"), false),
    ])
});

/// Registers the page and its files.
pub fn configure(config: &mut ServiceConfig) {
    dispatch::page(config, "/docs", web::get().to(get_docs));
    config.service(web::redirect("/docs/", "../docs"));
    dispatch::page(config, "/docs/{file}", web::get().to(get_docs_file));
}

async fn get_docs(app: Data<App>, req: HttpRequest) -> Result<HttpResponse> {
    match FILES.get(PAGE) {
        Some(page) => page.respond(&app, &req).await,
        None => Err(Error::NotFound("page")),
    }
}

async fn get_docs_file(app: Data<App>, req: HttpRequest, name: Path<String>) -> Result<HttpResponse> {
    match FILES.get(name.as_str()) {
        Some(file) => file.respond(&app, &req).await,
        None => Ok(home::not_found(app, req.clone()).await?.respond_to(&req)),
    }
}

impl File {
    async fn respond(&self, app: &App, req: &HttpRequest) -> Result<HttpResponse> {
        let cache = if self.is_compressed {
            vec![
                CacheDirective::Public,
                CacheDirective::MaxAge(YEAR),
                CacheDirective::Extension("immutable".into(), None),
            ]
        } else {
            vec![CacheDirective::NoCache]
        };
        let mut response = HttpResponse::Ok();
        response
            .insert_header(header::CacheControl(cache))
            .insert_header((header::CONTENT_SECURITY_POLICY, POLICY))
            .insert_header((header::VARY, HeaderValue::from_static("Accept-Encoding")));
        let asked: &HeaderMap = req.headers();
        // Sent from the binary itself, not from a copy.
        let bytes = Bytes::from_static(self.bytes);
        if self.is_compressed && !Encoding::is_gzip_accepted(asked) {
            let decompressed = || app.compute.run(move || decompress(&bytes));
            let plain = self.plain.get_or_try_init(decompressed).await?.clone();
            return Ok(response.content_type(self.media_type).body(resident(&app.memory, req, plain)?));
        }
        response.insert_header((header::ETAG, self.etag.as_str()));
        if conditional::has(asked, &self.etag) {
            return Ok(response.status(actix_web::http::StatusCode::NOT_MODIFIED).finish());
        }
        if self.is_compressed {
            response.insert_header((header::CONTENT_ENCODING, "gzip"));
        }
        Ok(response.content_type(self.media_type).body(resident(&app.memory, req, bytes)?))
    }
}

fn decompress(bytes: &Bytes) -> Result<Bytes> {
    let mut plain = Vec::new();
    let read = flate2::read::GzDecoder::new(bytes.as_ref()).read_to_end(&mut plain);
    read.map(|_| plain.into_boxed_slice().into()).map_err(|e| Error::internal(e.to_string()))
}
