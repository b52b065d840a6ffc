//! What becomes of deliveries: delivered, tried again, or dead; and of webhooks that keep failing.

use std::str::FromStr as _;
use std::time::{Duration, UNIX_EPOCH};

use actix_web::http::header::HttpDate;

use super::deliveries::{self, DeliveryRow, Try};
use super::emails::send_disabled;
use super::progress;
use super::store;
use super::{DeliveryState, DisabledReason};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::ids::{WebhookDeliveryId, WebhookId};

/// The pauses after failures, in seconds. After the failure that follows the last, a delivery is dead.
pub const PAUSES: [u64; 9] = [5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400];
/// The longest pause that a receiver can ask for.
const MAX_PAUSE: Duration = Duration::from_secs(24 * 3600);
/// How long a webhook may fail before it is disabled.
const PATIENCE: Duration = Duration::from_secs(5 * 24 * 3600);
/// How many deliveries of a webhook are retried alone: the oldest of more are dead.
const MAX_ALONE: i64 = 1000;

/// What came back of a request.
pub struct Exchange {
    /// The try.
    pub tried: Try,
    /// The header `Retry-After`.
    pub retry_after: Option<String>,
    /// The beginning of the response's body.
    pub response: Option<String>,
}

/// What a try means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The receiver accepted the delivery.
    Delivered,
    /// The receiver cannot be reached, or is overloaded: everything waits.
    Waits,
    /// The receiver does not accept this delivery. It is retried alone.
    Alone,
    /// The receiver wants no more.
    Gone,
    /// It was not sent.
    Withheld,
}

impl Verdict {
    fn of(status: Option<u16>) -> Self {
        match status {
            Some(200..300) => Self::Delivered,
            Some(410) => Self::Gone,
            Some(429) => Self::Waits,
            Some(400..500) => Self::Alone,
            _ => Self::Waits,
        }
    }

    /// The label in the metrics.
    pub fn label(self) -> &'static str {
        match self {
            Self::Delivered => "delivered",
            Self::Waits => "failed",
            Self::Alone => "rejected",
            Self::Gone => "gone",
            Self::Withheld => "withheld",
        }
    }
}

/// What became of a try to deliver.
#[derive(Debug, Clone)]
pub(super) struct Outcome {
    delivery: WebhookDeliveryId,
    /// The URL that it was sent to, if it was.
    url: Option<String>,
    pub verdict: Verdict,
    tried: Option<Try>,
    retry_after: Option<String>,
    response: Option<String>,
}

impl Outcome {
    pub fn of(row: &DeliveryRow, url: String, exchange: Exchange) -> Self {
        let Exchange { tried, retry_after, response } = exchange;
        let verdict = Verdict::of(tried.status);
        Self { delivery: row.id, url: Some(url), verdict, tried: Some(tried), retry_after, response }
    }

    pub fn withheld(row: &DeliveryRow) -> Self {
        let (delivery, verdict) = (row.id, Verdict::Withheld);
        Self { delivery, url: None, verdict, tried: None, retry_after: None, response: None }
    }

    /// Whether it failed at another URL than this one.
    fn failed_elsewhere(&self, url: &str) -> bool {
        self.verdict != Verdict::Delivered && self.url.as_deref().is_some_and(|sent_to| sent_to != url)
    }
}

