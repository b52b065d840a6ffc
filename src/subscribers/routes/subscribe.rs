//! `/subscribe`: the form that people subscribe with, a page that works without scripts. A form that is submitted without a
//! form token, as from other pages, or faster than a person can type, is shown once more, filled in.

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::Data;
use minijinja::context;
use serde::Deserialize;
use utoipa::{IntoParams, ToSchema};

use super::pages::{choices, chosen_topics, message_page};
use super::signup;
use super::visitor::visitor;
use crate::app::App;
use crate::auth::FormCheck;
use crate::base::error::{Error, Invalid, Result};
use crate::base::http::html::{self, page};
use crate::base::http::{Form, Response};
use crate::base::templates::Language;
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::base::text::slug::Slug;
use crate::subscribers::evidence::{Evidence, Kind, MAX_LINE_CHARS, Via, truncated_line};
use crate::subscribers::{Line, SignUp, topics};

/// The field that people do not see and bots fill in.
pub const HONEYPOT: &str = "subject";
/// The longest address to redirect to, in characters.
const MAX_REDIRECT: usize = 2000;

/// The fields of the form. Other fields are ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "documents the form, which `Form` reads")]
pub struct SubscribeForm {
    /// The address to write to.
    #[schema(min_length = 3, max_length = 254, format = "idn-email")]
    email: String,
    /// The person's name; may be empty.
    #[schema(max_length = 200)]
    name: Option<String>,
    /// The language the person reads. Default: the site's.
    #[schema(max_length = 11)]
    locale: Option<String>,
    /// Where the form was, such as `footer`.
    #[schema(max_length = 200)]
    source: Option<String>,
    /// The slug of a topic to follow; repeated for each. None means everything.
    #[schema(max_length = 120)]
    topic: Option<String>,
    /// Where to redirect the browser afterwards: an address of the website or of an origin in the settings. Other addresses
    /// are ignored.
    #[schema(max_length = 2000)]
    redirect: Option<String>,
    /// A token that this server's own form contains. A form without one is shown once more before it is accepted.
    #[schema(max_length = 100)]
    form_token: Option<String>,
}

/// The query parameters of the form. Others are ignored.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what `from_query` reads")]
pub struct FormParameters {
    /// The language. Default: the browser's.
    #[param(max_length = 11)]
    locale: Option<String>,
    /// Where the link to the form was, such as `footer`.
    #[param(max_length = 200)]
    source: Option<String>,
    /// Where to redirect the browser afterwards.
    #[param(max_length = 2000)]
    redirect: Option<String>,
}

/// What the form contains, and the errors in it.
#[derive(Default)]
pub(super) struct FormState {
    email: String,
    email_error: Option<&'static str>,
    name: String,
    name_error: Option<&'static str>,
    locale: Option<Locale>,
    pub source: String,
    pub redirect: String,
    /// The page of another site that it was submitted from.
    form_url: String,
    topics: Vec<Slug>,
    /// The token to show it with; a new one if `None`.
    token: Option<String>,
    /// Whether it is shown to be submitted once more.
    again: bool,
}

/// Get the subscribe form
///
/// A page with a form that works without scripts. A website can show a form of its own that submits the same fields to the
/// same address.
#[utoipa::path(get, path = "/subscribe", tag = "pages", security(()), params(FormParameters),
    responses((status = 200, description = "The form.", body = String, content_type = "text/html")))]
pub async fn get_subscribe_page(app: Data<App>, req: HttpRequest) -> Result<Response> {
    let given = from_query(&req);
    // People are sent mail in the language in which they read the form.
    let locale = locale(&given).or_else(|| {
        html::accepted(&app.templates, &req).and_then(|language| Locale::parse(language.tag()).ok())
    });
    let language = html::language(&app.templates, &req, locale.as_ref());
    let state = FormState { locale, ..FormState::from(&given) };
    form_page(&app, &language, StatusCode::OK, state).await
}

/// Subscribe with a form
///
/// Starts double opt-in, as `POST /v1/subscribers` does, and responds with a page or a redirect; the response is the same for
/// every address, known or not. Takes `application/x-www-form-urlencoded` or `multipart/form-data`; unknown fields are
/// ignored. A form that is not this server's own is shown once more, filled in, with 422, and accepted when it is submitted
/// again. Too many sign-ups from a network are refused with 429.
#[utoipa::path(post, path = "/subscribe", tag = "pages", security(()),
    request_body(content = SubscribeForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "A confirmation request will be sent, if one may be.", body = String,
         content_type = "text/html"),
        (status = 303, description = "The same; redirects to `redirect`."),
        (status = 422, description = "The form with errors, or to be submitted once more.", body = String,
         content_type = "text/html"),
        (status = 429, description = "Too many sign-ups; retry after `Retry-After`.", body = String,
         content_type = "text/html"),
    ))]
