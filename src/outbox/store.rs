//! The rows of the outbox.

use std::time::Duration;

use diesel::prelude::*;

use super::content::Content;
use super::{Email, Recipient, SendEmail};
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::schema::outbox_emails;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::ids::{ArticleId, EmailId, IsId as _, SubjectId};
use crate::base::jobs;
use crate::base::text::Locale;

/// How long a worker may take to send an email before another one takes over. Longer than the mail server is waited for, so
/// that no two workers send the same email.
pub(super) const CLAIM: Duration = Duration::from_secs(240);
/// How many rows one write deletes.
const BATCH: i64 = 250;
/// How long the rows of emails are kept.
const KEPT_FOR: Duration = Duration::from_secs(30 * 24 * 3600);

/// An email that this worker is to send.
pub(super) struct ClaimedEmail {
    pub template: String,
    pub locale: Locale,
    pub content: Content,
}

/// What became of a try to send.
#[derive(Debug, Clone)]
pub(super) enum Delivery {
    /// The mail server accepted it.
    Sent,
    /// The mail server refused it for good, for that reason.
    Failed(String),
    /// It is to be tried again.
    Deferred(String),
}

/// Adds an email to the outbox and returns its id.
pub fn enqueue(tx: &mut Tx<'_>, keys: &Keys, email: &Email) -> Result<EmailId> {
    let (id, now) = (tx.new_id::<EmailId>()?, tx.now());
    let (kind, recipient) = email.recipient.map(Recipient::columns).unzip();
    let sealed = Content::of(email).seal(tx, keys)?;
    diesel::insert_into(outbox_emails::table)
        .values((
            outbox_emails::id.eq(id),
            outbox_emails::recipient_kind.eq(kind),
            outbox_emails::recipient_id.eq(recipient.map(SubjectId::from_uuid)),
            outbox_emails::article_id.eq(email.article),
            outbox_emails::template.eq(email.template),
            outbox_emails::locale.eq(&email.locale),
            outbox_emails::content.eq(Some(sealed)),
            outbox_emails::attempts.eq(0),
            outbox_emails::created_at.eq(now),
            outbox_emails::expires_at.eq(email.expires_at),
        ))
        .execute(&mut **tx)?;
    jobs::enqueue(tx, &SendEmail { email: id }, now)?;
    Ok(id)
}

/// What is read of a waiting email: template, locale, sealed content, expiry.
type Waiting = (String, Locale, Option<Vec<u8>>, Option<Timestamp>);

/// Claims an email for sending; `None` if it is sent, failed, expired or cancelled.
pub(super) fn claim(tx: &mut Tx<'_>, keys: &Keys, id: EmailId) -> Result<Option<ClaimedEmail>> {
    let now = tx.now();
    let waiting = outbox_emails::table
        .filter(outbox_emails::id.eq(id))
        .filter(outbox_emails::sent_at.is_null())
        .filter(outbox_emails::failed_at.is_null());
    let found: Option<Waiting> = waiting
        .select((
            outbox_emails::template,
            outbox_emails::locale,
            outbox_emails::content,
            outbox_emails::expires_at,
        ))
        .get_result(&mut **tx)
        .optional()?;
    let Some((template, locale, Some(sealed), expires_at)) = found else { return Ok(None) };
    if expires_at.is_some_and(|at| at <= now) {
        record(tx, id, &Delivery::Failed("expired".to_owned()))?;
        return Ok(None);
    }
    let unclaimed = outbox_emails::claimed_at.is_null().or(outbox_emails::claimed_at.le(now.minus(CLAIM)));
    let claimed = diesel::update(waiting.filter(unclaimed))
        .set((
            outbox_emails::claimed_at.eq(Some(now)),
            outbox_emails::attempts.eq(outbox_emails::attempts + 1),
        ))
        .execute(&mut **tx)?;
    if claimed == 0 {
        return Err(Error::unavailable("another worker is sending this email"));
    }
    Ok(Some(ClaimedEmail { template, locale, content: Content::unseal(keys, &sealed)? }))
}

