//! What the pages about accounts share. They work without scripts and cookies, and nothing changes on `GET`, because programs
//! that check links in emails open them too.

use actix_web::http::StatusCode;
use minijinja::context;

use crate::accounts::emails::AccountEmails;
use crate::app::App;
use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::http::html::page;
use crate::base::templates::Language;

/// A page with a message, and if `has_link` a link to the page that asks for another password.
pub(super) fn message_page(
    app: &App,
    language: &Language,
    status: StatusCode,
    message: &str,
    has_link: bool,
) -> Result<Response> {
    let link = has_link.then(|| AccountEmails::new(app).reset_url());
    page(&app.templates, language, status, "message.html", context! { message, link })
}
