//! `/subscribe/unsubscribe/{token}`: the page that the unsubscribe link of every email opens, and the target of the
//! one-click button of mail programs (RFC 8058).

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use serde::Deserialize;
use utoipa::ToSchema;

use super::pages::{button_page, message_page};
use super::visitor::visitor;
use crate::app::App;
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::{Form, Response, html};
use crate::subscribers::consent::Reason;
use crate::subscribers::evidence::{Evidence, Kind, Via};
use crate::subscribers::{LinkScope, store, unsubscribe};

/// What a mail program sends when its unsubscribe button is pressed (RFC 8058).
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "documents the form")]
pub struct UnsubscribeForm {
    /// `One-Click` from mail programs; browsers send nothing.
    #[serde(rename = "List-Unsubscribe")]
    #[schema(max_length = 100)]
    one_click: Option<String>,
}

/// Get the unsubscribe page
///
/// The page that the unsubscribe link of every email opens. It has a button that unsubscribes; opening it changes nothing.
/// Responds 404 if the link is unknown.
#[utoipa::path(get, path = "/subscribe/unsubscribe/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token in the link.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "The link is unknown.", body = String,
         content_type = "text/html"),
    ))]
pub async fn get_unsubscribe_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Response> {
    let Some((subscriber, _)) = LinkScope::parse(&app.keys, &token) else {
        let language = html::language(&app.templates, &req, None);
        return message_page(&app, &language, StatusCode::NOT_FOUND, "broken", true);
    };
    let locale = app.db.read(move |conn| store::find_locale(conn, subscriber)).await?;
    button_page(&app, &html::language(&app.templates, &req, locale.as_ref()), "unsubscribe")
}

/// Unsubscribe with a link
///
/// What the button of the unsubscribe page and the one-click button of mail programs (RFC 8058) do: stops all mail to
/// the person and suppresses the address. Takes `application/x-www-form-urlencoded` or `multipart/form-data`. Always
/// responds 200, even if the link is unknown, and never redirects. Has no further effect when repeated.
#[utoipa::path(post, path = "/subscribe/unsubscribe/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token in the link.")),
    request_body(content = Option<UnsubscribeForm>, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The person is unsubscribed, or the link is unknown and nothing changed. The page says which.", body = String,
               content_type = "text/html")))]
pub async fn submit_unsubscribe_page(
    app: Data<App>,
    req: HttpRequest,
    token: Path<String>,
    form: Result<Form>,
) -> Result<Response> {
    let Some((subscriber, _)) = LinkScope::parse(&app.keys, &token) else {
        let language = html::language(&app.templates, &req, None);
        return message_page(&app, &language, StatusCode::OK, "broken", true);
    };
    // Only the token counts: a malformed body does not keep anybody subscribed.
    let form = form.unwrap_or_default();
    let via = if form.text("List-Unsubscribe").is_some() { Via::OneClick } else { Via::Mail };
    let evidence = Evidence::new(Kind::Withdrawn, via).from(visitor(&app, &req));
    let keys = app.keys.clone();
    let unsubscribe = move |tx: &mut Tx<'_>| {
        unsubscribe::unsubscribe(tx, &keys, subscriber, Reason::Unsubscribed, &evidence)?;
        store::find_locale(tx, subscriber)
    };
    let locale = app.db.write_as(app.origin(&req, None), unsubscribe).await?;
    let language = html::language(&app.templates, &req, locale.as_ref());
    message_page(&app, &language, StatusCode::OK, "unsubscribed", true)
}
