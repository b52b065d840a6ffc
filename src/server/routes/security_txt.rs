//! `/.well-known/security.txt`: where to report a vulnerability, as RFC 9116 says.

use actix_web::web::Data;

use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};
use crate::base::http::Response;

const DAY: i64 = 24 * 3600;
/// For how many days the file is valid. RFC 9116 recommends less than a year.
const VALID_DAYS: i64 = 180;

/// Get the security contact
///
/// Needs no access token. Returns where to report a vulnerability of this installation (RFC 9116). `Expires` is 180
/// days ahead. Responds 404 unless `LEDE_SECURITY_CONTACT` is set.
#[utoipa::path(get, path = "/.well-known/security.txt", tag = "operations", security(()),
    responses(
        (status = 200, description = "The contact.", body = String, content_type = "text/plain"),
        (status = 404, description = "No contact is set."),
    ))]
pub async fn get_security_contact(app: Data<App>) -> Result<Response> {
    let contact = app.config.server.security_contact.as_deref().ok_or(Error::NotFound("security contact"))?;
    let (url, expires) = (app.config.base_url(), expires(app.clock.now()));
    let text = format!("Contact: {contact}\nExpires: {expires}\nCanonical: {url}/.well-known/security.txt\n");
    Ok(Response::public("text/plain; charset=utf-8", text.into()))
}

/// The midnight at which a file expires: the same for every request of a day.
fn expires(now: Timestamp) -> Timestamp {
    let day = now.as_seconds().div_euclid(DAY) + VALID_DAYS;
    Timestamp::from_micros(day * DAY * 1_000_000).unwrap_or(now)
}
