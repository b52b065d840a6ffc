//! Confirmation requests: who was sent one, and what became of it.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use serde::{Deserialize, Serialize};

use super::consent::{CONFIRMABLE_FOR, Status, may_request};
use super::evidence::{self, Evidence, Kind, Via};
use super::links::Links;
use super::store::lock;
use super::tokens::ConfirmToken;
use super::{emails, suppressions};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{confirmation_requests, subscribers, unanswered_requests};
use crate::base::db::types::Instant;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::{ConfirmationRequestId, SubscriberId};
use crate::base::jobs::{Job, Outcome};
use crate::base::text::Locale;
use crate::outbox::{self, Recipient};

/// Decides whether someone who signed up is sent a confirmation request, and sends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RequestConfirmation {
    /// Who.
    pub subscriber: SubscriberId,
}

impl Job<App> for RequestConfirmation {
    const KIND: &'static str = "request-confirmation";

    async fn run(self, app: &App) -> Result<Outcome> {
        let links = Links::new(&app.config, &app.keys);
        app.db.write(move |tx| request(tx, &links, self.subscriber)).await?;
        Ok(Outcome::Done)
    }
}

/// What became of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Confirmation {
    /// This request has just confirmed the subscriber: whoever sent it owns the mailbox.
    Confirmed(SubscriberId),
    /// The subscriber was confirmed before. The link may have been passed on since, so it opens nothing more.
    AlreadyConfirmed,
    /// The request can no longer be confirmed.
    Expired,
    /// There is no such request.
    Unknown,
}

/// Sends a confirmation request to someone who signed up, unless that is too often.
pub fn request(tx: &mut Tx<'_>, links: &Links, id: SubscriberId) -> Result<()> {
    let now = tx.now();
    let Some(row) = lock(tx, id)? else { return Ok(()) };
    let address_hash = suppressions::hash(links.keys(), &row.email_key);
    let suppression = suppressions::find(tx, &address_hash)?;
    let unanswered: Vec<Timestamp> = unanswered_requests::table
        .filter(unanswered_requests::address_hash.eq(&address_hash))
        .select(unanswered_requests::requested_at)
        .load(&mut **tx)?;
    if !may_request(row.status, suppression.map(|suppression| suppression.reason), &unanswered, now) {
        return Ok(());
    }
    diesel::insert_into(unanswered_requests::table)
        .values((
            unanswered_requests::address_hash.eq(&address_hash),
            unanswered_requests::requested_at.eq(now),
        ))
        .execute(&mut **tx)?;
    let own = confirmation_requests::table.filter(confirmation_requests::subscriber_id.eq(id));
    let is_first = !diesel::select(diesel::dsl::exists(own)).get_result::<bool>(&mut **tx)?;
    let (request, expires_at) = (tx.new_id::<ConfirmationRequestId>()?, now.plus(CONFIRMABLE_FOR));
    diesel::insert_into(confirmation_requests::table)
        .values((
            confirmation_requests::id.eq(request),
            confirmation_requests::subscriber_id.eq(id),
            confirmation_requests::token_hash.eq(ConfirmToken::of(links.keys(), request).hash()),
            confirmation_requests::created_at.eq(now),
            confirmation_requests::expires_at.eq(expires_at),
        ))
        .execute(&mut **tx)?;
    let mut evidence = Evidence::new(Kind::ConfirmationRequested, Via::Mail);
    evidence.locale = Some(row.locale.clone());
    evidence::append(tx, id, &evidence)?;
    if row.status == Status::Pending && is_first {
        tx.append(Event::SubscriberSignedUp(id));
    }
    emails::enqueue_confirmation(tx, links, &row, request, expires_at)
}

/// What [`confirm`] would return for the request with that token; `None` if it would confirm it.
pub fn lookup(conn: &mut Connection, token: &ConfirmToken, now: Timestamp) -> Result<Option<Confirmation>> {
    let found: Option<(Timestamp, Option<Timestamp>, Status)> = confirmation_requests::table
        .inner_join(subscribers::table.on(subscribers::id.eq(confirmation_requests::subscriber_id)))
        .filter(confirmation_requests::token_hash.eq(token.hash()))
        .select((confirmation_requests::expires_at, confirmation_requests::closed_at, subscribers::status))
        .get_result(conn)
        .optional()?;
    Ok(match found {
        None => Some(Confirmation::Unknown),
        Some((_, _, Status::Confirmed)) => Some(Confirmation::AlreadyConfirmed),
        Some((expires_at, closed_at, _)) if closed_at.is_some() || expires_at <= now => {
            Some(Confirmation::Expired)
        }
        Some(_) => None,
    })
}

