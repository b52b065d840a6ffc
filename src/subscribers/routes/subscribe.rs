//! `/subscribe`: the form that people sign up with, a page that works without scripts. What is sent without a form token
//! of ours, as from other pages, or faster than anybody types, is answered with the form once more, filled in.

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use minijinja::context;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::pages::{choices, chosen_topics, message_page};
use super::signup;
use crate::app::App;
use crate::base::error::{Error, Invalid, Result};
use crate::base::http::html::{self, page};
use crate::base::http::limit::Policy;
use crate::base::http::{Form, Response};
use crate::base::templates::Language;
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::base::text::slug::Slug;
use crate::subscribers::evidence::{Evidence, Kind, Via, Visitor, kept};
use crate::subscribers::form_tokens::Verdict;
use crate::subscribers::{Line, SignUp, topics};

/// The field that people do not see and programs fill in.
pub const HONEYPOT: &str = "subject";
/// The longest address that people are sent back to, in bytes.
const MOST_REDIRECT: usize = 2000;

/// What the form asks for. Other fields are ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "documents the form, which `Form` reads")]
pub struct SubscribeForm {
    /// The address to write to.
    #[schema(min_length = 3, max_length = 254, format = "idn-email")]
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
    /// The slug of a topic that the person chose, once for each. None means everything.
    #[schema(max_length = 120)]
    topic: Option<String>,
    /// Where to send the browser when it is done: an address of the website, or of an origin that the settings name.
    /// Others are ignored.
    #[schema(max_length = 2000)]
    redirect: Option<String>,
    /// Where our own form says when it was shown. A form that has none is asked to be sent once more.
    #[schema(max_length = 100)]
    stamp: Option<String>,
}

/// What the form may be opened with. Others are ignored.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `from_query` reads")]
pub struct FormParameters {
    /// The language; the browser's, if absent.
    #[param(max_length = 11)]
    locale: Option<String>,
    /// Where the link to it stood, as in `footer`.
    #[param(max_length = 200)]
    source: Option<String>,
    /// Where to send the browser when it is done.
    #[param(max_length = 2000)]
    redirect: Option<String>,
}

/// What stands in the form, and what is wrong with it.
#[derive(Default)]
pub(super) struct Typed {
    email: String,
    email_wrong: Option<&'static str>,
    name: String,
    name_wrong: Option<&'static str>,
    locale: Option<Locale>,
    pub source: String,
    pub redirect: String,
    /// The page of another site that it was sent from.
    form_url: String,
    topics: Vec<Slug>,
    /// A stamp to go on with; a fresh one, if absent.
    stamp: Option<String>,
    /// Whether it is shown to be sent once more.
    again: bool,
}

/// See the form to subscribe
///
/// A page with a form that works without scripts. A website may show a form of its own that posts the same fields here.
#[utoipa::path(get, path = "/subscribe", tag = "pages", security(()), params(FormParameters),
    responses((status = 200, description = "The form.", body = String, content_type = "text/html; charset=utf-8")))]
pub async fn get_subscribe_page(app: Data<App>, req: HttpRequest) -> Result<Response> {
    let given = from_query(&req);
    // Who reads the form in a language is written to in it.
    let locale = locale(&given).or_else(|| {
        html::accepted(&app.templates, &req).and_then(|language| Locale::parse(language.tag()).ok())
    });
    let language = html::language(&app.templates, &req, locale.as_ref());
    let typed = Typed { locale, ..Typed::from(&given) };
    form_page(&app, &language, StatusCode::OK, typed).await
}

/// Subscribe with a form
///
/// Takes the form of `/subscribe`, urlencoded or as `multipart/form-data`, and answers a page, or sends the browser on,
/// in the same way for every address, known or not. Fields it does not know are ignored. What does not come from our own
/// form is answered with that form, filled in, to be sent once more.
#[utoipa::path(post, path = "/subscribe", tag = "pages", security(()),
    request_body(content = SubscribeForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A mail with a link is on its way, if one may be sent.", body = String,
         content_type = "text/html; charset=utf-8"),
        (status = 303, description = "The same, and the page to go on with."),
        (status = 422, description = "The form again, with what is wrong, or to be sent once more.", body = String,
         content_type = "text/html; charset=utf-8"),
        (status = 429, description = "Too many sign-ups: again after `Retry-After`.", body = String,
         content_type = "text/html; charset=utf-8"),
    ))]
pub async fn submit_subscribe_page(app: Data<App>, req: HttpRequest, form: Form) -> Result<Response> {
    let language = html::language(&app.templates, &req, locale(&form).as_ref());
    match submit(&app, &req, &language, &form).await {
        Err(Error::TooMany(seconds)) => {
            let answer = message_page(&app, &language, StatusCode::TOO_MANY_REQUESTS, "later", false)?;
            Ok(answer.header(header::RETRY_AFTER, seconds.to_string()))
        }
        outcome => outcome,
    }
}

