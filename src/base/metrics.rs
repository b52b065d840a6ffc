//! What is counted and timed, under the names that `/metrics` tells. Labels hold kinds of things only, never an id, an
//! address or anything else a client chose.

use std::time::Instant;

use diesel::connection::{Instrumentation, InstrumentationEvent};
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::metrics::info::Info;
use prometheus_client::registry::{Registry, Unit};

/// Seconds, as OpenTelemetry advises for HTTP servers.
const SECONDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// Seconds, for statements, of which most take far less than a millisecond.
const SHORT_SECONDS: [f64; 10] = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5];

/// A request, as it is counted.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// The method, `other` for those no route knows.
    pub method: &'static str,
    /// The route's template, `none` where nothing is routed.
    pub route: &'static str,
    /// The answer's status.
    pub status: u16,
}

/// Where a request went, as it is timed.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Route {
    /// The method.
    pub method: &'static str,
    /// The route's template.
    pub route: &'static str,
}

/// One label that tells kinds apart.
macro_rules! label {
    ($($(#[$doc:meta])* $name:ident { $label:ident })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
        pub struct $name {
            /// The kind.
            pub $label: &'static str,
        }
    )*};
}

label! {
    /// Whether a connection is `busy` or `idle`.
    State { state }
    /// Why somebody was not let in.
    Reason { reason }
    /// Which limit was reached.
    Policy { policy }
    /// What became of a mail: `sent`, `refused` or `failed`.
    Outcome { result }
}

/// Every metric.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Answers.
    pub requests: Family<Request, Counter>,
    /// How long answers took.
    pub durations: Family<Route, Histogram, fn() -> Histogram>,
    /// Requests that are being answered.
    pub in_flight: Gauge,
    /// How long statements took.
    pub queries: Histogram,
    /// The pool's connections.
    pub connections: Family<State, Gauge>,
    /// Refused attempts to show who one is.
    pub auth_failures: Family<Reason, Counter>,
    /// Requests that came too fast.
    pub limited: Family<Policy, Counter>,
    /// Mails handed over, or not.
    pub mails: Family<Outcome, Counter>,
    /// Mails that wait.
    pub outbox_pending: Gauge,
    /// How long the oldest of them has waited, in seconds.
    pub outbox_age: Gauge,
    /// How long the job that is most overdue has been due, in seconds.
    pub lag: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("lede"),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            in_flight: Gauge::default(),
            queries: Histogram::new(SHORT_SECONDS),
            connections: Family::default(),
            auth_failures: Family::default(),
            limited: Family::default(),
            mails: Family::default(),
            outbox_pending: Gauge::default(),
            outbox_age: Gauge::default(),
            lag: Gauge::default(),
        };
        metrics.register();
        metrics
    }
}

impl Metrics {
    fn register(&mut self) {
        let build = Info::new(vec![
            ("version", env!("CARGO_PKG_VERSION")),
            ("commit", option_env!("LEDE_COMMIT").unwrap_or("unknown")),
        ]);
        let seconds = || Unit::Seconds;
        let all = &mut self.registry;
        all.register("build", "What runs", build);
        all.register("http_requests", "Answers", self.requests.clone());
        all.register_with_unit(
            "http_request_duration",
            "How long answers took",
            seconds(),
            self.durations.clone(),
        );
        all.register("http_requests_in_flight", "Requests being answered", self.in_flight.clone());
        all.register_with_unit(
            "db_query_duration",
            "How long statements took",
            seconds(),
            self.queries.clone(),
        );
        all.register("db_pool_connections", "The pool's connections", self.connections.clone());
        all.register("auth_failures", "Refused attempts to show who one is", self.auth_failures.clone());
        all.register("rate_limited", "Requests that came too fast", self.limited.clone());
        all.register("mail_sent", "Mails handed over, or not", self.mails.clone());
        all.register("outbox_pending", "Mails that wait", self.outbox_pending.clone());
        all.register_with_unit(
            "outbox_oldest_age",
            "How long the oldest of them has waited",
            seconds(),
            self.outbox_age.clone(),
        );
        all.register_with_unit(
            "scheduler_lag",
            "How long the most overdue job has been due",
            seconds(),
            self.lag.clone(),
        );
    }

    /// Counts somebody who was not let in.
    pub fn auth_failed(&self, reason: &'static str) {
        self.auth_failures.get_or_create(&Reason { reason }).inc();
    }

    /// All of them in the text form of `OpenMetrics`, which Prometheus reads.
    #[must_use]
    pub fn text(&self) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            log::error!("metrics: {error}");
        }
        text
    }
}

/// Times a connection's statements.
pub(crate) struct Stopwatch {
    queries: Histogram,
    started: Option<Instant>,
}

impl Stopwatch {
    pub(crate) fn new(queries: &Histogram) -> Self {
        Self { queries: queries.clone(), started: None }
    }
}

impl Instrumentation for Stopwatch {
    fn on_connection_event(&mut self, event: InstrumentationEvent<'_>) {
        match event {
            InstrumentationEvent::StartQuery { .. } => self.started = Some(Instant::now()),
            InstrumentationEvent::FinishQuery { .. } => {
                if let Some(started) = self.started.take() {
                    self.queries.observe(started.elapsed().as_secs_f64());
                }
            }
            _ => {}
        }
    }
}
