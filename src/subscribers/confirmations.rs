//! How the questions to subscribers are kept: asked, answered, closed.

use diesel::prelude::*;

use super::consent::{ANSWERABLE_FOR, Reason};
use super::evidence::{self, Evidence, Kind, Via};
use super::store::lock;
use super::{ConfirmToken, Status, consent, outbox, suppressions};
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{confirmations, subscribers, unanswered_questions};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::{MailId, SubscriberId};

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
pub fn ask(tx: &mut Tx<'_>, keys: &Keys, id: SubscriberId) -> Result<()> {
    let now = tx.now();
    let Some(row) = lock(tx, id)? else { return Ok(()) };
    let address_hash = suppressions::hash(keys, &row.email_key);
    let suppression = suppressions::find(tx, &address_hash)?;
    let unanswered: Vec<Timestamp> = unanswered_questions::table
        .filter(unanswered_questions::address_hash.eq(&address_hash))
        .select(unanswered_questions::asked_at)
        .load(&mut **tx)?;
    let reason = suppression.map(|suppression| suppression.reason);
    if !consent::may_ask(row.status, reason, &unanswered, now) {
        return Ok(());
    }
    diesel::insert_into(unanswered_questions::table)
        .values((
            unanswered_questions::address_hash.eq(&address_hash),
            unanswered_questions::asked_at.eq(now),
        ))
        .execute(&mut **tx)?;
    let own = confirmations::table.filter(confirmations::subscriber_id.eq(id));
    let was_asked: bool = diesel::select(diesel::dsl::exists(own)).get_result(&mut **tx)?;
    let question: MailId = tx.new_id()?;
    diesel::insert_into(confirmations::table)
        .values((
            confirmations::id.eq(question),
            confirmations::subscriber_id.eq(id),
            confirmations::token_hash.eq(ConfirmToken::of(keys, question).hash()),
            confirmations::created_at.eq(now),
            confirmations::expires_at.eq(now.plus(ANSWERABLE_FOR)),
        ))
        .execute(&mut **tx)?;
    let mut asked_now = Evidence::new(Kind::Asked, Via::Mail);
    asked_now.locale = Some(row.locale);
    evidence::append(tx, id, &asked_now)?;
    if row.status == Status::Pending && !was_asked {
        tx.append(Event::SubscriberJoined(id));
    }
    outbox::order(tx, question, outbox::Kind::Confirmation, id)
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

/// Takes the answer that a token is, with the evidence of it. It answers once: then, and when the subscriber leaves, every
/// open question is closed. Whoever is to be welcomed is sent a mail.
///
/// # Errors
/// When the database refuses.
pub fn confirm(
    tx: &mut Tx<'_>,
    keys: &Keys,
    token: &ConfirmToken,
    evidence: &Evidence,
    welcomes: bool,
) -> Result<Answered> {
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
        let address_hash = suppressions::hash(keys, &row.email_key);
        suppressions::lift(tx, &address_hash)?;
        let answered = unanswered_questions::table;
        diesel::delete(answered.filter(unanswered_questions::address_hash.eq(&address_hash)))
            .execute(&mut **tx)?;
        evidence::append(tx, id, evidence)?;
        tx.append(Event::SubscriberConfirmed(id));
        if welcomes {
            outbox::order(tx, tx.new_id()?, outbox::Kind::Welcome, id)?;
        }
    }
    close_questions(tx, id)?;
    Ok(Answered::Confirmed)
}

/// Ends the mail to a subscriber, for that reason and with the evidence of it. Done twice is done once.
///
/// # Errors
/// When the database refuses.
pub fn end(
    tx: &mut Tx<'_>,
    keys: &Keys,
    id: SubscriberId,
    reason: Reason,
    evidence: &Evidence,
) -> Result<()> {
    let now = tx.now();
    let Some(row) = lock(tx, id)? else { return Ok(()) };
    if let Some(status) = row.status.end(reason) {
        let left = (status == Status::Unsubscribed).then_some(now);
        diesel::update(subscribers::table.filter(subscribers::id.eq(id)))
            .set((
                subscribers::status.eq(status),
                left.map(|left| subscribers::unsubscribed_at.eq(Some(left))),
                subscribers::updated_at.eq(now),
            ))
            .execute(&mut **tx)?;
        evidence::append(tx, id, evidence)?;
        let event = match status {
            Status::Bounced => Event::SubscriberBounced(id),
            Status::Complained => Event::SubscriberComplained(id),
            _ => Event::SubscriberLeft(id),
        };
        tx.append(event);
    }
    suppressions::suppress(tx, &suppressions::hash(keys, &row.email_key), reason)?;
    close_questions(tx, id)
}

pub(super) fn close_questions(tx: &mut Tx<'_>, id: SubscriberId) -> Result<()> {
    let now = tx.now();
    let open = confirmations::table
        .filter(confirmations::subscriber_id.eq(id))
        .filter(confirmations::closed_at.is_null());
    diesel::update(open).set(confirmations::closed_at.eq(Some(now))).execute(&mut **tx)?;
    Ok(())
}
