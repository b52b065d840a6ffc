//! The rate limits that every sign-up passes, whether it comes from the API or from the form.

use std::net::IpAddr;

use actix_web::HttpRequest;

use crate::app::App;
use crate::base::actor::Origin;
use crate::base::error::Result;
use crate::base::http::client_ip;
use crate::base::http::json::sha256;
use crate::base::http::limit::{Key, Policy};
use crate::subscribers::{self, SignUp};

/// Counts a sign-up against the limit of its network, before anything in it is read.
pub(super) fn admit(app: &App, req: &HttpRequest, client: IpAddr) -> Result<()> {
    app.limits.admit(req, Policy::SignUp, Key::Network(client_ip::network(client)))
}

/// Accepts a sign-up, within the limits for all sign-ups and for its mailbox. Beyond the limit of a mailbox it is dropped
/// without an error, so that the response does not reveal that somebody else signed up with the address.
pub(super) async fn accept(
    app: &App,
    req: &HttpRequest,
    origin: Origin,
    client: IpAddr,
    mut sign_up: SignUp,
) -> Result<()> {
    let limits = &app.limits;
    limits.admit_shared(req, client, Policy::SIGN_UPS)?;
    if !limits.takes(Policy::SignUpMailbox, Key::Mailbox(sha256(sign_up.email.mailbox().as_bytes()))) {
        return Ok(());
    }
    sign_up.evidence.locale = Some(sign_up.locale.clone());
    app.db.write_as(origin, move |tx| subscribers::sign_up(tx, &sign_up)).await
}
