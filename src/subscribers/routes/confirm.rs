//! `/subscribe/confirm/{token}`: the page that the link in a confirmation email opens.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use minijinja::context;

use super::pages::{button_page, message_page};
use super::visitor::visitor;
use crate::app::App;
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::http::html::{self, page};
use crate::base::templates::Language;
use crate::subscribers::confirmations::{self, Confirmation};
use crate::subscribers::evidence::{Evidence, Kind, Via};
use crate::subscribers::{ConfirmToken, Links};

/// Get the confirmation page
///
/// The page that the link in a confirmation email opens. It has a button that confirms; opening it changes nothing. Responds
/// 404 if the link is unknown and 410 if it has expired or was used; the page then links to the form.
#[utoipa::path(get, path = "/subscribe/confirm/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token in the link.")),
    responses(
        (status = 200, description = "The page, or a message that the subscription is confirmed already.",
         body = String, content_type = "text/html"),
        (status = 404, description = "The link is unknown.", body = String,
         content_type = "text/html"),
        (status = 410, description = "The link has expired or was used.", body = String,
         content_type = "text/html"),
    ))]
pub async fn get_confirm_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Response> {
    let (locale, outcome) = match ConfirmToken::parse(&token) {
        None => (None, Some(Confirmation::Unknown)),
        Some(token) => {
            let now = app.clock.now();
            app.db
                .read(move |conn| {
                    Ok((confirmations::find_locale(conn, &token)?, confirmations::lookup(conn, &token, now)?))
                })
                .await?
        }
    };
    let language = html::language(&app.templates, &req, locale.as_ref());
    match outcome {
        Some(outcome) => outcome_page(&app, &language, outcome),
        None => button_page(&app, &language, "confirm"),
    }
}

/// Confirm a subscription
///
/// What the button of the confirmation page does: confirms the subscription, lifts a suppression of the address and records
/// the evidence. The page then links to the preferences. Further requests with the same link respond 200 without that link
/// while the subscription is confirmed, and 410 afterwards.
#[utoipa::path(post, path = "/subscribe/confirm/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token in the link.")),
    responses(
        (status = 200, description = "The subscription is confirmed.", body = String,
         content_type = "text/html"),
        (status = 404, description = "The link is unknown.", body = String,
         content_type = "text/html"),
        (status = 410, description = "The link has expired or was used.", body = String,
         content_type = "text/html"),
    ))]
pub async fn submit_confirm_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Response> {
    let Some(token) = ConfirmToken::parse(&token) else {
        return outcome_page(&app, &html::language(&app.templates, &req, None), Confirmation::Unknown);
    };
    let asked = token.clone();
    let locale = app.db.read(move |conn| confirmations::find_locale(conn, &asked)).await?;
    let language = html::language(&app.templates, &req, locale.as_ref());
    let evidence = Evidence {
        text: Some(app.templates.translate(&language, "confirm.text")?),
        locale,
        ..Evidence::new(Kind::Confirmed, Via::Mail).from(visitor(&app, &req))
    };
    let (links, sends_welcome) = (Links::new(&app.config, &app.keys), app.config.mail.welcome);
    let confirm = move |tx: &mut Tx<'_>| confirmations::confirm(tx, &links, &token, &evidence, sends_welcome);
    let outcome = app.db.write_as(app.origin(&req, None), confirm).await?;
    outcome_page(&app, &language, outcome)
}

/// The page after a confirmation. Who has just confirmed owns the mailbox and gets the link to their preferences.
fn outcome_page(app: &App, language: &Language, outcome: Confirmation) -> Result<Response> {
    match outcome {
        Confirmation::Confirmed(id) => {
            let link = Links::new(&app.config, &app.keys).preferences(id);
            let values = context! { message => "confirmed", link };
            page(&app.templates, language, StatusCode::OK, "message.html", values)
        }
        Confirmation::AlreadyConfirmed => message_page(app, language, StatusCode::OK, "confirmed", false),
        Confirmation::Expired => message_page(app, language, StatusCode::GONE, "expired", true),
        Confirmation::Unknown => message_page(app, language, StatusCode::NOT_FOUND, "broken", true),
    }
}
