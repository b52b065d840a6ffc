//! Sends what is due to one webhook, one delivery after the other, until one has to be waited for.

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use hyper::header::{CONTENT_TYPE, HeaderName, HeaderValue};
use hyper::{HeaderMap, Method};
use serde_json::Value;
use tokio::sync::watch;
use url::Url;
use uuid::Uuid;

use super::body::BATCH;
use super::deliveries::{self, DeliveryRow, Try};
use super::forget;
use super::outcome::{Exchange, Outcome, Verdict};
use super::progress;
use super::signing::Secrets;
use super::store::{self, WebhookRow};
use crate::app::App;
use crate::articles::store as articles;
use crate::auth::find_identity;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::events;
use crate::base::ids::{IsId as _, WebhookDeliveryId, WebhookId};
use crate::base::outbound::{Answer, ChosenBy, Failure, Request, TIMEOUT};
use crate::changes::store::Place;
use crate::events::parse_id;
use crate::events::visibility::Viewer;

/// How many deliveries one run sends at most, so that what became of them is recorded soon.
const MAX_SENT: i64 = 50;
/// How many of those that are retried alone.
const MAX_ALONE: i64 = 10;
/// For how long a run starts deliveries in order, and again for those that are retried alone.
const RUN: Duration = Duration::from_secs(1);
/// How much longer than a request the lease must last when it begins.
const MARGIN: Duration = Duration::from_secs(2);

/// The deliveries of a webhook that are due: those in order, and those that are retried alone.
type Due = [Vec<WebhookDeliveryId>; 2];

/// A request, as everything is stored when it begins.
struct Next {
    webhook: WebhookRow,
    secrets: Secrets,
    row: DeliveryRow,
    /// The text that is sent; `None` if the webhook's owner may not see it any more.
    body: Option<String>,
}

/// Sends what is due to a webhook while the lease lasts, and returns what became of it.
///
/// # Errors
/// When the webhook cannot be read: nothing was sent.
pub(super) async fn run(
    app: &App,
    id: WebhookId,
    lease: &watch::Receiver<Timestamp>,
    is_stopping: impl Fn() -> bool,
) -> Result<Vec<Outcome>> {
    let mut outcomes = Vec::new();
    let mut url = None;
    for deliveries in due(app, id).await? {
        let started = Instant::now();
        for delivery in deliveries {
            let lasts = *lease.borrow() >= app.clock.now().plus(TIMEOUT + MARGIN);
            if !lasts || started.elapsed() > RUN || is_stopping() || app.db.generation().is_quiet() {
                break;
            }
            let Next { webhook, secrets, row, body } = match next(app, id, delivery).await {
                Ok(Some(next)) => next,
                Err(error) if outcomes.is_empty() => return Err(error),
                // What was sent is recorded first; the next run meets an error again.
                Ok(None) | Err(_) => return Ok(outcomes),
            };
            // The next run begins with the delivery that failed at the other URL.
            if *url.get_or_insert_with(|| webhook.url.clone()) != webhook.url {
                return Ok(outcomes);
            }
            let outcome = match body {
                None => Outcome::withheld(&row),
                Some(body) => {
                    let exchange = post(app, &webhook, &secrets, &row.event, body).await;
                    Outcome::of(&row, webhook.url, exchange)
                }
            };
            let verdict = outcome.verdict;
            outcomes.push(outcome);
            // Others do not wait for one that is retried alone.
            if verdict == Verdict::Gone || (verdict == Verdict::Waits && !row.alone) {
                return Ok(outcomes);
            }
        }
    }
    Ok(outcomes)
}

async fn due(app: &App, id: WebhookId) -> Result<Due> {
    let now = app.clock.now();
    let find = move |conn: &mut Connection| {
        let progress = progress::find(conn, &[id])?.into_iter().next();
        if progress.is_none_or(|progress| progress.waits_until.is_some_and(|until| now < until)) {
            return Ok(Due::default());
        }
        let in_order = deliveries::next(conn, id, MAX_SENT)?;
        Ok([in_order, deliveries::due_alone(conn, id, now, MAX_ALONE)?])
    };
    app.db.snapshot(find).await
}

/// Reads a delivery, its webhook and what its owner may see: what was changed or withdrawn during the request before holds for
/// this one. `None` if the webhook is deleted or disabled, or the delivery no longer waits.
async fn next(app: &App, id: WebhookId, delivery: WebhookDeliveryId) -> Result<Option<Next>> {
    let (keys, config, now) = (app.keys.clone(), app.config.clone(), app.clock.now());
    let find = move |conn: &mut Connection| {
        let webhook = store::get(conn, id)?;
        let Some(row) = deliveries::find_waiting(conn, delivery)?.filter(|_| webhook.enabled) else {
            return Ok(None);
        };
        let mut viewer = Viewer::new(find_identity(conn, &config.accounts, webhook.actor_id, now)?);
        let body = allowed(conn, &mut viewer, &row)?;
        Ok(Some(Next { secrets: webhook.secrets(&keys)?, webhook, row, body }))
    };
    match app.db.snapshot(find).await {
        Err(Error::NotFound(_)) => Ok(None),
        found => found,
    }
}

