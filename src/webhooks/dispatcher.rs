//! Writes deliveries and sends them, on one server at a time: the one that has the lease. Several webhooks are served at the
//! same time, each with one request at a time, so that a receiver that does not respond delays no other.

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::BoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::watch;

use super::fill::{self, Found, Task};
use super::outcome::{self, Outcome};
use super::progress::{ProgressRow, Stream};
use super::store::{self, WebhookRow};
use super::{deliveries, send};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::db::leases::Lease;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::events;
use crate::base::ids::WebhookId;
use crate::base::metrics;

/// The longest pause between two looks for something to do.
const IDLE: Duration = Duration::from_millis(500);
/// How many webhooks are sent something at the same time.
const MAX_RUNS: usize = 32;
/// The lease of the dispatcher.
const LEASE: &str = "webhooks";
/// How long it lasts: longer than a request and its margin when two thirds are left.
const LEASE_FOR: Duration = Duration::from_secs(30);
/// How long a webhook is left alone after something has failed here, such as reading its secrets.
const HELD_FOR: Duration = Duration::from_secs(5);
/// A webhook's cursor is saved at least once per this many events, also if none matches: another server that takes over reads
/// at most these again.
const MAX_REREAD: i64 = 100;

/// A run of one webhook: resolves to the outcomes of its deliveries. It is a spawned task, so it continues while the dispatcher
/// awaits something else.
type Run = BoxFuture<'static, (WebhookId, Result<Vec<Outcome>>)>;

struct Dispatcher {
    app: App,
    lease: Lease,
    /// The webhooks that are being sent something, or were and that is not recorded.
    busy: BTreeSet<WebhookId>,
    /// What is not recorded yet.
    unrecorded: Vec<(WebhookId, Vec<Outcome>)>,
    /// How far the log was read for each webhook.
    read: HashMap<WebhookId, i64>,
    /// The webhooks whose events are being collected.
    collecting: HashMap<WebhookId, Collecting>,
    /// Webhooks that are skipped after an internal error, and until when.
    held: HashMap<WebhookId, Timestamp>,
    /// The number of each webhook's last run: those that have waited longest go first.
    begun: HashMap<WebhookId, u64>,
    runs: u64,
}

/// The time for which the events of a webhook are collected.
struct Collecting {
    /// When the webhook was last changed.
    changed_at: Timestamp,
    until: Timestamp,
}

/// What there is to do.
struct Outlook {
    newest: i64,
    webhooks: Vec<(WebhookRow, ProgressRow)>,
    due: BTreeSet<WebhookId>,
}

/// What a turn has done.
#[derive(Default)]
struct Turn {
    runs: Vec<Run>,
    /// Whether deliveries were written, or there is more to read.
    filled: bool,
}

/// Serves webhooks until `stop` turns true, then finishes what was begun.
pub async fn run_until(app: App, mut stop: watch::Receiver<bool>) {
    let mut dispatcher = match Dispatcher::start(app) {
        Ok(dispatcher) => dispatcher,
        // There are no random bytes.
        Err(error) => return log::error!("webhooks are not served: {error}"),
    };
    let mut runs: FuturesUnordered<Run> = FuturesUnordered::new();
    loop {
        let mut pause = IDLE;
        let is_stopping = *stop.borrow();
        if is_stopping && runs.is_empty() {
            break;
        }
        if !is_stopping {
            match dispatcher.turn(&stop).await {
                Ok(turn) => {
                    runs.extend(turn.runs);
                    if turn.filled {
                        pause = Duration::ZERO;
                    }
                }
                Err(error) => log::warn!("webhooks wait: {error}"),
            }
        }
        tokio::select! {
            Some(ended) = runs.next() => {
                dispatcher.ended(ended);
                while let Some(Some(ended)) = runs.next().now_or_never() {
                    dispatcher.ended(ended);
                }
            }
            () = tokio::time::sleep(pause) => {}
            _ = stop.changed(), if !is_stopping => {}
        }
    }
    if let Err(error) = dispatcher.end().await {
        log::warn!("webhooks: {error}");
    }
}