async fn submit(app: &App, req: &HttpRequest, language: &Language, form: &Form) -> Result<Response> {
    app.limits.admit_network(req, Policy::Join)?;
    let mut typed = Typed::from(form);
    let email = EmailAddress::parse(form.text("email").unwrap_or_default());
    let name = form.filled("name").map(|text| Line::parse("name", text)).transpose();
    let (email, name) = match (email, name) {
        (Ok(email), Ok(name)) => (email, name),
        (email, name) => {
            typed.email_wrong = email.err().map(|invalid| explain_address(&invalid));
            typed.name_wrong = name.err().map(|_| "name_malformed");
            return form_page(app, language, StatusCode::UNPROCESSABLE_ENTITY, typed).await;
        }
    };
    let mut visitor = Visitor::of(app, req);
    visitor.form_url = kept(&typed.form_url).or(visitor.form_url);
    if form.filled(HONEYPOT).is_none() {
        let now = app.clock.now();
        match app.stamps.judge(&app.keys, form.text("stamp"), email.key(), now) {
            // The same once more is heard once more: the first try may have failed.
            Verdict::Good | Verdict::Twice => {
                let evidence = Evidence {
                    text: Some(app.templates.say(language, "subscribe.text")?),
                    source: form.filled("source").and_then(|text| Line::parse("source", text).ok()),
                    visitor,
                    ..Evidence::new(Kind::Requested, Via::Page)
                };
                let locale = typed.locale.unwrap_or_else(|| app.config.site.locale.clone());
                let sign_up = SignUp { email, name, locale, topics: typed.topics, evidence };
                signup::accept(app, req, sign_up).await?;
            }
            verdict => {
                typed.again = true;
                typed.form_url = visitor.form_url.unwrap_or_default();
                typed.stamp = match verdict {
                    Verdict::Hasty => form.text("stamp").map(str::to_owned),
                    _ => Some(app.stamps.make_good(&app.keys, &app.random, now)?),
                };
                return form_page(app, language, StatusCode::UNPROCESSABLE_ENTITY, typed).await;
            }
        }
    }
    match redirect(app, &typed.redirect) {
        Some(address) => Ok(Response::no_content()
            .status(StatusCode::SEE_OTHER)
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::LOCATION, address)),
        None => message_page(app, language, StatusCode::OK, "asked", false),
    }
}

async fn form_page(app: &App, language: &Language, status: StatusCode, typed: Typed) -> Result<Response> {
    let all = app.db.read(topics::followable).await?;
    let stamp = typed.stamp.map_or_else(|| app.stamps.make(&app.keys, &app.random, app.clock.now()), Ok)?;
    let form = context! {
        email => typed.email,
        email_wrong => typed.email_wrong,
        name => typed.name,
        name_wrong => typed.name_wrong,
        locale => typed.locale.as_ref().map_or("", Locale::as_str),
        source => typed.source,
        redirect => typed.redirect,
        form_url => typed.form_url,
        topics => choices(&all, |slug| typed.topics.contains(slug)),
        stamp,
        again => typed.again,
        honeypot => HONEYPOT,
    };
    page(&app.templates, language, status, "subscribe.html", form)
}

impl From<&Form> for Typed {
    fn from(form: &Form) -> Self {
        // What was typed, for showing it again: not more of it than anybody types.
        let bounded = |name: &str, most: usize| {
            let text = form.text(name).unwrap_or_default();
            text.chars().filter(|c| !c.is_control()).take(most).collect::<String>()
        };
        Self {
            email: bounded("email", 254),
            name: bounded("name", 254),
            locale: locale(form),
            source: bounded("source", 200),
            redirect: bounded("redirect", MOST_REDIRECT),
            form_url: bounded("form_url", crate::subscribers::evidence::MOST_KEPT),
            topics: chosen_topics(form),
            ..Self::default()
        }
    }
}

pub(super) fn locale(form: &Form) -> Option<Locale> {
    form.filled("locale").and_then(|text| Locale::parse(text.trim()).ok())
}

/// What a link to the form brings along.
pub(super) fn from_query(req: &HttpRequest) -> Form {
    Form::urlencoded(req.query_string().as_bytes())
}

/// The address to go on with, if it is of an origin that people may be sent to.
fn redirect(app: &App, address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    let is_allowed = app.config.form_origins().contains(&url.origin().ascii_serialization());
    (is_allowed && matches!(url.scheme(), "http" | "https")).then(|| url.into())
}

/// The sentence that says what is wrong with an address.
fn explain_address(invalid: &Invalid) -> &'static str {
    match invalid.code.as_ref() {
        "email-not-ascii" => "email_not_ascii",
        _ => "email_malformed",
    }
}
