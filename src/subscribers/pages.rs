//! What people see. The pages work without scripts and cookies, and nothing changes on `GET`: programs that look at the
//! links in mails open them too. A form is answered with a page and never a redirect, because the programs that press
//! the one-click button of RFC 8058 must not be sent elsewhere.

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path};
use askama::Template;
use serde::Deserialize;
use utoipa::ToSchema;

use super::consent::Reason;
use super::evidence::{Evidence, Kind, Via, Visitor};
use super::questions::{self, Answered};
use super::{ConfirmToken, Line, SignUp, joining, read_leave_token};
use crate::app::App;
use crate::error::{Error, Invalid, Result};
use crate::http::html::page;
use crate::http::limit::Policy;
use crate::http::{Answer, Form};
use crate::mail::EmailAddress;
use crate::text::Locale;

/// The field that people do not see and programs fill in.
pub const HONEYPOT: &str = "subject";

#[derive(Template, Default)]
#[template(path = "subscribe.html", config = "src/templates/askama.toml")]
struct SubscribePage<'a> {
    site: &'a str,
    email: &'a str,
    email_wrong: Option<&'a str>,
    name: &'a str,
    name_wrong: Option<&'a str>,
}

#[derive(Template)]
#[template(path = "button.html", config = "src/templates/askama.toml")]
struct ButtonPage<'a> {
    site: &'a str,
    heading: &'a str,
    text: &'a str,
    button: &'a str,
}