/// Serves webhooks until nothing is due, and returns how many deliveries were tried. For tests, which control the clock.
///
/// # Errors
/// When the database is away.
pub async fn run_due(app: &App) -> Result<usize> {
    let (_keep, stop) = watch::channel(false);
    let mut dispatcher = Dispatcher::start(app.clone())?;
    let mut tried = 0;
    loop {
        let turn = dispatcher.turn(&stop).await?;
        if turn.runs.is_empty() && !turn.filled {
            dispatcher.end().await?;
            return Ok(tried);
        }
        let mut runs: FuturesUnordered<Run> = turn.runs.into_iter().collect();
        while let Some(ended) = runs.next().await {
            tried += ended.1.as_ref().map_or(0, Vec::len);
            dispatcher.ended(ended);
        }
    }
}

impl Dispatcher {
    fn start(app: App) -> Result<Self> {
        let holder = app.random.id(app.clock.now())?;
        Ok(Self {
            app,
            lease: Lease::new(LEASE, holder, LEASE_FOR),
            busy: BTreeSet::new(),
            unrecorded: Vec::new(),
            read: HashMap::new(),
            collecting: HashMap::new(),
            held: HashMap::new(),
            begun: HashMap::new(),
            runs: 0,
        })
    }

    /// Records what has ended, writes deliveries, and begins to send.
    async fn turn(&mut self, stop: &watch::Receiver<bool>) -> Result<Turn> {
        let now = self.app.clock.now();
        self.held.retain(|_, until| now < *until);
        self.record().await;
        if self.app.db.generation().is_quiet() {
            return Ok(Turn::default());
        }
        let outlook = self.app.db.read(move |conn| look(conn, now)).await?;
        let tasks = self.tasks(&outlook, now);
        let is_enabled = |id: &WebhookId| outlook.webhooks.iter().any(|(webhook, _)| webhook.id == *id);
        self.begun.retain(|id, _| is_enabled(id));
        let mut due: Vec<WebhookId> = outlook.due.iter().copied().filter(is_enabled).collect();
        due.retain(|id| !self.busy.contains(id) && !self.held.contains_key(id));
        due.sort_by_key(|id| self.begun.get(id).copied());
        if (tasks.is_empty() && due.is_empty()) || !self.lease.hold(&self.app.db, now).await? {
            return Ok(Turn::default());
        }
        let mut turn = Turn::default();
        for task in tasks {
            let id = task.webhook.id;
            match self.fill(task, now).await {
                Ok(has_filled) => turn.filled |= has_filled,
                Err(error) => self.hold(id, &error),
            }
        }
        for id in due {
            if self.busy.len() >= MAX_RUNS {
                break;
            }
            self.busy.insert(id);
            self.begun.insert(id, self.runs);
            self.runs += 1;
            turn.runs.push(self.begin(id, stop.clone()));
        }
        Ok(turn)
    }

    fn begin(&self, id: WebhookId, stop: watch::Receiver<bool>) -> Run {
        let (app, lease) = (self.app.clone(), self.lease.until());
        let run = tokio::spawn(async move {
            let outcomes = send::run(&app, id, &lease, || *stop.borrow()).await?;
            for outcome in &outcomes {
                let result = outcome.verdict.label();
                app.metrics.webhook_deliveries.get_or_create(&metrics::Outcome { result }).inc();
            }
            Ok(outcomes)
        });
        async move { (id, run.await.unwrap_or_else(|error| Err(Error::internal(error)))) }.boxed()
    }

    /// Queues the outcomes of a finished run for recording.
    fn ended(&mut self, (id, ended): (WebhookId, Result<Vec<Outcome>>)) {
        let outcomes = ended.unwrap_or_else(|error| {
            self.hold(id, &error);
            Vec::new()
        });
        self.unrecorded.push((id, outcomes));
    }

