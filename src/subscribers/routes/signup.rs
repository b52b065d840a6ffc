//! What every sign-up passes through, whether it comes from the API or from the form.

use actix_web::HttpRequest;

use crate::app::App;
use crate::base::error::Result;
use crate::base::http::json::sha256;
use crate::base::http::limit::{Key, Policy};
use crate::subscribers::{SignUp, store};

/// Takes a sign-up, by whichever way it came, from the budget of all and of its mailbox. Of a mailbox for which too many
/// came today nothing is taken, and nothing tells: not even that somebody else asked for it.
///
/// # Errors
/// Too many; when the database refuses.
pub(super) async fn accept(app: &App, req: &HttpRequest, mut sign_up: SignUp) -> Result<()> {
    app.limits.admit(req, Policy::JoinAll, || Key::Everyone)?;
    let mailbox = || Key::Hash(sha256(sign_up.email.mailbox().as_bytes()));
    if !app.limits.admits(Policy::JoinAddress, mailbox) {
        return Ok(());
    }
    sign_up.evidence.locale = Some(sign_up.locale.clone());
    app.db.write(move |tx| store::sign_up(tx, &sign_up)).await
}