#[derive(Template)]
#[template(path = "message.html", config = "src/templates/askama.toml")]
struct MessagePage<'a> {
    site: &'a str,
    heading: &'a str,
    text: &'a str,
    link: Option<(String, &'a str)>,
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
pub async fn get_subscribe_page(app: Data<App>) -> Result<Answer> {
    page(StatusCode::OK, &SubscribePage { site: &app.config.title, ..Default::default() })
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
    let site = app.config.title.as_str();
    if let Err(Error::TooMany(seconds)) = app.limits.admit_network(&req, Policy::Join) {
        let later = MessagePage {
            site,
            heading: "Please try again later",
            text: "Too many people have signed up from your network just now.",
            link: None,
        };
        let answer = page(StatusCode::TOO_MANY_REQUESTS, &later)?;
        return Ok(answer.header(header::RETRY_AFTER, seconds.to_string()));
    }
    let typed = form.text("email").unwrap_or_default();
    let email = EmailAddress::parse(typed);
    let name = form.filled("name").map(Line::parse).transpose();
    let (email, name) = match (email, name) {
        (Ok(email), Ok(name)) => (email, name),
        (email, name) => {
            let again = SubscribePage {
                site,
                email: &bounded(typed),
                email_wrong: email.err().map(|invalid| explain_address(&invalid)),
                name: &bounded(form.text("name").unwrap_or_default()),
                name_wrong: name.err().map(|_| "Please keep the name to one line of at most 200 characters."),
            };
            return page(StatusCode::UNPROCESSABLE_ENTITY, &again);
        }
    };
    if form.filled(HONEYPOT).is_none() {
        let locale = form.filled("locale").and_then(|text| Locale::parse(text.trim()).ok());
        let source = form.filled("source").and_then(|text| Line::parse(text).ok());
        let locale = locale.unwrap_or_else(|| app.config.locale.clone());
        let visitor = Visitor::of(&app, &req);
        let evidence = Evidence { source, visitor, ..Evidence::new(Kind::Requested, Via::Page) };
        joining::sign_up(&app, &req, SignUp { email, name, locale, topics: Vec::new(), evidence }).await?;
    }
    let asked = MessagePage {
        site,
        heading: "Please check your mail",
        text: "If this address does not receive our mail yet, a message is on its way to it. Open the link in it \
               within three days to confirm. If nothing arrives, look into the spam folder.",
        link: None,
    };
    page(StatusCode::OK, &asked)
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
pub async fn get_confirm_page(app: Data<App>, token: Path<String>) -> Result<Answer> {
    let settled = match ConfirmToken::parse(&token) {
        None => Some(Answered::Unknown),
        Some(token) => {
            let now = app.clock.now();
            app.db.read(move |conn| questions::look_up(conn, &token, now)).await?
        }
    };
    if let Some(settled) = settled {
        return answered_page(&app, settled);
    }
    let ask = ButtonPage {
        site: &app.config.title,
        heading: "Confirm your subscription",
        text: "One press, and you receive our mail. You can leave at any time.",
        button: "Confirm",
    };
    page(StatusCode::OK, &ask)
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
    let settled = match ConfirmToken::parse(&token) {
        None => Answered::Unknown,
        Some(token) => {
            let (random, keys, welcomes) = (app.random.clone(), app.keys.clone(), app.config.welcome_mail);
            let evidence = Evidence::new(Kind::Confirmed, Via::Mail).from(Visitor::of(&app, &req));
            app.db
                .write(move |tx| questions::confirm(tx, &random, &keys, &token, &evidence, welcomes))
                .await?
        }
    };
    answered_page(&app, settled)
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
pub async fn get_leave_page(app: Data<App>, token: Path<String>) -> Result<Answer> {
    if read_leave_token(&app.keys, &token).is_none() {
        return broken_link_page(&app, StatusCode::NOT_FOUND);
    }
    let ask = ButtonPage {
        site: &app.config.title,
        heading: "Unsubscribe",
        text: "One press, and we send you no more mail.",
        button: "Unsubscribe",
    };
    page(StatusCode::OK, &ask)
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
    form: Form,
) -> Result<Answer> {
    let Some(subscriber) = read_leave_token(&app.keys, &token) else {
        return broken_link_page(&app, StatusCode::OK);
    };
    let via = if form.text("List-Unsubscribe").is_some() { Via::OneClick } else { Via::Mail };
    let evidence = Evidence::new(Kind::Withdrawn, via).from(Visitor::of(&app, &req));
    let (random, keys) = (app.random.clone(), app.keys.clone());
    app.db
        .write(move |tx| questions::end(tx, &random, &keys, subscriber, Reason::Unsubscribed, &evidence))
        .await?;
    let left = MessagePage {
        site: &app.config.title,
        heading: "You have unsubscribed",
        text: "We send you no more mail. If that was a mistake, you can subscribe again.",
        link: Some((format!("{}/subscribe", app.config.base_url()), "Subscribe again")),
    };
    page(StatusCode::OK, &left)
}

fn answered_page(app: &App, answered: Answered) -> Result<Answer> {
    let again = || Some((format!("{}/subscribe", app.config.base_url()), "Subscribe again"));
    let (status, heading, text, link) = match answered {
        Answered::Confirmed => (
            StatusCode::OK,
            "You are subscribed",
            "Thank you. Every mail has a link with which you can leave.",
            None,
        ),
        Answered::Expired => (
            StatusCode::GONE,
            "This link is no longer good",
            "It is good for three days and works once. Subscribe again, and we send you a new one.",
            again(),
        ),
        Answered::Unknown => return broken_link_page(app, StatusCode::NOT_FOUND),
    };
    page(status, &MessagePage { site: &app.config.title, heading, text, link })
}

fn broken_link_page(app: &App, status: StatusCode) -> Result<Answer> {
    let broken = MessagePage {
        site: &app.config.title,
        heading: "This link does not work",
        text: "It may have been cut off on its way, or it is too old. Please open it from the mail once more, whole.",
        link: Some((format!("{}/subscribe", app.config.base_url()), "To the form")),
    };
    page(status, &broken)
}

fn explain_address(invalid: &Invalid) -> &'static str {
    match invalid.code {
        "eai-unsupported" => "We cannot write to addresses with such letters before the @ yet.",
        _ => "Please type a mail address, as in name@website.example",
    }
}

/// What was typed, for showing it again: not more of it than anybody types.
fn bounded(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(254).collect()
}