/// The body to send: without events that the webhook's owner may no longer see, and without names of purged articles.
fn allowed(conn: &mut Connection, viewer: &mut Viewer, row: &DeliveryRow) -> Result<Option<String>> {
    let Some(body) = &row.body else { return Ok(None) };
    let mut purged = BTreeSet::new();
    if row.kind != BATCH {
        let is_allowed = may_see(conn, viewer, row.event_number, &mut purged)?;
        return Ok(is_allowed.then(|| forget::erased(body, &purged).unwrap_or_else(|| body.clone())));
    }
    let mut value: Value = serde_json::from_str(body)?;
    let is_wrapped = value.get("client_payload").is_some();
    let place = if is_wrapped { "/client_payload/data" } else { "/data" };
    let Some(data) = value.pointer_mut(place).and_then(Value::as_object_mut) else { return Ok(None) };
    let Some(events) = data.get_mut("events").and_then(Value::as_array_mut) else { return Ok(None) };
    let (before, mut kept) = (events.len(), Vec::new());
    for event in events.drain(..) {
        let number = event["id"].as_str().and_then(|id| parse_id(id).ok()).map(Place::number);
        if let Some(number) = number
            && may_see(conn, viewer, number, &mut purged)?
        {
            kept.push(event);
        }
    }
    let Some(cursor) = kept.last().map(|event| event["id"].clone()) else { return Ok(None) };
    let text = if kept.len() == before {
        body.clone()
    } else {
        // What follows the cursor is not counted, as it is not known how much of it the owner may still see.
        data.insert("count".to_owned(), kept.len().into());
        data.insert("cursor".to_owned(), cursor);
        data.insert("events".to_owned(), kept.into());
        value.to_string()
    };
    Ok(Some(forget::erased(&text, &purged).unwrap_or(text)))
}

/// Whether the event with that number may be sent. Its article is added to `purged` if it was deleted for good.
fn may_see(
    conn: &mut Connection,
    viewer: &mut Viewer,
    number: i64,
    purged: &mut BTreeSet<Uuid>,
) -> Result<bool> {
    let row = events::read(conn, number - 1, 1)?.into_iter().next();
    let Some(event) = row.filter(|row| row.number == number).and_then(|row| row.event) else {
        return Ok(false);
    };
    if let Some(article) = event.subject_article()
        && articles::find(conn, article)?.is_none()
    {
        purged.insert(article.uuid());
    }
    viewer.may_see(conn, &event)
}

/// Sends one body, signed, and tells what came back.
pub async fn post(app: &App, webhook: &WebhookRow, secrets: &Secrets, id: &str, body: String) -> Exchange {
    let (at, begun) = (app.clock.now(), app.clock.ticks());
    let sent = match request(webhook, secrets, id, body, at) {
        Ok(request) => app.outbound.send(request).await,
        Err(error) => Err(Failure::Failed(error.to_string())),
    };
    let milliseconds = i64::try_from(app.clock.ticks().saturating_sub(begun).as_millis()).unwrap_or(0);
    let milliseconds = milliseconds.clamp(0, 60_000);
    match sent {
        Ok(Answer { status, retry_after, body }) => {
            let is_accepted = (200..300).contains(&status);
            let error = (!is_accepted).then(|| format!("The receiver responded with {status}."));
            // PostgreSQL stores no U+0000.
            let response = String::from_utf8_lossy(&body).replace('\0', "\u{fffd}");
            let tried = Try { at, status: Some(status), milliseconds, error };
            Exchange { tried, retry_after, response: Some(response) }
        }
        Err(failure) => {
            let why = match failure {
                Failure::Refused(why) => format!("The address is refused. {why}"),
                Failure::Failed(why) => why,
                Failure::TimedOut => format!("There was no response within {} seconds.", TIMEOUT.as_secs()),
            };
            let error = Some(why.replace('\0', "").chars().take(500).collect());
            Exchange {
                tried: Try { at, status: None, milliseconds, error },
                retry_after: None,
                response: None,
            }
        }
    }
}

fn request(
    webhook: &WebhookRow,
    secrets: &Secrets,
    id: &str,
    body: String,
    at: Timestamp,
) -> Result<Request> {
    let signature = secrets.sign(id, at, &body);
    let value = |text: &str| HeaderValue::from_str(text).map_err(Error::internal);
    let mut headers = HeaderMap::new();
    for (name, text) in &secrets.headers {
        let name = HeaderName::from_bytes(name.as_bytes()).map_err(Error::internal)?;
        let mut text = value(text)?;
        text.set_sensitive(true);
        headers.insert(name, text);
    }
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert("webhook-id", value(id)?);
    headers.insert("webhook-timestamp", value(&at.as_seconds().to_string())?);
    headers.insert("webhook-signature", value(&signature)?);
    let url = Url::parse(&webhook.url).map_err(Error::internal)?;
    Ok(Request { method: Method::POST, url, chosen_by: ChosenBy::User, headers, body: body.into_bytes() })
}
