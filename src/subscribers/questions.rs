//! How the questions to subscribers are kept: asked, sent, answered, closed.

use std::time::Duration;

use diesel::prelude::*;

use super::consent::ANSWERABLE_FOR;
use super::store::lock;
use super::{ConfirmToken, ConfirmationId, Status, SubscriberId, consent};
use crate::auth::Keys;
use crate::clock::Timestamp;
use crate::db::schema::{confirmations, subscribers};
use crate::db::{Connection, Tx};
use crate::error::{Error, Result};
use crate::events::Event;
use crate::jobs::{self, Job};
use crate::random::Random;

/// How long a try to send may take before another one believes it dead. Longer than a mail server is waited for, so
/// that no two workers send the same mail.
const TRY: Duration = Duration::from_secs(240);

/// What became of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answered {
    /// The subscriber is confirmed: now, or has been.
    Confirmed,
    /// The question can no longer be answered.
    Expired,
    /// There is no such question.
    Unknown,
}

/// Asks someone who signed up to confirm, if that may be.
///
/// # Errors
/// When the database refuses.
pub fn ask(tx: &mut Tx<'_>, random: &Random, keys: &Keys, id: SubscriberId) -> Result<()> {
    let now = tx.now();
    let Some(row) = lock(tx, id)? else { return Ok(()) };
    let asked: Vec<Timestamp> = confirmations::table
        .filter(confirmations::subscriber_id.eq(id))
        .select(confirmations::created_at)
        .load(&mut **tx)?;
    if !consent::may_ask(row.status, row.confirmed_at, &asked, now) {
        return Ok(());
    }
    let confirmation: ConfirmationId = random.id(now)?;
    diesel::insert_into(confirmations::table)
        .values((
            confirmations::id.eq(confirmation),
            confirmations::subscriber_id.eq(id),
            confirmations::token_hash.eq(ConfirmToken::of(keys, confirmation).hash()),
            confirmations::created_at.eq(now),
            confirmations::expires_at.eq(now.plus(ANSWERABLE_FOR)),
        ))
        .execute(&mut **tx)?;
    if row.status == Status::Pending && asked.is_empty() {
        tx.append(None, Event::SubscriberJoined(id));
    }
    jobs::enqueue(tx, random, &Job::SendConfirmation { confirmation }, now)
}

/// Whom the question is for, if it is still to be sent and nobody else is sending it.
pub(super) fn claim(tx: &mut Tx<'_>, confirmation: ConfirmationId) -> Result<Option<(SubscriberId, String)>> {
    let now = tx.now();
    let open = confirmations::table
        .filter(confirmations::id.eq(confirmation))
        .filter(confirmations::sent_at.is_null())
        .filter(confirmations::refused_at.is_null())
        .filter(confirmations::closed_at.is_null())
        .filter(confirmations::expires_at.gt(now));
    let claimed: Option<SubscriberId> = diesel::update(
        open.filter(confirmations::tried_at.is_null().or(confirmations::tried_at.le(now.minus(TRY)))),
    )
    .set(confirmations::tried_at.eq(Some(now)))
    .returning(confirmations::subscriber_id)
    .get_result(&mut **tx)
    .optional()?;
    if let Some(subscriber) = claimed {
        let email = subscribers::table.filter(subscribers::id.eq(subscriber)).select(subscribers::email);
        return Ok(Some((subscriber, email.get_result(&mut **tx)?)));
    }
    let is_open: bool = diesel::select(diesel::dsl::exists(open)).get_result(&mut **tx)?;
    if is_open { Err(Error::unavailable("another worker is sending this mail")) } else { Ok(None) }
}

/// Writes down how it went: sent, refused, or to be tried again.
pub(super) fn settle(tx: &mut Tx<'_>, confirmation: ConfirmationId, sent: Option<bool>) -> Result<()> {
    let now = tx.now();
    let at = |is: bool| is.then_some(now);
    diesel::update(confirmations::table.filter(confirmations::id.eq(confirmation)))
        .set((
            confirmations::sent_at.eq(at(sent == Some(true))),
            confirmations::refused_at.eq(at(sent == Some(false))),
            confirmations::tried_at.eq(None::<Timestamp>),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// What stands about the question with that token: what [`confirm`] would answer.
///
/// # Errors
/// When the database refuses.
pub fn look_up(conn: &mut Connection, token: &ConfirmToken, now: Timestamp) -> Result<Option<Answered>> {
    let found: Option<(Timestamp, Option<Timestamp>, Status)> = confirmations::table
        .inner_join(subscribers::table.on(subscribers::id.eq(confirmations::subscriber_id)))
        .filter(confirmations::token_hash.eq(token.hash()))
        .select((confirmations::expires_at, confirmations::closed_at, subscribers::status))
        .get_result(conn)
        .optional()?;
    Ok(match found {
        None => Some(Answered::Unknown),
        Some((_, _, Status::Confirmed)) => Some(Answered::Confirmed),
        Some((expires_at, closed_at, _)) if closed_at.is_some() || expires_at <= now => {
            Some(Answered::Expired)
        }
        Some(_) => None,
    })
}

/// Takes the answer that a token is. It answers once: then and when the subscriber leaves, every open question is closed.
///
/// # Errors
/// When the database refuses.
pub fn confirm(tx: &mut Tx<'_>, token: &ConfirmToken) -> Result<Answered> {
    let now = tx.now();
    let subscriber: Option<SubscriberId> = confirmations::table
        .filter(confirmations::token_hash.eq(token.hash()))
        .select(confirmations::subscriber_id)
        .get_result(&mut **tx)
        .optional()?;
    let Some(id) = subscriber else { return Ok(Answered::Unknown) };
    let Some(row) = lock(tx, id)? else { return Ok(Answered::Unknown) };
    if let Some(settled) = look_up(tx, token, now)? {
        return Ok(settled);
    }
    if let Some(status) = row.status.confirm() {
        diesel::update(subscribers::table.filter(subscribers::id.eq(id)))
            .set((
                subscribers::status.eq(status),
                subscribers::confirmed_at.eq(Some(now)),
                subscribers::unsubscribed_at.eq(None::<Timestamp>),
                subscribers::updated_at.eq(now),
            ))
            .execute(&mut **tx)?;
        tx.append(None, Event::SubscriberConfirmed(id));
    }
    close_questions(tx, id)?;
    Ok(Answered::Confirmed)
}

/// Lets a subscriber go. Done twice is done once.
///
/// # Errors
/// When the database refuses.
pub fn leave(tx: &mut Tx<'_>, id: SubscriberId) -> Result<()> {
    let now = tx.now();
    let Some(row) = lock(tx, id)? else { return Ok(()) };
    if let Some(status) = row.status.leave() {
        diesel::update(subscribers::table.filter(subscribers::id.eq(id)))
            .set((
                subscribers::status.eq(status),
                subscribers::unsubscribed_at.eq(Some(now)),
                subscribers::updated_at.eq(now),
            ))
            .execute(&mut **tx)?;
        tx.append(None, Event::SubscriberLeft(id));
    }
    close_questions(tx, id)
}

fn close_questions(tx: &mut Tx<'_>, id: SubscriberId) -> Result<()> {
    let now = tx.now();
    let open = confirmations::table
        .filter(confirmations::subscriber_id.eq(id))
        .filter(confirmations::closed_at.is_null());
    diesel::update(open).set(confirmations::closed_at.eq(Some(now))).execute(&mut **tx)?;
    Ok(())
}
