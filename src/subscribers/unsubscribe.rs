//! The end of mail to a subscriber: they unsubscribed, the address bounced, or they complained.

use diesel::prelude::*;

use super::consent::{Reason, Status};
use super::evidence::{self, Evidence};
use super::store::lock;
use super::{confirmations, suppressions};
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::db::schema::subscribers;
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::SubscriberId;

/// Ends the mail to a subscriber for that reason: suppresses the address, updates the status, records the evidence, closes
/// open confirmation requests and cancels emails that wait. Has no further effect when repeated.
pub fn unsubscribe(
    tx: &mut Tx<'_>,
    keys: &Keys,
    id: SubscriberId,
    reason: Reason,
    evidence: &Evidence,
) -> Result<()> {
    let now = tx.now();
    unsubscribe_at(tx, keys, id, reason, Some(now), evidence)
}

/// The same for somebody who unsubscribed elsewhere, at `at` if that is known.
pub fn unsubscribe_at(
    tx: &mut Tx<'_>,
    keys: &Keys,
    id: SubscriberId,
    reason: Reason,
    at: Option<Timestamp>,
    evidence: &Evidence,
) -> Result<()> {
    let now = tx.now();
    let Some(row) = lock(tx, id)? else { return Ok(()) };
    if let Some(status) = row.status.suppress(reason) {
        let unsubscribed_at = (status == Status::Unsubscribed).then_some(at);
        diesel::update(subscribers::table.filter(subscribers::id.eq(id)))
            .set((
                subscribers::status.eq(status),
                unsubscribed_at.map(|at| subscribers::unsubscribed_at.eq(at)),
                subscribers::updated_at.eq(now),
            ))
            .execute(&mut **tx)?;
        evidence::append(tx, id, evidence)?;
        tx.append(match status {
            Status::Bounced => Event::SubscriberBounced(id),
            Status::Complained => Event::SubscriberComplained(id),
            _ => Event::SubscriberUnsubscribed(id),
        });
    }
    suppressions::suppress(tx, &suppressions::hash(keys, &row.email_key), reason)?;
    confirmations::close(tx, id)
}
