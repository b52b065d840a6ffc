//! Reads the log of events and purges the keys of each.

use std::collections::VecDeque;
use std::time::Duration;

use tokio::sync::watch;

use super::batch::Batch;
use super::provider::Provider;
use super::store;
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::db::leases::Lease;
use crate::base::error::Result;
use crate::base::events;
use crate::base::http::public::EVERYTHING;
use crate::base::metrics::Outcome;
use crate::base::outbound::{Answer, Failure};

/// How long events are gathered into one request.
const GATHER: Duration = Duration::from_millis(250);
/// After which time keys are purged again: by then, every replica knows of their events.
const AGAIN: Duration = Duration::from_secs(2);
/// The lease of the server that purges.
const LEASE: &str = "cdn";
/// How long it lasts. Another server takes over after that.
const LEASE_FOR: Duration = Duration::from_secs(10);
/// How long the longest pause between two turns is, so that the lease is renewed in time.
const IDLE: Duration = Duration::from_secs(3);
/// How often a server looks whether another one is still at work.
const OTHERS: Duration = Duration::from_secs(1);
/// How many events are read at once.
const EVENTS: i64 = 500;
/// How long to wait after the first failure; after each further one, twice as long.
const RETRY: Duration = Duration::from_secs(5);
/// How long to wait at most: readers get old responses meanwhile.
const MAX_RETRY: Duration = Duration::from_secs(300);
/// How long a server that stops goes on to purge.
const LAST_TURNS: Duration = Duration::from_secs(5);

/// Purges the cache in front of the server.
#[derive(Debug)]
pub struct Purger {
    provider: Provider,
    lease: Lease,
    work: Option<Work>,
}

/// What the server that has the lease knows.
#[derive(Debug)]
struct Work {
    /// Up to which event the log has been read.
    read: i64,
    /// What has not been purged, and until when it is gathered.
    fresh: Batch,
    gather_until: Timestamp,
    /// What is to be purged again, and when.
    again: VecDeque<(Timestamp, Batch)>,
    /// When requests were made.
    requests: VecDeque<Timestamp>,
    failures: u32,
    /// When the next request may be made after a failure.
    retry_at: Timestamp,
}

/// Purges until `stop` turns true, and then what is left.
pub async fn run_until(mut purger: Purger, app: App, mut stop: watch::Receiver<bool>) {
    let mut newest = app.db.generation().watch();
    while !*stop.borrow() {
        newest.mark_unchanged();
        let pause = purger.turn(&app).await.unwrap_or_else(|error| {
            log::warn!("the cache in front cannot be purged: {error}");
            purger.work = None;
            OTHERS
        });
        tokio::select! {
            () = app.clock.sleep(pause) => {}
            _ = newest.changed() => {}
            _ = stop.changed() => {}
        }
    }
    let end = app.clock.now().plus(LAST_TURNS);
    while purger.has_work() && app.clock.now() < end {
        match purger.turn(&app).await {
            Ok(pause) => app.clock.sleep(pause).await,
            Err(_) => break,
        }
    }
    if let Err(error) = purger.lease.release(&app.db).await {
        log::warn!("another server purges the cache in front only after {} s: {error}", LEASE_FOR.as_secs());
    }
}

impl Purger {
    /// That of the settings, if there is one.
    ///
    /// # Errors
    /// As [`Provider::open`].
    pub fn open(app: &App) -> Result<Option<Self>> {
        let Some(provider) = Provider::open(&app.config)? else { return Ok(None) };
        let holder = app.random.id(app.clock.now())?;
        Ok(Some(Self { provider, lease: Lease::new(LEASE, holder, LEASE_FOR), work: None }))
    }

    /// Whether there is something to purge, now or again.
    #[must_use]
    pub fn has_work(&self) -> bool {
        self.work.as_ref().is_some_and(|work| !work.fresh.is_empty() || !work.again.is_empty())
    }

    /// Does what is due now. Returns how long to wait before the next turn.
    ///
    /// # Errors
    /// When the database is away.
    pub async fn turn(&mut self, app: &App) -> Result<Duration> {
        // A quiet copy calls nobody.
        if app.db.generation().is_quiet() || !self.lease.hold(&app.db, app.clock.now()).await? {
            self.work = None;
            return Ok(OTHERS);
        }
        let work = match &mut self.work {
            Some(work) => work,
            none => {
                let done = app.db.read_inline(store::purged_to).await?;
                none.insert(Work::after(done, app.db.generation().number()))
            }
        };
        work.read(app, self.provider.max_keys()).await?;
        let now = app.clock.now();
        let until = |at: Timestamp| {
            Duration::from_micros((at.as_micros() - now.as_micros()).try_into().unwrap_or_default())
        };
        let Some(due) = work.due_at().map(|due| due.max(work.request_at(&self.provider))) else {
            return Ok(IDLE);
        };
        if due > now {
            return Ok(until(due).min(IDLE));
        }
        self.purge(app).await?;
        Ok(Duration::ZERO)
    }