/// Who was sent the request with that token.
fn find_subscriber(conn: &mut Connection, token: &ConfirmToken) -> Result<Option<SubscriberId>> {
    let subscriber = confirmation_requests::table
        .filter(confirmation_requests::token_hash.eq(token.hash()))
        .select(confirmation_requests::subscriber_id);
    Ok(subscriber.get_result(conn).optional()?)
}

/// The language of whoever was sent the request with that token.
pub fn find_locale(conn: &mut Connection, token: &ConfirmToken) -> Result<Option<Locale>> {
    let locale = confirmation_requests::table
        .inner_join(subscribers::table.on(subscribers::id.eq(confirmation_requests::subscriber_id)))
        .filter(confirmation_requests::token_hash.eq(token.hash()))
        .select(subscribers::locale);
    Ok(locale.get_result(conn).optional()?)
}

/// Confirms the request with that token and records the evidence. A token confirms once: afterwards, and when the
/// subscriber unsubscribes, every open request is closed.
pub fn confirm(
    tx: &mut Tx<'_>,
    links: &Links,
    token: &ConfirmToken,
    evidence: &Evidence,
    sends_welcome: bool,
) -> Result<Confirmation> {
    let now = tx.now();
    let Some(id) = find_subscriber(tx, token)? else { return Ok(Confirmation::Unknown) };
    let Some(row) = lock(tx, id)? else { return Ok(Confirmation::Unknown) };
    if let Some(outcome) = lookup(tx, token, now)? {
        return Ok(outcome);
    }
    close(tx, id)?;
    let Some(status) = row.status.confirm() else { return Ok(Confirmation::AlreadyConfirmed) };
    diesel::update(subscribers::table.filter(subscribers::id.eq(id)))
        .set((
            subscribers::status.eq(status),
            subscribers::confirmed_at.eq(Some(now)),
            subscribers::unsubscribed_at.eq(None::<Timestamp>),
            subscribers::updated_at.eq(now),
        ))
        .execute(&mut **tx)?;
    let address_hash = suppressions::hash(links.keys(), &row.email_key);
    suppressions::lift(tx, &address_hash)?;
    let answered = unanswered_requests::table.filter(unanswered_requests::address_hash.eq(&address_hash));
    diesel::delete(answered).execute(&mut **tx)?;
    evidence::append(tx, id, evidence)?;
    tx.append(Event::SubscriberConfirmed(id));
    if sends_welcome {
        emails::enqueue_welcome(tx, links, &row)?;
    }
    Ok(Confirmation::Confirmed(id))
}

/// Closes a subscriber's open requests and cancels the emails that wait for them.
pub(super) fn close(tx: &mut Tx<'_>, id: SubscriberId) -> Result<()> {
    let now = tx.now();
    let open = confirmation_requests::table
        .filter(confirmation_requests::subscriber_id.eq(id))
        .filter(confirmation_requests::closed_at.is_null());
    diesel::update(open).set(confirmation_requests::closed_at.eq(Some(now))).execute(&mut **tx)?;
    outbox::cancel(tx, Recipient::Subscriber(id))
}

/// Deletes what is known of requests created before `before`: up to `limit` rows of each of the two tables. Returns the
/// larger number.
pub(super) fn purge(tx: &mut Tx<'_>, before: Timestamp, limit: i64) -> Result<usize> {
    let old: Vec<ConfirmationRequestId> = confirmation_requests::table
        .filter(confirmation_requests::created_at.le(before))
        .select(confirmation_requests::id)
        .limit(limit)
        .load(&mut **tx)?;
    diesel::delete(confirmation_requests::table.filter(confirmation_requests::id.eq_any(&old)))
        .execute(&mut **tx)?;
    let forgotten = diesel::sql_query(
        "DELETE FROM unanswered_requests WHERE (address_hash, requested_at) IN \
         (SELECT address_hash, requested_at FROM unanswered_requests WHERE requested_at <= $1 LIMIT $2)",
    )
    .bind::<Instant, _>(before)
    .bind::<BigInt, _>(limit)
    .execute(&mut **tx)?;
    Ok(old.len().max(forgotten))
}
