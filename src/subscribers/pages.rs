//! What people see. The pages work without scripts and cookies, and nothing changes on `GET`: programs that look at the
//! links in mails open them too. A form is answered with a page and never a redirect, because the programs that press
//! the one-click button of RFC 8058 must not be sent elsewhere.

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path};
use minijinja::context;
use serde::Deserialize;
use utoipa::ToSchema;

use super::questions::{self, Answered};
use super::{ConfirmToken, Line, SignUp, languages, read_leave_token};
use crate::app::App;
use crate::db::Tx;
use crate::error::{Error, Invalid, Result};
use crate::http::html::{self, page};
use crate::http::limit::Policy;
use crate::http::{Answer, Form};
use crate::mail::EmailAddress;
use crate::templates::Language;
use crate::text::Locale;

/// The field that people do not see and programs fill in.
pub const HONEYPOT: &str = "subject";

/// What someone typed into the form, and the sentences that say what is wrong with it.
#[derive(Default)]
struct Typed<'a> {
    email: &'a str,
    email_wrong: Option<&'static str>,
    name: &'a str,
    name_wrong: Option<&'static str>,
}

/// What the form asks for. Other fields are ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "documents the form, which `Form` reads")]
pub struct SubscribeForm {
    /// The address to write to.
    #[schema(min_length = 3, max_length = 254, format = Email)]
    email: String,
    /// What the person is called; may be empty.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// The language the person reads; the site's, if absent.
    #[schema(max_length = 11)]
    locale: Option<String>,
    /// Where the form stood, as in `footer`.
    #[schema(max_length = 200)]
    source: Option<String>,
}

/// What a mail program sends when its unsubscribe button is pressed, as RFC 8058 says.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "documents the form, which nothing has to be read from")]
pub struct LeaveForm {
    /// `One-Click`, from programs; people's browsers send nothing.
    #[serde(rename = "List-Unsubscribe")]
    #[schema(max_length = 100)]
    one_click: Option<String>,
}

/// See the form to subscribe
///
/// A page with a form that works without scripts. A website may show a form of its own that posts the same fields here.
#[utoipa::path(get, path = "/subscribe", tag = "pages", security(()),
    responses((status = 200, description = "The form.", body = String, content_type = "text/html; charset=utf-8")))]
pub async fn get_subscribe_page(app: Data<App>, req: HttpRequest) -> Result<Answer> {
    // Who reads the form in a language is written to in it.
    let accepted = html::accepted(&app, &req);
    let locale = accepted.as_ref().map_or("", Language::tag);
    let language = accepted.clone().unwrap_or_else(|| app.templates.site());
    form_page(&app, &language, StatusCode::OK, locale, &Typed::default())
}

/// Subscribe with a form
///
/// Takes the form of `/subscribe`, urlencoded or as `multipart/form-data`, and answers a page that is the same for every
/// address, known or not. Fields it does not know are ignored.
#[utoipa::path(post, path = "/subscribe", tag = "pages", security(()),
    request_body(content = SubscribeForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A mail with a link is on its way, if one may be sent.", body = String,
         content_type = "text/html; charset=utf-8"),
        (status = 422, description = "The form again, with what is wrong.", body = String,
         content_type = "text/html; charset=utf-8"),
        (status = 429, description = "Too many sign-ups from this network: again after `Retry-After`.", body = String,
         content_type = "text/html; charset=utf-8"),
    ))]
pub async fn submit_subscribe_page(app: Data<App>, req: HttpRequest, form: Form) -> Result<Answer> {
    let locale = form.filled("locale").and_then(|text| Locale::parse(text.trim()).ok());
    let language = html::language(&app, &req, locale.as_ref());
    if let Err(Error::TooMany(seconds)) = app.limits.admit_network(&req, Policy::Join) {
        let answer = message_page(&app, &language, StatusCode::TOO_MANY_REQUESTS, "later", false)?;
        return Ok(answer.header(header::RETRY_AFTER, seconds.to_string()));
    }
    let typed = form.text("email").unwrap_or_default();
    let email = EmailAddress::parse(typed);
    let name = form.filled("name").map(Line::parse).transpose();
    let (email, name) = match (email, name) {
        (Ok(email), Ok(name)) => (email, name),
        (email, name) => {
            let again = Typed {
                email: &bounded(typed),
                email_wrong: email.err().map(|invalid| explain_address(&invalid)),
                name: &bounded(form.text("name").unwrap_or_default()),
                name_wrong: name.err().map(|_| "name_malformed"),
            };
            let locale = locale.as_ref().map_or("", Locale::as_str);
            return form_page(&app, &language, StatusCode::UNPROCESSABLE_ENTITY, locale, &again);
        }
    };
    if form.filled(HONEYPOT).is_none() {
        let source = form.filled("source").and_then(|text| Line::parse(text).ok());
        let locale = locale.unwrap_or_else(|| app.config.locale.clone());
        super::routes::sign_up(&app, SignUp { email, name, locale, source }).await?;
    }
    message_page(&app, &language, StatusCode::OK, "asked", false)
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
    let language = html::language(&app, &req, locale.as_ref());
    match settled {
        Some(settled) => answered_page(&app, &language, settled),
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
    let (locale, settled) = match ConfirmToken::parse(&token) {
        None => (None, Answered::Unknown),
        Some(token) => {
            app.db
                .write(move |tx| Ok((languages::of_question(tx, &token)?, questions::confirm(tx, &token)?)))
                .await?
        }
    };
    answered_page(&app, &html::language(&app, &req, locale.as_ref()), settled)
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
    let Some(subscriber) = read_leave_token(&app.keys, &token) else {
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
pub async fn submit_leave_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Answer> {
    let Some(subscriber) = read_leave_token(&app.keys, &token) else {
        let language = html::language(&app, &req, None);
        return message_page(&app, &language, StatusCode::OK, "broken", true);
    };
    let leave = move |tx: &mut Tx<'_>| {
        questions::leave(tx, subscriber)?;
        languages::of_subscriber(tx, subscriber)
    };
    let locale = app.db.write(leave).await?;
    let language = html::language(&app, &req, locale.as_ref());
    message_page(&app, &language, StatusCode::OK, "left", true)
}

fn form_page(
    app: &App,
    language: &Language,
    status: StatusCode,
    locale: &str,
    typed: &Typed<'_>,
) -> Result<Answer> {
    let Typed { email, email_wrong, name, name_wrong } = *typed;
    let form = context! { email, email_wrong, name, name_wrong, locale, honeypot => HONEYPOT };
    page(app, language, status, "subscribe.html", form)
}

/// A page that says something, perhaps with a link to the form.
fn message_page(
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

fn answered_page(app: &App, language: &Language, answered: Answered) -> Result<Answer> {
    match answered {
        Answered::Confirmed => message_page(app, language, StatusCode::OK, "confirmed", false),
        Answered::Expired => message_page(app, language, StatusCode::GONE, "expired", true),
        Answered::Unknown => message_page(app, language, StatusCode::NOT_FOUND, "broken", true),
    }
}

/// The sentence that says what is wrong with an address.
fn explain_address(invalid: &Invalid) -> &'static str {
    match invalid.code {
        "eai-unsupported" => "email_not_ascii",
        _ => "email_malformed",
    }
}

/// What was typed, for showing it again: not more of it than anybody types.
fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(254).collect()
}
