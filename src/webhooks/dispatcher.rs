//! Writes deliveries and sends them, on one server at a time: the one that has the lease. Several webhooks are served at the
//! same time, each with one request at a time, so that a receiver that does not respond delays no other.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use std::time::Duration;

use futures_util::FutureExt as _;
use futures_util::future::LocalBoxFuture;
use futures_util::stream::{FuturesUnordered, StreamExt as _};
use tokio::sync::watch;

use super::fill::{self, Found, Task};
use super::outcome::{self, Outcome};
use super::progress::{self, ProgressRow, Stream};
use super::store::WebhookRow;
use super::{deliveries, send};
use crate::app::App;
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx, leases};
use crate::base::error::Result;
use crate::base::events;
use crate::base::ids::{LeaseHolderId, WebhookId};
use crate::base::metrics;

/// The longest pause between two looks for something to do.
const IDLE: Duration = Duration::from_millis(500);
/// How many webhooks are sent something at the same time.
const MAX_RUNS: usize = 32;
/// The lease of the dispatcher.
const LEASE: &str = "webhooks";
/// How long it lasts, and how long before its end it is renewed.
const LEASE_FOR: Duration = Duration::from_secs(30);
const RENEWED: Duration = Duration::from_secs(20);
/// How many events that a webhook is not sent are read again by another server at most.
const MAX_REREAD: i64 = 100;

/// Whether this installation may call others. Every request to a webhook comes after this question.
fn may_call_others(_app: &App) -> bool {
    true
}

/// A webhook that is being sent something.
type Run = LocalBoxFuture<'static, (WebhookId, Vec<Outcome>)>;

