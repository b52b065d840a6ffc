//! `/account/email/{token}`: the page that confirms a new email address.

use actix_web::HttpRequest;
use actix_web::http::StatusCode;
use actix_web::web::{Data, Path};
use minijinja::context;

use super::pages::{DeadLink, message_page, user_language};
use crate::accounts::email_changes;
use crate::accounts::emails::AccountEmails;
use crate::accounts::links::{self, LinkToken, Lookup, Purpose};
use crate::app::App;
use crate::base::error::{Error, Result};
use crate::base::http::Response;
use crate::base::http::html::page;

const DEAD_LINK: DeadLink = DeadLink { unknown: "email_broken", expired: "email_expired", has_link: false };

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
    match find(&app, &token).await? {
        Lookup::Good(link) => {
            let language = user_language(&app, &req, &link.user);
            page(
                &app.templates,
                &language,
                StatusCode::OK,
                "button.html",
                context! { message => "confirm_email" },
            )
        }
        lookup => DEAD_LINK.page(&app, &req, &lookup),
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
    let (link, token) = match (find(&app, &token).await?, LinkToken::parse(&token)) {
        (Lookup::Good(link), Some(token)) => (link, token),
        (lookup, _) => return DEAD_LINK.page(&app, &req, &lookup),
    };
    let language = user_language(&app, &req, &link.user);
    let (emails, origin) = (AccountEmails::new(&app), app.origin(&req, Some(link.user.id.into())));
    match app.db.write_as(origin, move |tx| email_changes::confirm(tx, &emails, &token)).await {
        Ok(()) => message_page(&app, &language, StatusCode::OK, "email_confirmed", false),
        Err(Error::Conflict(conflict)) if conflict.code == "email-taken" => {
            message_page(&app, &language, StatusCode::CONFLICT, "email_taken", false)
        }
        // Another request was faster.
        Err(Error::Conflict(_)) => DEAD_LINK.page(&app, &req, &Lookup::Expired),
        Err(error) => Err(error),
    }
}

async fn find(app: &App, token: &str) -> Result<Lookup> {
    links::look_up(app, token, &[Purpose::EmailChange]).await
}
