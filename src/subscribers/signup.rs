//! Signing up: anybody can do it with anybody's address.

use diesel::prelude::*;

use super::confirmations::RequestConfirmation;
use super::consent::Status;
use super::evidence::{self, Evidence};
use super::profile::{Custom, Line};
use super::topics;
use crate::base::db::Tx;
use crate::base::db::schema::{subscriber_topics, subscribers};
use crate::base::db::types::Json;
use crate::base::error::Result;
use crate::base::ids::SubscriberId;
use crate::base::jobs;
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::base::text::slug::Slug;

/// What someone states who signs up.
#[derive(Debug, Clone)]
pub struct SignUp {
    /// The address to write to.
    pub email: EmailAddress,
    /// The name.
    pub name: Option<Line>,
    /// The language they read; the site's if they do not state one.
    pub locale: Locale,
    /// The topics they chose. Those that cannot be followed are left out.
    pub topics: Vec<Slug>,
    /// Where and how they signed up.
    pub evidence: Evidence,
}

/// The statuses in which a sign-up, which may be a stranger's, changes the profile: never while someone is subscribed.
const UPDATABLE: [Status; 4] = [Status::Pending, Status::Unsubscribed, Status::Bounced, Status::Complained];

/// Records a sign-up and enqueues the decision whether a confirmation request is sent. New or known, whatever the
/// status: the statements are the same, so that neither the response nor its time gives anything away.
pub fn sign_up(tx: &mut Tx<'_>, sign_up: &SignUp) -> Result<()> {
    let now = tx.now();
    let row = diesel::insert_into(subscribers::table).values((
        subscribers::id.eq(tx.new_id::<SubscriberId>()?),
        subscribers::email.eq(sign_up.email.as_str()),
        subscribers::email_key.eq(sign_up.email.key()),
        subscribers::status.eq(Status::Pending),
        subscribers::locale.eq(&sign_up.locale),
        subscribers::custom.eq(Json::<Custom>::default()),
        subscribers::signed_up_at.eq(now),
        subscribers::created_at.eq(now),
        subscribers::updated_at.eq(now),
    ));
    crate::on_each!(&mut **tx, conn => row.on_conflict_do_nothing().execute(conn))?;
    let own = subscribers::table.filter(subscribers::email_key.eq(sign_up.email.key()));
    let id: SubscriberId = diesel::update(own)
        .set(subscribers::signed_up_at.eq(now))
        .returning(subscribers::id)
        .get_result(&mut **tx)
        .optional()?
        // Erased between the two statements: a second run inserts a new row.
        .ok_or_else(Tx::retry)?;
    let updatable =
        || subscribers::table.filter(subscribers::id.eq(id)).filter(subscribers::status.eq_any(UPDATABLE));
    diesel::update(updatable())
        .set((
            sign_up.name.as_ref().map(|name| subscribers::name.eq(name)),
            sign_up.evidence.source.as_ref().map(|source| subscribers::source.eq(source)),
            subscribers::locale.eq(&sign_up.locale),
        ))
        .execute(&mut **tx)?;
    if !sign_up.topics.is_empty() {
        let chosen = subscriber_topics::table.filter(subscriber_topics::subscriber_id.eq(id));
        diesel::delete(chosen.filter(diesel::dsl::exists(updatable()))).execute(&mut **tx)?;
        topics::follow(tx, id, &sign_up.topics, &UPDATABLE)?;
    }
    evidence::append(tx, id, &sign_up.evidence)?;
    jobs::enqueue(tx, &RequestConfirmation { subscriber: id }, now)
}