struct Dispatcher {
    app: App,
    holder: LeaseHolderId,
    /// Until when the lease lasts.
    lease: Rc<Cell<Timestamp>>,
    /// The webhooks that are being sent something, or were and that is not recorded.
    busy: BTreeSet<WebhookId>,
    /// What is not recorded yet.
    unrecorded: Vec<(WebhookId, Vec<Outcome>)>,
    /// How far the log was read for each webhook.
    read: HashMap<WebhookId, i64>,
    /// When the time is over for which the events of a webhook are collected.
    collecting: HashMap<WebhookId, Timestamp>,
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
    let mut dispatcher = match Dispatcher::start(app).await {
        Ok(dispatcher) => dispatcher,
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
                dispatcher.unrecorded.push(ended);
                while let Some(Some(ended)) = runs.next().now_or_never() {
                    dispatcher.unrecorded.push(ended);
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
    let mut dispatcher = Dispatcher::start(app.clone()).await?;
    let mut tried = 0;
    loop {
        let turn = dispatcher.turn(&stop).await?;
        if turn.runs.is_empty() && !turn.filled {
            dispatcher.end().await?;
            return Ok(tried);
        }
        let mut runs: FuturesUnordered<Run> = turn.runs.into_iter().collect();
        while let Some(ended) = runs.next().await {
            tried += ended.1.len();
            dispatcher.unrecorded.push(ended);
        }
    }
}

impl Dispatcher {
    async fn start(app: App) -> Result<Self> {
        let holder = app.random.id(app.clock.now())?;
        if app.db.url().is_sqlite() {
            // One process at a time serves an SQLite database: another that had the lease has died.
            app.db.write(|tx| leases::end(tx, LEASE)).await?;
        }
        Ok(Self {
            app,
            holder,
            lease: Rc::new(Cell::new(Timestamp::MIN)),
            busy: BTreeSet::new(),
            unrecorded: Vec::new(),
            read: HashMap::new(),
            collecting: HashMap::new(),
        })
    }

    /// Records what has ended, writes deliveries, and begins to send.
    async fn turn(&mut self, stop: &watch::Receiver<bool>) -> Result<Turn> {
        self.record().await?;
        if !may_call_others(&self.app) {
            return Ok(Turn::default());
        }
        let now = self.app.clock.now();
        let outlook = self.app.db.read(move |conn| look(conn, now)).await?;
        let tasks = self.tasks(&outlook, now);
        let due: Vec<WebhookId> = outlook
            .webhooks
            .iter()
            .map(|(webhook, _)| webhook.id)
            .filter(|id| outlook.due.contains(id) && !self.busy.contains(id))
            .collect();
        if (tasks.is_empty() && due.is_empty()) || !self.has_lease().await? {
            return Ok(Turn::default());
        }
        let mut turn = Turn::default();
        for task in tasks {
            turn.filled |= self.fill(task, now).await?;
        }
        for id in due {
            if self.busy.len() >= MAX_RUNS {
                break;
            }
            self.busy.insert(id);
            turn.runs.push(self.begin(id, stop.clone()));
        }
        Ok(turn)
    }

    fn begin(&self, id: WebhookId, stop: watch::Receiver<bool>) -> Run {
        let (app, lease) = (self.app.clone(), self.lease.clone());
        async move {
            let outcomes = send::run(&app, id, &lease, || *stop.borrow()).await;
            for outcome in &outcomes {
                let result = outcome.verdict.label();
                app.metrics.webhook_deliveries.get_or_create(&metrics::Outcome { result }).inc();
            }
            (id, outcomes)
        }
        .boxed_local()
    }

    /// The parts of the log that are to be read.
    fn tasks(&mut self, outlook: &Outlook, now: Timestamp) -> Vec<Task> {
        let is_there = |id: &WebhookId| outlook.webhooks.iter().any(|(webhook, _)| webhook.id == *id);
        self.read.retain(|id, _| is_there(id));
        self.collecting.retain(|id, _| is_there(id));
        let mut tasks = Vec::new();
        for (webhook, progress) in &outlook.webhooks {
            let from = self.read.get(&webhook.id).copied().unwrap_or(0).max(progress.cursor);
            let is_collecting = self.collecting.get(&webhook.id).is_some_and(|until| now < *until);
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
            self.collecting.insert(id, until);
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
            let holder = self.holder;
            let store = move |tx: &mut Tx<'_>| {
                Ok(leases::holds(tx, LEASE, holder)? && fill::store(tx, &task, &found)?)
            };
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

    /// Records what became of deliveries, if that is not done yet.
    async fn record(&mut self) -> Result<()> {
        if self.unrecorded.is_empty() {
            return Ok(());
        }
        let outcomes: Vec<Outcome> = self.unrecorded.iter().flat_map(|(_, some)| some.clone()).collect();
        if !outcomes.is_empty() {
            let app = self.app.clone();
            self.app.db.write(move |tx| outcome::record_all(tx, &app, &outcomes)).await?;
        }
        for (id, _) in self.unrecorded.drain(..) {
            self.busy.remove(&id);
        }
        Ok(())
    }

    /// Takes the lease, or renews it in good time.
    async fn has_lease(&mut self) -> Result<bool> {
        let now = self.app.clock.now();
        if self.lease.get() > now.plus(RENEWED) {
            return Ok(true);
        }
        let holder = self.holder;
        let has = self.app.db.write(move |tx| leases::take(tx, LEASE, holder, LEASE_FOR)).await?;
        self.lease.set(if has { now.plus(LEASE_FOR) } else { Timestamp::MIN });
        Ok(has)
    }

    async fn end(mut self) -> Result<()> {
        self.record().await?;
        let holder = self.holder;
        if self.lease.get() > Timestamp::MIN {
            self.app.db.write(move |tx| leases::release(tx, LEASE, holder)).await?;
        }
        Ok(())
    }
}

fn look(conn: &mut Connection, now: Timestamp) -> Result<Outlook> {
    let webhooks = progress::enabled(conn)?;
    if webhooks.is_empty() {
        return Ok(Outlook { newest: 0, webhooks, due: BTreeSet::new() });
    }
    Ok(Outlook { newest: events::newest(conn)?, due: deliveries::due(conn, now)?, webhooks })
}
