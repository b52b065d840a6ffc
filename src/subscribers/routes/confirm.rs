//! What people see who confirm and leave; the form to join is in `form_page.rs`, and `preferences.rs` is what a subscriber
//! can change. The pages work without scripts and cookies, and nothing changes on `GET`: programs that look at the
//! links in mails open them too. A form is answered with a page and never a redirect, because the programs that press
//! the one-click button of RFC 8058 must not be sent elsewhere.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use minijinja::context;
use serde::Deserialize;
use utoipa::ToSchema;

use crate::app::App;
use crate::base::db::Tx;
use crate::base::error::Result;
use crate::base::http::html::{self, page};
use crate::base::http::{Answer, Form};
use crate::base::ids::SubscriberId;
use crate::base::templates::Language;
use crate::subscribers::consent::Reason;
use crate::subscribers::evidence::{Evidence, Kind, Via, Visitor};
use crate::subscribers::questions::{self, Answered};
use crate::subscribers::{ConfirmToken, Grant, languages};

/// What a mail program sends when its unsubscribe button is pressed, as RFC 8058 says.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "documents the form, which nothing has to be read from")]
pub struct LeaveForm {
    /// `One-Click`, from programs; people's browsers send nothing.
    #[serde(rename = "List-Unsubscribe")]
    #[schema(max_length = 100)]
    one_click: Option<String>,
}

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
pub async fn get_confirm_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Answer> {
    let (locale, settled) = match ConfirmToken::parse(&token) {
        None => (None, Some(Answered::Unknown)),
        Some(token) => {
            let now = app.clock.now();
            app.db
                .read(move |conn| {
                    Ok((languages::of_question(conn, &token)?, questions::look_up(conn, &token, now)?))
                })
                .await?
        }
    };
    let language = html::language(&app, &req, locale.as_ref().map(|(_, locale)| locale));
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
pub async fn submit_confirm_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Answer> {
    let Some(token) = ConfirmToken::parse(&token) else {
        return answered_page(&app, &html::language(&app, &req, None), None, Answered::Unknown);
    };
    let asked = token.clone();
    let (subscriber, locale) = app.db.read(move |conn| languages::of_question(conn, &asked)).await?.unzip();
    let language = html::language(&app, &req, locale.as_ref());
    let evidence = Evidence {
        text: Some(app.templates.say(&language, "confirm.text")?),
        locale,
        ..Evidence::new(Kind::Confirmed, Via::Mail).from(Visitor::of(&app, &req))
    };
    let (random, keys, welcomes) = (app.random.clone(), app.keys.clone(), app.config.welcome_mail);
    let settled =
        app.db.write(move |tx| questions::confirm(tx, &random, &keys, &token, &evidence, welcomes)).await?;
    answered_page(&app, &language, subscriber, settled)
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
pub async fn get_leave_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Answer> {
    let Some((subscriber, _)) = Grant::read(&app.keys, &token) else {
        let language = html::language(&app, &req, None);
        return message_page(&app, &language, StatusCode::NOT_FOUND, "broken", true);
    };
    let locale = app.db.read(move |conn| languages::of_subscriber(conn, subscriber)).await?;
    button_page(&app, &html::language(&app, &req, locale.as_ref()), "leave")
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
) -> Result<Answer> {
    let Some((subscriber, _)) = Grant::read(&app.keys, &token) else {
        let language = html::language(&app, &req, None);
        return message_page(&app, &language, StatusCode::OK, "broken", true);
    };
    // The token is all that counts: a body that cannot be read keeps nobody on the list.
    let form = form.unwrap_or_default();
    let via = if form.text("List-Unsubscribe").is_some() { Via::OneClick } else { Via::Mail };
    let evidence = Evidence::new(Kind::Withdrawn, via).from(Visitor::of(&app, &req));
    let (random, keys) = (app.random.clone(), app.keys.clone());
    let leave = move |tx: &mut Tx<'_>| {
        questions::end(tx, &random, &keys, subscriber, Reason::Unsubscribed, &evidence)?;
        languages::of_subscriber(tx, subscriber)
    };
    let locale = app.db.write(leave).await?;
    let language = html::language(&app, &req, locale.as_ref());
    message_page(&app, &language, StatusCode::OK, "left", true)
}

/// A page that says something, perhaps with a link to the form.
pub(super) fn message_page(
    app: &App,
    language: &Language,
    status: StatusCode,
    message: &str,
    has_link: bool,
) -> Result<Answer> {
    let link = has_link.then(|| format!("{}/subscribe", app.config.base_url()));
    page(app, language, status, "message.html", context! { message, link })
}

fn button_page(app: &App, language: &Language, message: &str) -> Result<Answer> {
    page(app, language, StatusCode::OK, "button.html", context! { message })
}

/// Whoever answered the question has the mailbox, and is shown the way to what they can change.
fn answered_page(
    app: &App,
    language: &Language,
    subscriber: Option<SubscriberId>,
    answered: Answered,
) -> Result<Answer> {
    match answered {
        Answered::Confirmed => {
            let own = subscriber.map(|id| Grant::Own.token(&app.keys, id));
            let link = own.map(|own| format!("{}/subscribe/preferences/{own}", app.config.base_url()));
            let about = context! { message => "confirmed", link };
            page(app, language, StatusCode::OK, "message.html", about)
        }
        Answered::Expired => message_page(app, language, StatusCode::GONE, "expired", true),
        Answered::Unknown => message_page(app, language, StatusCode::NOT_FOUND, "broken", true),
    }
}
