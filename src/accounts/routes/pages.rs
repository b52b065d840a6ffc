//! What the pages about accounts share. They work without scripts and cookies, and nothing changes on `GET`, because programs
//! that check links in emails open them too.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use minijinja::context;

use crate::accounts::emails::AccountEmails;
use crate::accounts::links::Lookup;
use crate::app::App;
use crate::base::error::Result;
use crate::base::http::Response;
use crate::base::http::html::{self, page};
use crate::base::templates::Language;
use crate::users::store::UserRow;

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

/// What the page shows for a link that does not work.
pub(super) struct DeadLink {
    /// The message for one that is unknown.
    pub unknown: &'static str,
    /// The message for one that has expired, or was used or replaced.
    pub expired: &'static str,
    /// Whether to offer the page that asks for another password.
    pub has_link: bool,
}

impl DeadLink {
    /// The page for a link that was not found.
    pub fn page(&self, app: &App, req: &HttpRequest, lookup: &Lookup) -> Result<Response> {
        let language = html::language(&app.templates, req, None);
        match lookup {
            Lookup::Unknown => {
                message_page(app, &language, StatusCode::NOT_FOUND, self.unknown, self.has_link)
            }
            _ => message_page(app, &language, StatusCode::GONE, self.expired, self.has_link),
        }
    }
}

/// The language of a user; if none was chosen, the browser's.
pub(super) fn user_language(app: &App, req: &HttpRequest, user: &UserRow) -> Language {
    html::language(&app.templates, req, user.locale().as_ref())
}
