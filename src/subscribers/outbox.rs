//! The mails to subscribers: each is a row, so that it is sent once, whoever sends it. One that was handed over or refused
//! is never sent again; one whose sender died in the middle may be, with the same `Message-ID`.

use std::time::Duration;

use diesel::prelude::*;
use serde::{Deserialize, Serialize};

use super::{Status, suppressions};
use crate::auth::Keys;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::db::schema::{confirmations, mails, subscribers};
use crate::base::error::{Error, Result};
use crate::base::ids::{MailId, SubscriberId};
use crate::base::jobs;

/// How long a try to send may take before another one believes it dead. Longer than a mail server is waited for, so
/// that no two workers send the same mail.
pub(super) const TRY: Duration = Duration::from_secs(240);

/// The job that sends a mail.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SendEmail {
    /// Which.
    pub mail: MailId,
}

/// What a mail is for.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Serialize,
    Deserialize,
    diesel::expression::AsExpression,
    diesel::deserialize::FromSqlRow,
)]
#[diesel(sql_type = diesel::sql_types::Text)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// It asks to confirm.
    Confirmation,
    /// It thanks for having confirmed.
    Welcome,
}

crate::text_column!(Kind);

impl Kind {
    fn as_str(self) -> &'static str {
        match self {
            Self::Confirmation => "confirmation",
            Self::Welcome => "welcome",
        }
    }

    #[expect(clippy::needless_pass_by_value, reason = "what columns of text give")]
    fn from_stored(name: String) -> Self {
        if name == "welcome" { Self::Welcome } else { Self::Confirmation }
    }
}

/// Writes down that a mail is to be sent.
pub(super) fn order(tx: &mut Tx<'_>, id: MailId, kind: Kind, subscriber: SubscriberId) -> Result<()> {
    let now = tx.now();
    diesel::insert_into(mails::table)
        .values((
            mails::id.eq(id),
            mails::subscriber_id.eq(subscriber),
            mails::kind.eq(kind),
            mails::created_at.eq(now),
        ))
        .execute(&mut **tx)?;
    jobs::enqueue(tx, &SendEmail { mail: id }, now)
}

/// What is to be sent to whom, if it is still to be sent, nobody else is sending it, and the person still is where the
/// mail finds them: a question that is open, a welcome to someone who is subscribed.
pub(super) fn claim(tx: &mut Tx<'_>, keys: &Keys, mail: MailId) -> Result<Option<(Kind, SubscriberId)>> {
    let now = tx.now();
    let unsent = mails::table
        .filter(mails::id.eq(mail))
        .filter(mails::sent_at.is_null())
        .filter(mails::refused_at.is_null());
    let found: Option<(Kind, SubscriberId)> =
        unsent.select((mails::kind, mails::subscriber_id)).get_result(&mut **tx).optional()?;
    let Some((kind, subscriber)) = found else { return Ok(None) };
    let is_due: bool = match kind {
        Kind::Confirmation => {
            let open = confirmations::table
                .filter(confirmations::id.eq(mail))
                .filter(confirmations::closed_at.is_null())
                .filter(confirmations::expires_at.gt(now));
            diesel::select(diesel::dsl::exists(open)).get_result(&mut **tx)?
        }
        Kind::Welcome => {
            let confirmed = subscribers::table
                .filter(subscribers::id.eq(subscriber))
                .filter(subscribers::status.eq(Status::Confirmed));
            let key: Option<String> =
                confirmed.select(subscribers::email_key).get_result(&mut **tx).optional()?;
            match key {
                Some(key) => suppressions::find(tx, &suppressions::hash(keys, &key))?.is_none(),
                None => false,
            }
        }
    };
    if !is_due {
        return Ok(None);
    }
    let free = unsent.filter(mails::tried_at.is_null().or(mails::tried_at.le(now.minus(TRY))));
    if diesel::update(free).set(mails::tried_at.eq(Some(now))).execute(&mut **tx)? == 0 {
        return Err(Error::unavailable("another worker is sending this mail"));
    }
    Ok(Some((kind, subscriber)))
}

/// Writes down how it went: sent, refused, or to be tried again.
pub(super) fn settle(tx: &mut Tx<'_>, mail: MailId, sent: Option<bool>) -> Result<()> {
    let now = tx.now();
    let at = |is: bool| is.then_some(now);
    diesel::update(mails::table.filter(mails::id.eq(mail)))
        .set((
            mails::sent_at.eq(at(sent == Some(true))),
            mails::refused_at.eq(at(sent == Some(false))),
            mails::tried_at.eq(None::<Timestamp>),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// Drops up to `most` mails of before `at`, and says how many.
pub(super) fn purge(tx: &mut Tx<'_>, at: Timestamp, most: i64) -> Result<usize> {
    let old: Vec<MailId> =
        mails::table.filter(mails::created_at.le(at)).select(mails::id).limit(most).load(&mut **tx)?;
    Ok(diesel::delete(mails::table.filter(mails::id.eq_any(&old))).execute(&mut **tx)?)
}
