//! Erasing subscribers: on request, and when nobody confirmed in time.

use std::time::Duration;

use diesel::prelude::*;

use super::consent::{PENDING_FOR, REQUESTS_KEPT_FOR, Reason, Status};
use super::store::lock;
use super::{confirmations, evidence, suppressions};
use crate::auth::Keys;
use crate::base::db::Tx;
use crate::base::db::schema::{confirmation_requests, subscribers};
use crate::base::error::{Error, Result};
use crate::base::events::Event;
use crate::base::ids::SubscriberId;
use crate::outbox::{self, Recipient};

/// How long after a sign-up its confirmation request is sent at the latest.
const REQUESTED_WITHIN: Duration = Duration::from_secs(3600);
/// How many rows of a kind one write deletes.
const BATCH: i64 = 250;

/// Erases a subscriber with every confirmation request, email and piece of evidence. The event log and waiting jobs keep an
/// id that no longer names anybody; of the address a keyed hash stays, so that no import adds it again.
pub fn erase(tx: &mut Tx<'_>, keys: &Keys, id: SubscriberId) -> Result<()> {
    let row = lock(tx, id)?.ok_or(Error::NotFound("subscriber"))?;
    // Why they were sent nothing is remembered beyond the person.
    let reason = row.status.suppression().unwrap_or(Reason::Erased);
    suppressions::suppress(tx, &suppressions::hash(keys, &row.email_key), reason)?;
    outbox::forget(tx, Recipient::Subscriber(id))?;
    diesel::delete(subscribers::table.filter(subscribers::id.eq(id))).execute(&mut **tx)?;
    tx.append(Event::SubscriberErased(id));
    outbox::delete_traces(tx)
}

/// Deletes subscribers who did not confirm in time, old confirmation requests, and consent texts that no evidence refers to.
/// Returns whether there may be more.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let now = tx.now();
    // Somebody with an open request may still confirm, and somebody who has just signed up is yet to be sent one.
    let open_request = || {
        confirmation_requests::table
            .filter(confirmation_requests::subscriber_id.eq(subscribers::id))
            .filter(confirmation_requests::closed_at.is_null())
            .filter(confirmation_requests::expires_at.gt(now))
    };
    let unconfirmed = || {
        subscribers::table
            .filter(subscribers::status.eq(Status::Pending))
            .filter(subscribers::created_at.le(now.minus(PENDING_FOR)))
            .filter(subscribers::signed_up_at.le(now.minus(REQUESTED_WITHIN)))
            .filter(diesel::dsl::not(diesel::dsl::exists(open_request())))
    };
    let ids: Vec<SubscriberId> = unconfirmed().select(subscribers::id).limit(BATCH).load(&mut **tx)?;
    for id in &ids {
        // The filter is applied again to the locked row: they may have confirmed in the meantime.
        lock(tx, *id)?;
        if diesel::delete(unconfirmed().filter(subscribers::id.eq(id))).execute(&mut **tx)? == 1 {
            outbox::forget(tx, Recipient::Subscriber(*id))?;
            tx.append(Event::SubscriberErased(*id));
        }
    }
    if !ids.is_empty() {
        outbox::delete_traces(tx)?;
    }
    let requests = confirmations::purge(tx, now.minus(REQUESTS_KEPT_FOR), BATCH)?;
    let texts = evidence::purge_texts(tx, BATCH)?;
    let max = usize::try_from(BATCH).unwrap_or(0);
    Ok([ids.len(), requests, texts].contains(&max))
}
