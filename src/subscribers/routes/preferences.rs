//! `/subscribe/preferences/{token}`: the page on which somebody sees and changes what they receive, and unsubscribes; with
//! the link that only they were sent, they also get a copy of what is known of them and erase it.

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path};
use minijinja::context;
use serde::Deserialize;
use utoipa::ToSchema;

use super::export::{SubscriberExport, export};
use super::pages::{choices, chosen_topics, message_page};
use crate::app::App;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::html::{self, page};
use crate::base::http::{Form, Response};
use crate::base::ids::SubscriberId;
use crate::subscribers::consent::Reason;
use crate::subscribers::evidence::{Evidence, Kind, Via, Visitor};
use crate::subscribers::store::Kept;
use crate::subscribers::{Grant, Status, confirmations, languages, store, topics};

/// What the page sends. Other fields are ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "documents the form, which `Form` reads")]
pub struct PreferencesForm {
    /// What is to be done: `save`, `leave` or `erase`.
    #[schema(max_length = 20)]
    action: String,
    /// The slug of a topic to follow, once for each; with `save`. None means everything.
    #[schema(max_length = 120)]
    topic: Option<String>,
    /// `yes`, with `erase`.
    #[schema(max_length = 20)]
    sure: Option<String>,
}

/// See the page of preferences
///
/// What somebody receives, and what they can do about it. Nothing changes by looking.
#[utoipa::path(get, path = "/subscribe/preferences/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token of the link.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html; charset=utf-8"),
        (status = 404, description = "The link is not one of ours, or nothing is kept of the person any more.",
         body = String, content_type = "text/html; charset=utf-8"),
    ))]
pub async fn get_preferences_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Response> {
    match Grant::read(&app.keys, &token) {
        Some(granted) => preferences_page(&app, &req, granted, &token, None).await,
        None => unknown(&app, &req),
    }
}

/// Change preferences
///
/// What the buttons of the page do.
#[utoipa::path(post, path = "/subscribe/preferences/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token of the link.")),
    request_body(content = PreferencesForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "Done; the page says so.", body = String,
         content_type = "text/html; charset=utf-8"),
        (status = 404, description = "The link is not one of ours, or nothing is kept of the person any more.",
         body = String, content_type = "text/html; charset=utf-8"),
        (status = 422, description = "The page again, with what is missing.", body = String,
         content_type = "text/html; charset=utf-8"),
    ))]
pub async fn submit_preferences_page(
    app: Data<App>,
    req: HttpRequest,
    token: Path<String>,
    form: Form,
) -> Result<Response> {
    let Some(granted @ (id, grant)) = Grant::read(&app.keys, &token) else { return unknown(&app, &req) };
    let Some(locale) = app.db.read(move |conn| languages::of_subscriber(conn, id)).await? else {
        return unknown(&app, &req);
    };
    let language = html::language(&app.templates, &req, Some(&locale));
    let keys = app.keys.clone();
    match form.text("action") {
        Some("leave") => {
            let evidence = Evidence::new(Kind::Withdrawn, Via::Preferences).from(Visitor::of(&app, &req));
            app.db
                .write(move |tx| confirmations::end(tx, &keys, id, Reason::Unsubscribed, &evidence))
                .await?;
            preferences_page(&app, &req, granted, &token, Some("left")).await
        }
        Some("erase") if grant == Grant::Own && form.text("sure") == Some("yes") => {
            app.db.write(move |tx| store::erase(tx, &keys, id)).await?;
            message_page(&app, &language, StatusCode::OK, "erased", false)
        }
        Some("erase") if grant == Grant::Own => {
            preferences_page(&app, &req, granted, &token, Some("unsure")).await
        }
        Some("save") => {
            let chosen = chosen_topics(&form);
            app.db.write(move |tx| topics::choose_topics(tx, id, &chosen)).await?;
            preferences_page(&app, &req, granted, &token, Some("saved")).await
        }
        _ => preferences_page(&app, &req, granted, &token, None).await,
    }
}

/// Download what is kept of oneself
///
/// Everything, as one JSON document.
#[utoipa::path(post, path = "/subscribe/preferences/{token}/export", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token of the link.")),
    responses((status = 200, description = "Everything that is kept.", body = SubscriberExport)))]
pub async fn export_own_data(app: Data<App>, token: Path<String>) -> Result<Response> {
    let Some((id, Grant::Own)) = Grant::read(&app.keys, &token) else {
        return Err(Error::NotFound("subscriber"));
    };
    let answer = Response::ok(&app.db.write(move |tx| export(tx, id)).await?)?;
    Ok(answer
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_DISPOSITION, "attachment; filename=\"subscription.json\""))
}

async fn preferences_page(
    app: &App,
    req: &HttpRequest,
    (id, grant): (SubscriberId, Grant),
    token: &str,
    notice: Option<&str>,
) -> Result<Response> {
    let read = move |conn: &mut Connection| match store::get(conn, id) {
        Ok(kept) => Ok(Some((kept, topics::followable(conn)?))),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    };
    let Some((kept, all)) = app.db.snapshot(read).await? else { return unknown(app, req) };
    let Kept { row, topics: chosen, .. } = kept;
    let language = html::language(&app.templates, req, Some(&row.locale));
    let status = match notice {
        Some("unsure") => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let base = app.config.base_url();
    let about = context! {
        email => masked(&row.email),
        receives => row.status == Status::Confirmed,
        topics => choices(&all, |slug| chosen.contains(slug)),
        notice,
        own => grant == Grant::Own,
        export => format!("{base}/subscribe/preferences/{token}/export"),
        subscribe => format!("{base}/subscribe"),
    };
    page(&app.templates, &language, status, "preferences.html", about)
}

fn unknown(app: &App, req: &HttpRequest) -> Result<Response> {
    message_page(app, &html::language(&app.templates, req, None), StatusCode::NOT_FOUND, "broken", true)
}

/// An address as it is shown to whoever has the link, which may have been passed on: its first letter and its domain.
fn masked(email: &str) -> String {
    let (local, domain) = email.rsplit_once('@').unwrap_or((email, ""));
    let first: String = local.chars().take(1).collect();
    format!("{first}…@{domain}")
}
