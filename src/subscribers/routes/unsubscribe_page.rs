//! `/subscribe/unsubscribe/{token}`: the page that the unsubscribe link of every email opens, and the target of the
//! one-click button of mail programs (RFC 8058).

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::pages::{button_page, message_page};
use crate::app::App;
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::html;
use crate::base::http::{Form, Response};
use crate::subscribers::consent::Reason;
use crate::subscribers::evidence::{Evidence, Kind, Via, Visitor};
use crate::subscribers::{Grant, confirmations, languages};

/// What a mail program sends when its unsubscribe button is pressed, as RFC 8058 says.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "documents the form, which nothing has to be read from")]
pub struct LeaveForm {
    /// `One-Click`, from programs; people's browsers send nothing.
    #[serde(rename = "List-Unsubscribe")]
    #[schema(max_length = 100)]
    one_click: Option<String>,
}

/// See the page that unsubscribes
///
/// What the link in every mail opens: a button. Nobody has left yet.
#[utoipa::path(get, path = "/subscribe/leave/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token of the link.")),
    responses(
        (status = 200, description = "A button.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 404, description = "The link is not one of ours.", body = String,
         content_type = "text/html; charset=utf-8"),
    ))]
pub async fn get_leave_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Response> {
    let Some((subscriber, _)) = Grant::read(&app.keys, &token) else {
        let language = html::language(&app.templates, &req, None);
        return message_page(&app, &language, StatusCode::NOT_FOUND, "broken", true);
    };
    let locale = app.db.read(move |conn| languages::of_subscriber(conn, subscriber)).await?;
    button_page(&app, &html::language(&app.templates, &req, locale.as_ref()), "leave")
}

/// Unsubscribe
///
/// What the button of the page does, and that of mail programs (RFC 8058), urlencoded or as `multipart/form-data`: always
/// 200, never a redirect, and done twice is done once.
#[utoipa::path(post, path = "/subscribe/leave/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token of the link.")),
    request_body(content = Option<LeaveForm>, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "No more mail is sent there.", body = String,
               content_type = "text/html; charset=utf-8")))]
pub async fn submit_leave_page(
    app: Data<App>,
    req: HttpRequest,
    token: Path<String>,
    form: Result<Form>,
) -> Result<Response> {
    let Some((subscriber, _)) = Grant::read(&app.keys, &token) else {
        let language = html::language(&app.templates, &req, None);
        return message_page(&app, &language, StatusCode::OK, "broken", true);
    };
    // The token is all that counts: a body that cannot be read keeps nobody on the list.
    let form = form.unwrap_or_default();
    let via = if form.text("List-Unsubscribe").is_some() { Via::OneClick } else { Via::Mail };
    let evidence = Evidence::new(Kind::Withdrawn, via).from(Visitor::of(&app, &req));
    let keys = app.keys.clone();
    let leave = move |tx: &mut Tx<'_>| {
        confirmations::end(tx, &keys, subscriber, Reason::Unsubscribed, &evidence)?;
        languages::of_subscriber(tx, subscriber)
    };
    let locale = app.db.write(leave).await?;
    let language = html::language(&app.templates, &req, locale.as_ref());
    message_page(&app, &language, StatusCode::OK, "left", true)
}