/// Records outcomes of a webhook, in their order. A failure at a former URL is listed as a try but does not count.
pub(super) fn record(tx: &mut Tx<'_>, app: &App, id: WebhookId, outcomes: &[Outcome]) -> Result<()> {
    let mut webhook = match store::lock(tx, id) {
        Ok(webhook) => webhook,
        // It was deleted meanwhile.
        Err(Error::NotFound(_)) => return Ok(()),
        Err(error) => return Err(error),
    };
    let Some(before) = progress::find(tx, &[id])?.into_iter().next() else { return Ok(()) };
    let (mut waits_until, mut failing_since, mut reason) = (before.waits_until, before.failing_since, None);
    let now = tx.now();
    for outcome in outcomes {
        let Some(mut row) = deliveries::find_waiting(tx, outcome.delivery)? else { continue };
        if outcome.failed_elsewhere(&webhook.url) {
            add_try(&mut row, outcome);
            deliveries::save(tx, &row)?;
            continue;
        }
        let in_order = !row.alone;
        apply(tx, &mut row, outcome)?;
        deliveries::save(tx, &row)?;
        match outcome.verdict {
            Verdict::Delivered => {
                waits_until = waits_until.filter(|_| !in_order);
                failing_since = None;
            }
            Verdict::Withheld => {}
            Verdict::Waits | Verdict::Alone | Verdict::Gone => {
                let since =
                    *failing_since.get_or_insert(outcome.tried.as_ref().map_or(now, |tried| tried.at));
                if now >= since.plus(PATIENCE) {
                    reason = Some(DisabledReason::Failing);
                }
            }
        }
        if outcome.verdict == Verdict::Waits && in_order {
            waits_until = row.next_try_at;
        }
        if outcome.verdict == Verdict::Gone {
            reason = Some(DisabledReason::Gone);
        }
    }
    if outcomes.iter().any(|outcome| outcome.verdict == Verdict::Alone) {
        deliveries::mark_oldest_dead(tx, id, MAX_ALONE)?;
    }
    // A webhook with nothing to send does not count as failing.
    if failing_since.is_some() && !deliveries::any_waits(tx, id)? {
        failing_since = None;
    }
    progress::record(tx, id, waits_until, failing_since)?;
    match reason.filter(|_| webhook.enabled) {
        Some(reason) => {
            store::disable(tx, &mut webhook, reason)?;
            log::warn!("webhook {id} is disabled: {}", reason.as_str());
            send_disabled(tx, app, &webhook, reason)
        }
        None => Ok(()),
    }
}

fn add_try(row: &mut DeliveryRow, outcome: &Outcome) {
    if let Some(tried) = &outcome.tried {
        deliveries::add_try(row, tried.clone());
        row.response.clone_from(&outcome.response);
    }
}

/// Changes a delivery as its outcome says.
fn apply(tx: &mut Tx<'_>, row: &mut DeliveryRow, outcome: &Outcome) -> Result<()> {
    add_try(row, outcome);
    row.next_try_at = None;
    match outcome.verdict {
        Verdict::Delivered => (row.state, row.body) = (DeliveryState::Delivered, None),
        Verdict::Withheld => (row.state, row.body) = (DeliveryState::Withheld, None),
        Verdict::Gone => row.state = DeliveryState::Dead,
        Verdict::Waits | Verdict::Alone => {
            row.attempts += 1;
            row.alone |= outcome.verdict == Verdict::Alone;
            match pause(row.attempts, tx.random().bytes()?) {
                None => row.state = DeliveryState::Dead,
                Some(pause) => {
                    let asked = outcome.retry_after.as_deref().and_then(|text| asked_pause(text, tx.now()));
                    row.next_try_at = Some(tx.now().plus(pause.max(asked.unwrap_or_default())));
                }
            }
        }
    }
    Ok(())
}

/// The pause after that many failures, up to a tenth longer by chance; `None` if there were too many.
fn pause(attempts: i64, [chance]: [u8; 1]) -> Option<Duration> {
    let at = usize::try_from(attempts - 1).ok()?;
    let seconds = Duration::from_secs(*PAUSES.get(at)?);
    Some(seconds + seconds * u32::from(chance) / 2560)
}

/// The pause that `Retry-After` asks for: seconds, or a date (RFC 9110, section 10.2.3).
fn asked_pause(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds).min(MAX_PAUSE));
    }
    let at = std::time::SystemTime::from(HttpDate::from_str(text).ok()?).duration_since(UNIX_EPOCH).ok()?;
    let now = Duration::from_micros(u64::try_from(now.as_micros()).ok()?);
    Some(at.saturating_sub(now).min(MAX_PAUSE))
}