    /// Purges what is due, in one request.
    async fn purge(&mut self, app: &App) -> Result<()> {
        let Some(work) = &mut self.work else { return Ok(()) };
        let now = app.clock.now();
        let is_first = !work.fresh.is_empty() && work.gather_until <= now;
        let due = work.again.iter().take_while(|(at, _)| *at <= now).count();
        let first = if is_first { work.fresh.clone() } else { Batch::default() };
        let keys = first.with(work.again.iter().take(due).map(|(_, batch)| batch), self.provider.max_keys());
        if self.provider.max_requests().is_some() {
            work.requests.push_back(now);
        }
        let sending = app.outbound.send(self.provider.request(&keys));
        let outcome = self.lease.keep(&app.db, &app.clock, sending).await;
        let result = if succeeded(&outcome) { "purged" } else { "failed" };
        app.metrics.purges.get_or_create(&Outcome { result }).inc();
        if !succeeded(&outcome) {
            work.fail(app, &outcome)?;
            return Ok(());
        }
        if work.failures > 0 {
            log::info!("the cache in front is purged again");
        }
        work.failures = 0;
        let done = work.again.drain(..due).next_back().map(|(_, batch)| batch.to);
        if is_first {
            let purged = std::mem::replace(&mut work.fresh, Batch::to(work.read));
            work.again.push_back((app.clock.now().plus(AGAIN), purged));
        }
        if let Some(done) = done {
            let lease = self.lease.proof();
            if !app.db.write(move |tx| store::record(tx, lease, done)).await? {
                self.work = None;
            }
        }
        Ok(())
    }
}

impl Work {
    /// Continues after an event. If it is not known, everything up to `newest` is unknown to the cache.
    fn after(done: Option<i64>, newest: i64) -> Self {
        let mut fresh = Batch::to(done.unwrap_or(newest));
        if done.is_none() {
            fresh.extend([EVERYTHING.to_owned()], 1);
        }
        Self {
            read: fresh.to,
            fresh,
            gather_until: Timestamp::MIN,
            again: VecDeque::new(),
            requests: VecDeque::new(),
            failures: 0,
            retry_at: Timestamp::MIN,
        }
    }

    /// Reads the log to its end, as far as readers see it.
    async fn read(&mut self, app: &App, max_keys: usize) -> Result<()> {
        let newest = app.db.generation().number();
        while self.read < newest {
            let after = self.read;
            let found = app.db.read(move |conn| events::read(conn, after, EVENTS)).await?;
            let is_all = i64::try_from(found.len()).unwrap_or(EVENTS) < EVENTS;
            let last = found.last().map_or(newest, |event| event.number);
            if self.fresh.is_empty() {
                self.gather_until = app.clock.now().plus(GATHER);
            }
            // What another version of this program has written may have touched anything.
            let keys = |event: events::Recorded| {
                event.event.map_or_else(|| vec![EVERYTHING.to_owned()], |event| event.keys())
            };
            self.fresh.extend(found.into_iter().flat_map(keys), max_keys);
            self.read = if is_all { last.max(newest) } else { last };
            self.fresh.to = self.read;
        }
        Ok(())
    }

    /// When the next keys are to be purged.
    fn due_at(&self) -> Option<Timestamp> {
        let first = (!self.fresh.is_empty()).then_some(self.gather_until);
        let again = self.again.front().map(|(at, _)| *at);
        first.into_iter().chain(again).min()
    }

    /// When the next request may be made.
    fn request_at(&mut self, provider: &Provider) -> Timestamp {
        let Some((count, time)) = provider.max_requests() else { return self.retry_at };
        while self.requests.len() > count {
            self.requests.pop_front();
        }
        let oldest = self.requests.front().filter(|_| self.requests.len() == count);
        oldest.map_or(self.retry_at, |oldest| oldest.plus(time).max(self.retry_at))
    }

    fn fail(&mut self, app: &App, outcome: &Result<Answer, Failure>) -> Result<()> {
        let [chance] = app.random.bytes::<1>()?;
        let wait = RETRY.saturating_mul(1 << self.failures.min(16)).min(MAX_RETRY);
        let wait = wait + wait * u32::from(chance) / 2550;
        let wanted = outcome.as_ref().ok().and_then(|answer| answer.retry_after.as_ref()?.parse().ok());
        let wait = wait.max(Duration::from_secs(wanted.unwrap_or_default())).min(2 * MAX_RETRY);
        self.failures += 1;
        self.retry_at = app.clock.now().plus(wait);
        let why = match outcome {
            Ok(answer) => format!("{} {}", answer.status, String::from_utf8_lossy(&answer.body)),
            Err(Failure::Refused(why) | Failure::Failed(why)) => why.clone(),
            Err(Failure::TimedOut) => "no response in time".to_owned(),
        };
        log::warn!("the cache in front could not be purged, next try in {} s: {why}", wait.as_secs());
        Ok(())
    }
}

fn succeeded(outcome: &Result<Answer, Failure>) -> bool {
    outcome.as_ref().is_ok_and(|answer| (200..300).contains(&answer.status))
}