pub async fn submit_subscribe_page(app: Data<App>, req: HttpRequest, form: Form) -> Result<Response> {
    let language = html::language(&app.templates, &req, locale(&form).as_ref());
    match submit(&app, &req, &language, &form).await {
        Err(Error::TooMany(seconds)) => {
            let response = message_page(&app, &language, StatusCode::TOO_MANY_REQUESTS, "later", false)?;
            Ok(response.header(header::RETRY_AFTER, seconds.to_string()))
        }
        outcome => outcome,
    }
}

async fn submit(app: &App, req: &HttpRequest, language: &Language, form: &Form) -> Result<Response> {
    let client = app.limits.client(req);
    signup::admit(app, req, client)?;
    let mut state = FormState::from(form);
    let email = EmailAddress::parse(form.text("email").unwrap_or_default());
    let name = form.filled("name").map(|text| Line::parse("name", text)).transpose();
    let (email, name) = match (email, name) {
        (Ok(email), Ok(name)) => (email, name),
        (email, name) => {
            state.email_error = email.err().map(|invalid| explain_email(&invalid));
            state.name_error = name.err().map(|_| "name_malformed");
            return form_page(app, language, StatusCode::UNPROCESSABLE_ENTITY, state).await;
        }
    };
    let mut sender = visitor(app, req);
    sender.form_url = truncated_line(&state.form_url).or(sender.form_url);
    if form.filled(HONEYPOT).is_none() {
        let now = app.clock.now();
        match app.form_tokens.check(&app.keys, form.text("form_token"), email.key(), now) {
            // A replay is accepted again: the first try may have failed.
            FormCheck::Good | FormCheck::Replayed => {
                let evidence = Evidence {
                    text: Some(app.templates.translate(language, "subscribe.text")?),
                    source: form.filled("source").and_then(|text| Line::parse("source", text).ok()),
                    visitor: sender,
                    ..Evidence::new(Kind::SignedUp, Via::Page)
                };
                let locale = state.locale.unwrap_or_else(|| app.config.site.locale.clone());
                let sign_up = SignUp { email, name, locale, topics: state.topics, evidence };
                signup::accept(app, req, app.origin(req, None), client, sign_up).await?;
            }
            check => {
                state.again = true;
                state.form_url = sender.form_url.unwrap_or_default();
                state.token = match check {
                    FormCheck::TooFast => form.text("form_token").map(str::to_owned),
                    _ => Some(app.form_tokens.issue_ready(&app.keys, &app.random, now)?),
                };
                return form_page(app, language, StatusCode::UNPROCESSABLE_ENTITY, state).await;
            }
        }
    }
    match redirect(app, &state.redirect) {
        Some(address) => Ok(Response::no_content()
            .status(StatusCode::SEE_OTHER)
            .header(header::CACHE_CONTROL, "no-store")
            .header(header::LOCATION, address)),
        None => message_page(app, language, StatusCode::OK, "asked", false),
    }
}

async fn form_page(app: &App, language: &Language, status: StatusCode, state: FormState) -> Result<Response> {
    let all = app.db.read(|conn| topics::followable(conn, None)).await?;
    let now = app.clock.now();
    let token = state.token.map_or_else(|| app.form_tokens.issue(&app.keys, &app.random, now), Ok)?;
    let form = context! {
        email => state.email,
        email_error => state.email_error,
        name => state.name,
        name_error => state.name_error,
        locale => state.locale.as_ref().map_or("", Locale::as_str),
        source => state.source,
        redirect => state.redirect,
        form_url => state.form_url,
        topics => choices(&all, |slug| state.topics.contains(slug)),
        form_token => token,
        again => state.again,
        honeypot => HONEYPOT,
    };
    page(&app.templates, language, status, "subscribe.html", form)
}

impl From<&Form> for FormState {
    fn from(form: &Form) -> Self {
        // What was submitted, to show it again, cut to a bound.
        let bounded = |name: &str, max: usize| {
            let text = form.text(name).unwrap_or_default();
            text.chars().filter(|c| !c.is_control()).take(max).collect::<String>()
        };
        Self {
            email: bounded("email", 254),
            name: bounded("name", 254),
            locale: locale(form),
            source: bounded("source", 200),
            redirect: bounded("redirect", MAX_REDIRECT),
            form_url: bounded("form_url", MAX_LINE_CHARS),
            topics: chosen_topics(form),
            ..Self::default()
        }
    }
}

pub(super) fn locale(form: &Form) -> Option<Locale> {
    form.filled("locale").and_then(|text| Locale::parse(text.trim()).ok())
}

/// The query parameters of a link to the form.
pub(super) fn from_query(req: &HttpRequest) -> Form {
    Form::urlencoded(req.query_string().as_bytes())
}

/// The address to redirect to, if its origin is allowed.
fn redirect(app: &App, address: &str) -> Option<String> {
    let url = url::Url::parse(address).ok()?;
    let is_allowed = app.config.form_origins().contains(&url.origin().ascii_serialization());
    (is_allowed && matches!(url.scheme(), "http" | "https")).then(|| url.into())
}

/// The name of the text that explains an error in an address.
fn explain_email(invalid: &Invalid) -> &'static str {
    match invalid.code.as_ref() {
        "email-not-ascii" => "email_not_ascii",
        _ => "email_malformed",
    }
}
