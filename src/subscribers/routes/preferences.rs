//! `/subscribe/preferences/{token}`: the page on which a subscriber chooses topics and unsubscribes. With the link that only
//! they were sent, they also download and erase their data.

use actix_web::HttpRequest;
use actix_web::http::{StatusCode, header};
use actix_web::web::{Data, Path};
use minijinja::context;
use serde::Deserialize;
use utoipa::ToSchema;

use super::export::{SubscriberExport, export};
use super::pages::{choices, chosen_topics, message_page};
use super::visitor::visitor;
use crate::app::App;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::http::html::{self, page};
use crate::base::http::{Form, Response};
use crate::base::ids::SubscriberId;
use crate::base::text::email::masked;
use crate::subscribers::consent::Reason;
use crate::subscribers::evidence::{Evidence, Kind, Via};
use crate::subscribers::store::SubscriberRecord;
use crate::subscribers::{LinkScope, Links, Status, erasure, store, topics, unsubscribe};

/// The fields of the form. Other fields are ignored.
#[derive(Debug, Deserialize, ToSchema)]
#[expect(dead_code, reason = "documents the form, which `Form` reads")]
pub struct PreferencesForm {
    /// What to do: `save`, `unsubscribe` or `erase`.
    #[schema(max_length = 20)]
    action: String,
    /// With `save`: the slug of a topic to follow; repeated for each. None means everything.
    #[schema(max_length = 120)]
    topic: Option<String>,
    /// With `erase`: `yes`, to confirm.
    #[schema(max_length = 20)]
    sure: Option<String>,
}

/// Get the preferences page
///
/// The page on which a subscriber chooses topics, unsubscribes, and with the link that only they were sent downloads and erases
/// their data. Opening it changes nothing. Responds 404 if the link is unknown or the subscriber was erased.
#[utoipa::path(get, path = "/subscribe/preferences/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token in the link.")),
    responses(
        (status = 200, description = "The page.", body = String, content_type = "text/html"),
        (status = 404, description = "The link is unknown, or the subscriber was erased.",
         body = String, content_type = "text/html"),
    ))]
pub async fn get_preferences_page(app: Data<App>, req: HttpRequest, token: Path<String>) -> Result<Response> {
    match LinkScope::parse(&app.keys, &token) {
        Some(access) => preferences_page(&app, &req, access, &token, None).await,
        None => unknown(&app, &req),
    }
}

/// Update preferences
///
/// What the buttons of the preferences page do: `save` replaces the topics, `unsubscribe` stops all mail, `erase` deletes
/// everything stored about the person. Erasing requires the link that only the person was sent, and `sure=yes`, otherwise
/// the page is shown again with 422. Responds 404 if the link is unknown or the subscriber was erased.
#[utoipa::path(post, path = "/subscribe/preferences/{token}", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token in the link.")),
    request_body(content = PreferencesForm, content_type = "application/x-www-form-urlencoded"),
    responses(
        (status = 200, description = "The page with a message that it is done.", body = String,
         content_type = "text/html"),
        (status = 404, description = "The link is unknown, or the subscriber was erased.",
         body = String, content_type = "text/html"),
        (status = 422, description = "The page with an error.", body = String,
         content_type = "text/html"),
    ))]
pub async fn submit_preferences_page(
    app: Data<App>,
    req: HttpRequest,
    token: Path<String>,
    form: Form,
) -> Result<Response> {
    let Some(access @ (id, scope)) = LinkScope::parse(&app.keys, &token) else { return unknown(&app, &req) };
    let Some(locale) = app.db.read(move |conn| store::find_locale(conn, id)).await? else {
        return unknown(&app, &req);
    };
    let language = html::language(&app.templates, &req, Some(&locale));
    let (keys, origin) = (app.keys.clone(), app.origin(&req, None));
    match form.text("action") {
        Some("unsubscribe") => {
            let evidence = Evidence::new(Kind::Withdrawn, Via::Preferences).from(visitor(&app, &req));
            let unsubscribe = move |tx: &mut Tx<'_>| {
                unsubscribe::unsubscribe(tx, &keys, id, Reason::Unsubscribed, &evidence)
            };
            app.db.write_as(origin, unsubscribe).await?;
            preferences_page(&app, &req, access, &token, Some("unsubscribed")).await
        }
        Some("erase") if scope == LinkScope::PersonalData && form.text("sure") == Some("yes") => {
            app.db.write_as(origin, move |tx| erasure::erase(tx, &keys, id)).await?;
            message_page(&app, &language, StatusCode::OK, "erased", false)
        }
        Some("erase") if scope == LinkScope::PersonalData => {
            preferences_page(&app, &req, access, &token, Some("unsure")).await
        }
        Some("save") => {
            let chosen = chosen_topics(&form);
            app.db.write_as(origin, move |tx| topics::replace(tx, id, &chosen)).await?;
            preferences_page(&app, &req, access, &token, Some("saved")).await
        }
        _ => preferences_page(&app, &req, access, &token, None).await,
    }
}

/// Download personal data
///
/// What the download button of the preferences page does: returns everything that is stored about the person as one JSON
/// document. Requires the link that only the person was sent; responds 404 for any other.
#[utoipa::path(post, path = "/subscribe/preferences/{token}/export", tag = "pages", security(()),
    params(("token" = String, Path, min_length = 1, max_length = 100, description = "The token in the link.")),
    responses((status = 200, description = "Everything that is stored about the person.", body = SubscriberExport)))]
pub async fn download_personal_data(
    app: Data<App>,
    req: HttpRequest,
    token: Path<String>,
) -> Result<Response> {
    let id = match LinkScope::parse(&app.keys, &token) {
        Some((id, LinkScope::PersonalData)) => id,
        Some((_, LinkScope::Subscription)) => return Err(Error::Hidden("subscriber")),
        None => return Err(Error::NotFound("subscriber")),
    };
    let response = Response::ok(&app.db.write_as(app.origin(&req, None), export(id)).await?)?;
    Ok(response
        .header(header::CACHE_CONTROL, "no-store")
        .header(header::CONTENT_DISPOSITION, "attachment; filename=\"subscription.json\""))
}

async fn preferences_page(
    app: &App,
    req: &HttpRequest,
    (id, scope): (SubscriberId, LinkScope),
    token: &str,
    notice: Option<&str>,
) -> Result<Response> {
    let read = move |conn: &mut Connection| match store::get(conn, id) {
        Ok(record) => Ok(Some((record, topics::followable(conn, Some(id))?))),
        Err(Error::NotFound(_)) => Ok(None),
        Err(error) => Err(error),
    };
    let Some((record, all)) = app.db.snapshot(read).await? else { return unknown(app, req) };
    let SubscriberRecord { row, topics: chosen, .. } = record;
    let language = html::language(&app.templates, req, Some(&row.locale));
    let status = match notice {
        Some("unsure") => StatusCode::UNPROCESSABLE_ENTITY,
        _ => StatusCode::OK,
    };
    let links = Links::new(&app.config, &app.keys);
    let about = context! {
        // The link may have been forwarded.
        email => masked(&row.email),
        receives => row.status == Status::Confirmed,
        topics => choices(&all, |slug| chosen.contains(slug)),
        notice,
        has_data_access => scope == LinkScope::PersonalData,
        export => links.data_export(token),
        subscribe => links.subscribe(),
    };
    page(&app.templates, &language, status, "preferences.html", about)
}

fn unknown(app: &App, req: &HttpRequest) -> Result<Response> {
    message_page(app, &html::language(&app.templates, req, None), StatusCode::NOT_FOUND, "broken", true)
}