    /// Leaves a webhook alone for a while, so that what fails at once is not tried all the time.
    fn hold(&mut self, id: WebhookId, error: &Error) {
        log::warn!("webhook {id} waits: {error}");
        self.held.insert(id, self.app.clock.now().plus(HELD_FOR));
    }

    /// The parts of the log that are to be read.
    fn tasks(&mut self, outlook: &Outlook, now: Timestamp) -> Vec<Task> {
        let is_there = |id: &WebhookId| outlook.webhooks.iter().any(|(webhook, _)| webhook.id == *id);
        self.read.retain(|id, _| is_there(id));
        self.collecting.retain(|id, _| is_there(id));
        let mut tasks = Vec::new();
        for (webhook, progress) in &outlook.webhooks {
            if self.held.contains_key(&webhook.id) {
                continue;
            }
            let from = self.read.get(&webhook.id).copied().unwrap_or(0).max(progress.cursor);
            let collecting = self.collecting.get(&webhook.id);
            let is_collecting =
                collecting.is_some_and(|it| it.changed_at == webhook.updated_at && now < it.until);
            let task =
                |stream, from| Task { webhook: webhook.clone(), progress: progress.clone(), stream, from };
            if from < outlook.newest && !is_collecting {
                tasks.push(task(Stream::Live, from));
            }
            tasks.extend(progress.replay_cursor.map(|from| task(Stream::Replay, from)));
        }
        tasks
    }

    /// Writes the next deliveries of a webhook. Returns whether any were written, or there is more to read.
    async fn fill(&mut self, task: Task, now: Timestamp) -> Result<bool> {
        let (config, reading) = (self.app.config.clone(), task.clone());
        let found = self.app.db.snapshot(move |conn| fill::find(conn, &config, &reading, now)).await?;
        let Found { to, has_more, collects_until, .. } = found;
        let (id, stream) = (task.webhook.id, task.stream);
        if let Some(until) = collects_until {
            self.collecting.insert(id, Collecting { changed_at: task.webhook.updated_at, until });
            return Ok(false);
        }
        if to == task.from {
            return Ok(false);
        }
        let is_worth_a_write = stream == Stream::Replay
            || !found.deliveries.is_empty()
            || to - task.progress.cursor >= MAX_REREAD;
        let has_written = !found.deliveries.is_empty();
        if is_worth_a_write {
            let lease = self.lease.proof();
            let store = move |tx: &mut Tx<'_>| Ok(lease.holds(tx)? && fill::store(tx, &task, &found)?);
            if !self.app.db.write(store).await? {
                return Ok(false);
            }
        }
        if stream == Stream::Live {
            self.read.insert(id, to);
            self.collecting.remove(&id);
        }
        Ok(has_written || has_more)
    }

    /// Records what became of deliveries, if that is not done yet. A webhook whose outcomes cannot be recorded stays busy.
    async fn record(&mut self) {
        for (id, outcomes) in std::mem::take(&mut self.unrecorded) {
            if outcomes.is_empty() {
                self.busy.remove(&id);
                continue;
            }
            if self.held.contains_key(&id) {
                self.unrecorded.push((id, outcomes));
                continue;
            }
            let (app, recorded) = (self.app.clone(), outcomes.clone());
            match self.app.db.write(move |tx| outcome::record(tx, &app, id, &recorded)).await {
                Ok(()) => {
                    self.busy.remove(&id);
                }
                Err(error) => {
                    self.hold(id, &error);
                    self.unrecorded.push((id, outcomes));
                }
            }
        }
    }

    async fn end(mut self) -> Result<()> {
        self.held.clear();
        self.record().await;
        self.lease.release(&self.app.db).await
    }
}

fn look(conn: &mut Connection, now: Timestamp) -> Result<Outlook> {
    let webhooks = store::enabled(conn)?;
    if webhooks.is_empty() {
        return Ok(Outlook { newest: 0, webhooks, due: BTreeSet::new() });
    }
    Ok(Outlook { newest: events::newest(conn)?, due: deliveries::due(conn, now)?, webhooks })
}
