//! What the pages for subscribers share. They work without scripts and cookies, and nothing changes on `GET`, because
//! programs that check links in emails open them too. A form responds with a page and never with a redirect, because
//! RFC 8058 forbids redirects for the one-click button.

use actix_web::http::StatusCode;
use minijinja::{Value, context};

use crate::app::App;
use crate::base::error::Result;
use crate::base::http::html::page;
use crate::base::http::{Form, Response};
use crate::base::templates::Language;
use crate::base::text::slug::Slug;
use crate::subscribers::Links;
use crate::subscribers::topics::{Followable, MAX_TOPICS};

/// A page with a message, and if `has_link` a link to the form.
pub(super) fn message_page(
    app: &App,
    language: &Language,
    status: StatusCode,
    message: &str,
    has_link: bool,
) -> Result<Response> {
    let link = has_link.then(|| Links::new(&app.config, &app.keys).subscribe());
    page(&app.templates, language, status, "message.html", context! { message, link })
}

/// A page with a button that submits a form to the same address.
pub(super) fn button_page(app: &App, language: &Language, message: &str) -> Result<Response> {
    page(&app.templates, language, StatusCode::OK, "button.html", context! { message })
}

/// The topics as a form shows them, and which of them are chosen.
pub(super) fn choices(all: &[Followable], is_chosen: impl Fn(&Slug) -> bool) -> Value {
    let choice = |topic: &Followable| {
        context! { slug => topic.slug.as_str(), name => topic.name.as_str(), chosen => is_chosen(&topic.slug) }
    };
    all.iter().map(choice).collect()
}

/// The topics chosen in a form. Malformed slugs are ignored.
pub(super) fn chosen_topics(form: &Form) -> Vec<Slug> {
    form.all("topic").take(MAX_TOPICS).filter_map(|slug| Slug::parse(slug).ok()).collect()
}