/// Records a try. What is not tried again loses its content.
pub(super) fn record(tx: &mut Tx<'_>, id: EmailId, delivery: &Delivery) -> Result<()> {
    let now = tx.now();
    let (sent_at, failed_at, error) = match delivery {
        Delivery::Sent => (Some(now), None, None),
        Delivery::Failed(why) => (None, Some(now), Some(why)),
        Delivery::Deferred(why) => (None, None, Some(why)),
    };
    let is_final = sent_at.or(failed_at).is_some();
    diesel::update(outbox_emails::table.filter(outbox_emails::id.eq(id)))
        .set((
            outbox_emails::claimed_at.eq(None::<Timestamp>),
            outbox_emails::sent_at.eq(sent_at),
            outbox_emails::failed_at.eq(failed_at),
            outbox_emails::last_error.eq(error),
            is_final.then_some(outbox_emails::content.eq(None::<Vec<u8>>)),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// When the mail server accepted an email; `None` if it has not.
pub fn sent_at(conn: &mut Connection, id: EmailId) -> Result<Option<Timestamp>> {
    let row = outbox_emails::table.filter(outbox_emails::id.eq(id)).select(outbox_emails::sent_at);
    Ok(row.get_result(conn).optional()?.flatten())
}

/// Cancels those of these emails that are not sent yet.
pub fn cancel_emails(tx: &mut Tx<'_>, ids: &[EmailId]) -> Result<()> {
    let waiting =
        outbox_emails::table.filter(outbox_emails::id.eq_any(ids)).filter(outbox_emails::sent_at.is_null());
    diesel::delete(waiting).execute(&mut **tx)?;
    Ok(())
}

/// Cancels the emails to a recipient that are not sent yet.
pub fn cancel(tx: &mut Tx<'_>, recipient: Recipient) -> Result<()> {
    let (kind, id) = recipient.columns();
    let waiting = outbox_emails::table
        .filter(outbox_emails::recipient_kind.eq(kind))
        .filter(outbox_emails::recipient_id.eq(SubjectId::from_uuid(id)))
        .filter(outbox_emails::sent_at.is_null());
    diesel::delete(waiting).execute(&mut **tx)?;
    Ok(())
}

/// Deletes every row of a recipient who is erased.
pub fn forget(tx: &mut Tx<'_>, recipient: Recipient) -> Result<()> {
    let (kind, id) = recipient.columns();
    let own = outbox_emails::table
        .filter(outbox_emails::recipient_kind.eq(kind))
        .filter(outbox_emails::recipient_id.eq(SubjectId::from_uuid(id)));
    diesel::delete(own).execute(&mut **tx)?;
    Ok(())
}

/// Deletes up to 250 rows of emails about an article that is purged. Returns whether there may be more.
pub fn forget_about(tx: &mut Tx<'_>, article: ArticleId) -> Result<bool> {
    let about: Vec<EmailId> = outbox_emails::table
        .filter(outbox_emails::article_id.eq(Some(article)))
        .select(outbox_emails::id)
        .limit(BATCH)
        .load(&mut **tx)?;
    delete_some(tx, &about)
}

/// Those of these emails that have no row.
pub(super) fn without_row(conn: &mut Connection, ids: &[EmailId]) -> Result<Vec<EmailId>> {
    let kept: Vec<EmailId> =
        outbox_emails::table.filter(outbox_emails::id.eq_any(ids)).select(outbox_emails::id).load(conn)?;
    Ok(ids.iter().copied().filter(|id| !kept.contains(id)).collect())
}

/// Deletes up to 250 rows that have been kept long enough. Returns whether there may be more.
pub fn purge(tx: &mut Tx<'_>) -> Result<bool> {
    let before = tx.now().minus(KEPT_FOR);
    let old: Vec<EmailId> = outbox_emails::table
        .filter(outbox_emails::created_at.le(before))
        .select(outbox_emails::id)
        .limit(BATCH)
        .load(&mut **tx)?;
    delete_some(tx, &old)
}

/// Deletes these rows. Returns whether there are as many as one write deletes.
fn delete_some(tx: &mut Tx<'_>, ids: &[EmailId]) -> Result<bool> {
    diesel::delete(outbox_emails::table.filter(outbox_emails::id.eq_any(ids))).execute(&mut **tx)?;
    Ok(i64::try_from(ids.len()).is_ok_and(|count| count == BATCH))
}
