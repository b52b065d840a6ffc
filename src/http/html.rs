//! Pages for people: finished HTML that loads nothing, runs nothing and may not be framed. The style stands in the page,
//! and the policy names it by its hash.

use std::sync::OnceLock;

use actix_web::http::StatusCode;
use actix_web::http::header;
use askama::Template;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::answer::Answer;
use super::json::sha256;
use crate::error::{Error, Result};

/// What every page looks like.
pub const STYLE: &str = include_str!("../templates/page.css");

/// The answer that is this page. It is nobody's but the one's who asked, and is not kept.
///
/// # Errors
/// Internal, if the page cannot be written.
pub fn page(status: StatusCode, template: &impl Template) -> Result<Answer> {
    let html = template.render().map_err(|e| Error::internal(format!("a page: {e}")))?;
    Ok(Answer::bytes("text/html; charset=utf-8", html.into())
        .status(status)
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_SECURITY_POLICY, policy()))
}

fn policy() -> &'static str {
    static POLICY: OnceLock<String> = OnceLock::new();
    POLICY.get_or_init(|| {
        let hash = BASE64_STANDARD.encode(sha256(STYLE.as_bytes()));
        format!(
            "default-src 'none'; style-src 'sha256-{hash}'; form-action 'self'; base-uri 'none'; \
             frame-ancestors 'none'"
        )
    })
}
