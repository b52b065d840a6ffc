//! `/subscribe/confirm/{token}`: the page that the link in a confirmation email opens.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use minijinja::context;

use super::pages::{button_page, message_page};
use crate::app::App;
use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::http::html::{self, page};
use crate::base::ids::SubscriberId;
use crate::base::templates::Language;
use crate::subscribers::confirmations::{self, Answered};
use crate::subscribers::evidence::{Evidence, Kind, Via, Visitor};
use crate::subscribers::{ConfirmToken, Grant, languages};

/// See the page that confirms
///
/// What the link in the mail opens: a button. Nothing is confirmed yet.
#[utoipa::path(get, path = "/subscribe/confirm/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token of the link.")),
    responses(
        (status = 200, description = "A button, or the news that the subscription is confirmed already.",
         body = String, content_type = "text/html; charset=utf-8"),
        (status = 404, description = "The link is not one of ours, or too old to be known.", body = String,
         content_type = "text/html; charset=utf-8"),
        (status = 410, description = "The link is too old, or was used.", body = String,
         content_type = "text/html; charset=utf-8"),
    ))]
pub async fn get_confirm_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Response> {
    let (locale, settled) = match ConfirmToken::parse(&token) {
        None => (None, Some(Answered::Unknown)),
        Some(token) => {
            let now = app.clock.now();
            app.db
                .read(move |conn| {
                    Ok((languages::of_question(conn, &token)?, confirmations::look_up(conn, &token, now)?))
                })
                .await?
        }
    };
    let language = html::language(&app.templates, &req, locale.as_ref().map(|(_, locale)| locale));
    match settled {
        Some(settled) => answered_page(&app, &language, None, settled),
        None => button_page(&app, &language, "confirm"),
    }
}

/// Confirm a subscription
///
/// What the button of the page does. A token confirms once.
#[utoipa::path(post, path = "/subscribe/confirm/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token of the link.")),
    responses(
        (status = 200, description = "The subscription is confirmed.", body = String,
         content_type = "text/html; charset=utf-8"),
        (status = 404, description = "The link is not one of ours, or too old to be known.", body = String,
         content_type = "text/html; charset=utf-8"),
        (status = 410, description = "The link is too old, or was used.", body = String,
         content_type = "text/html; charset=utf-8"),
    ))]
pub async fn submit_confirm_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Response> {
    let Some(token) = ConfirmToken::parse(&token) else {
        return answered_page(&app, &html::language(&app.templates, &req, None), None, Answered::Unknown);
    };
    let asked = token.clone();
    let (subscriber, locale) = app.db.read(move |conn| languages::of_question(conn, &asked)).await?.unzip();
    let language = html::language(&app.templates, &req, locale.as_ref());
    let evidence = Evidence {
        text: Some(app.templates.say(&language, "confirm.text")?),
        locale,
        ..Evidence::new(Kind::Confirmed, Via::Mail).from(Visitor::of(&app, &req))
    };
    let (keys, welcomes) = (app.keys.clone(), app.config.mail.welcome);
    let settled =
        app.db.write(move |tx| confirmations::confirm(tx, &keys, &token, &evidence, welcomes)).await?;
    answered_page(&app, &language, subscriber, settled)
}

/// Whoever answered the question has the mailbox, and is shown the way to what they can change.
fn answered_page(
    app: &App,
    language: &Language,
    subscriber: Option<SubscriberId>,
    answered: Answered,
) -> Result<Response> {
    match answered {
        Answered::Confirmed => {
            let own = subscriber.map(|id| Grant::Own.token(&app.keys, id));
            let link = own.map(|own| format!("{}/subscribe/preferences/{own}", app.config.base_url()));
            let about = context! { message => "confirmed", link };
            page(&app.templates, language, StatusCode::OK, "message.html", about)
        }
        Answered::Expired => message_page(app, language, StatusCode::GONE, "expired", true),
        Answered::Unknown => message_page(app, language, StatusCode::NOT_FOUND, "broken", true),
    }
}
