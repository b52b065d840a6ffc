//! The rate limits that every sign-up passes, whether it comes from the API or from the form.

use actix_web::HttpRequest;

use crate::app::App;
use crate::base::error::Result;
use crate::base::http::json::sha256;
use crate::base::http::limit::{Key, Policy};
use crate::subscribers::{self, SignUp};

/// Accepts a sign-up, within the limits for all sign-ups and for its mailbox. Beyond the limit of a mailbox it is dropped
/// without an error, so that the response does not reveal that somebody else signed up with the address.
pub(super) async fn accept(app: &App, req: &HttpRequest, mut sign_up: SignUp) -> Result<()> {
    app.limits.admit(req, Policy::JoinAll, || Key::Everyone)?;
    let mailbox = || Key::Hash(sha256(sign_up.email.mailbox().as_bytes()));
    if !app.limits.admits(Policy::JoinAddress, mailbox) {
        return Ok(());
    }
    sign_up.evidence.locale = Some(sign_up.locale.clone());
    app.db.write(move |tx| subscribers::sign_up(tx, &sign_up)).await
}
