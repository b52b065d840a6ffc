//! `/account/email/{token}`: the page that confirms a new email address.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use minijinja::context;

use super::pages::message_page;
use crate::accounts::email_changes;
use crate::accounts::emails::AccountEmails;
use crate::accounts::links::{self, LinkToken, Lookup, Purpose};
use crate::app::App;
use crate::base::error::{Error, Result};
use crate::base::http::Response;
use crate::base::http::html::{self, page};

/// Get the address confirmation page
///
/// The page that the link in an email to a user's new address opens. It has a button that confirms the address; opening it
/// changes nothing. Responds 404 if the link is unknown and 410 if it has expired or was used or replaced.
#[utoipa::path(get, path = "/account/email/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token in the link.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "The link is unknown.", body = String, content_type = "text/html"),
        (status = 410, description = "The link has expired, or was used or replaced.", body = String, content_type = "text/html"),
    ))]
pub async fn get_email_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Response> {
    match find(&app, LinkToken::parse(&token)).await? {
        Lookup::Good(_) => {
            let language = html::language(&app.templates, &req, None);
            page(
                &app.templates,
                &language,
                StatusCode::OK,
                "button.html",
                context! { message => "confirm_email" },
            )
        }
        lookup => dead_link_page(&app, &req, &lookup),
    }
}

/// Confirm a new address
///
/// What the button of the address confirmation page does: the user's account has the new address from now on. The old address is
/// told by mail, and links in earlier emails to it no longer work.
#[utoipa::path(post, path = "/account/email/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token in the link.")),
    responses(
        (status = 200, description = "The address is changed.", body = String, content_type = "text/html"),
        (status = 404, description = "The link is unknown.", body = String, content_type = "text/html"),
        (status = 409, description = "Another user has the address by now.", body = String, content_type = "text/html"),
        (status = 410, description = "The link has expired, or was used or replaced.", body = String, content_type = "text/html"),
    ))]
pub async fn submit_email_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Response> {
    let token = LinkToken::parse(&token);
    let (link, token) = match (find(&app, token.clone()).await?, token) {
        (Lookup::Good(link), Some(token)) => (link, token),
        (lookup, _) => return dead_link_page(&app, &req, &lookup),
    };
    let language = html::language(&app.templates, &req, None);
    let (emails, origin) = (AccountEmails::new(&app), app.origin(&req, Some(link.user.id.into())));
    match app.db.write_as(origin, move |tx| email_changes::confirm(tx, &emails, &token)).await {
        Ok(()) => message_page(&app, &language, StatusCode::OK, "email_confirmed", false),
        Err(Error::Conflict(conflict)) if conflict.code == "email-taken" => {
            message_page(&app, &language, StatusCode::CONFLICT, "email_taken", false)
        }
        // Another request was faster.
        Err(Error::Conflict(_)) => dead_link_page(&app, &req, &Lookup::Expired),
        Err(error) => Err(error),
    }
}

async fn find(app: &App, token: Option<LinkToken>) -> Result<Lookup> {
    let (Some(token), now) = (token, app.clock.now()) else { return Ok(Lookup::Unknown) };
    app.db.read(move |conn| links::find(conn, &token, &[Purpose::EmailChange], now)).await
}

/// The page for a link that does not work.
fn dead_link_page(app: &App, req: &HttpRequest, lookup: &Lookup) -> Result<Response> {
    let language = html::language(&app.templates, req, None);
    match lookup {
        Lookup::Unknown => message_page(app, &language, StatusCode::NOT_FOUND, "email_broken", false),
        _ => message_page(app, &language, StatusCode::GONE, "email_expired", false),
    }
}
