//! All metrics of `/metrics`. Labels only have values from a fixed set, never an id, an IP address or a client's input,
//! because each new value creates a time series for ever.

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

/// Histogram buckets in seconds, as OpenTelemetry recommends for HTTP servers.
const SECONDS: [f64; 14] = [0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0];
/// Histogram buckets in seconds for database statements, most of which take far less than a millisecond.
const SHORT_SECONDS: [f64; 10] = [0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.005, 0.025, 0.1, 0.5, 2.5];

/// The labels of the request counter.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Request {
    /// The method, or `other` for a non-standard one.
    pub method: &'static str,
    /// The route's path template, or `none` if no route matches.
    pub route: &'static str,
    /// The status of the response.
    pub status: u16,
}

/// The labels of the request durations. They omit the status, which would multiply the number of histograms.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Route {
    /// The method, as in [`Request`].
    pub method: &'static str,
    /// The route's path template, as in [`Request`].
    pub route: &'static str,
}

/// The labels of the counter of denied rights.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub struct Denial {
    /// The status of the response: 403, or 404 if the user may not know that the resource exists.
    pub status: u16,
}

/// Declares a set of one label.
macro_rules! label {
    ($($(#[$doc:meta])* $name:ident { $label:ident })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
        pub struct $name {
            /// The label's value.
            pub $label: &'static str,
        }
    )*};
}

label! {
    /// Whether a connection is `busy` or `idle`.
    State { state }
    /// Why authentication failed: `failed-login`, or the name of another
    /// [`AuthFailure`](crate::base::error::AuthFailure).
    Reason { reason }
    /// The name of the rate limit policy.
    Policy { policy }
    /// The result of sending an email: `sent`, `refused` or `failed`; of a purge: `purged` or `failed`; of a request to a
    /// webhook: `delivered`, `failed`, `rejected`, `gone` or `withheld`.
    Outcome { result }
}

/// Every metric.
#[derive(Debug)]
pub struct Metrics {
    registry: Registry,
    /// Responses.
    pub requests: Family<Request, Counter>,
    /// Durations of requests.
    pub durations: Family<Route, Histogram, fn() -> Histogram>,
    /// Requests in progress.
    pub in_flight: Gauge,
    /// Open streams of changes.
    pub streams: Gauge,
    /// Durations of database statements.
    pub queries: Histogram,
    /// Connections of the pool.
    pub connections: Family<State, Gauge>,
    /// Failed authentications.
    pub auth_failures: Family<Reason, Counter>,
    /// Requests of users who do not have the right.
    pub denied: Family<Denial, Counter>,
    /// Refused requests that were not stored for the audit.
    pub refusals_dropped: Counter,
    /// Requests refused by a rate limit.
    pub limited: Family<Policy, Counter>,
    /// Attempts to send an email.
    pub mails: Family<Outcome, Counter>,
    /// Emails waiting to be sent.
    pub outbox_pending: Gauge,
    /// The age of the oldest waiting email, in seconds.
    pub outbox_age: Gauge,
    /// Requests to purge the cache in front of the server.
    pub purges: Family<Outcome, Counter>,
    /// Requests to webhooks.
    pub webhook_deliveries: Family<Outcome, Counter>,
    /// The age of the oldest delivery that waits to be sent to an enabled webhook, in seconds.
    pub webhook_age: Gauge,
    /// How long the most overdue job or scheduled action has been due, in seconds.
    pub lag: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Registry::with_prefix("lede"),
            requests: Family::default(),
            durations: Family::new_with_constructor(|| Histogram::new(SECONDS)),
            in_flight: Gauge::default(),
            streams: Gauge::default(),
            queries: Histogram::new(SHORT_SECONDS),
            connections: Family::default(),
            auth_failures: Family::default(),
            denied: Family::default(),
            refusals_dropped: Counter::default(),
            limited: Family::default(),
            mails: Family::default(),
            outbox_pending: Gauge::default(),
            outbox_age: Gauge::default(),
            purges: Family::default(),
            webhook_deliveries: Family::default(),
            webhook_age: Gauge::default(),
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
        all.register("build", "The version that runs", build);
        all.register("http_requests", "HTTP responses", self.requests.clone());
        all.register_with_unit("http_request_duration", "Time to respond", seconds(), self.durations.clone());
        all.register("http_requests_in_flight", "HTTP requests in flight", self.in_flight.clone());
        all.register("streams_open", "Open streams of changes", self.streams.clone());
        all.register_with_unit(
            "db_query_duration",
            "Time of database statements",
            seconds(),
            self.queries.clone(),
        );
        all.register("db_pool_connections", "Connections of the database pool", self.connections.clone());
        all.register("auth_failures", "Failed logins and refused access tokens", self.auth_failures.clone());
        all.register("denied", "Requests of users without the right", self.denied.clone());
        all.register(
            "refusals_dropped",
            "Refused requests that were not stored, because too many came at once",
            self.refusals_dropped.clone(),
        );
        all.register("rate_limited", "Requests over a rate limit", self.limited.clone());
        all.register("mail_sent", "Emails by outcome", self.mails.clone());
        all.register("outbox_pending", "Emails waiting in the outbox", self.outbox_pending.clone());
        all.register_with_unit(
            "outbox_oldest_age",
            "Age of the oldest email waiting in the outbox",
            seconds(),
            self.outbox_age.clone(),
        );
        all.register(
            "cdn_purges",
            "Requests to purge the cache in front of the server, by outcome",
            self.purges.clone(),
        );
        all.register(
            "webhook_deliveries",
            "Requests to webhooks by outcome",
            self.webhook_deliveries.clone(),
        );
        all.register_with_unit(
            "webhook_oldest_waiting_age",
            "Age of the oldest delivery that waits to be sent to a webhook",
            seconds(),
            self.webhook_age.clone(),
        );
        all.register_with_unit(
            "scheduler_lag",
            "How long the most overdue job or scheduled action has been due",
            seconds(),
            self.lag.clone(),
        );
    }

    /// Returns all metrics in the text format of Prometheus, version 0.0.4.
    #[must_use]
    pub fn text(&self) -> String {
        in_prometheus_format(&self.open_metrics())
    }

    /// Returns all metrics in the `OpenMetrics` text format, version 1.0.0.
    #[must_use]
    pub fn open_metrics(&self) -> String {
        let mut text = String::new();
        if let Err(error) = encode(&mut text, &self.registry) {
            log::error!("metrics: {error}");
        }
        text
    }
}

/// Rewrites the `OpenMetrics` text format into the older one of Prometheus: there a counter and an info are named as their
/// samples are, an info is a gauge, and neither units nor the end are told.
fn in_prometheus_format(open_metrics: &str) -> String {
    let mut text = String::with_capacity(open_metrics.len());
    let mut help = "";
    for line in open_metrics.lines() {
        let Some(comment) = line.strip_prefix("# ") else {
            text += line;
            text.push('\n');
            continue;
        };
        match comment.splitn(3, ' ').collect::<Vec<_>>().as_slice() {
            ["HELP", _, described] => help = described,
            ["TYPE", name, kind] => {
                let (suffix, kind) = match *kind {
                    "counter" => ("_total", "counter"),
                    "info" => ("_info", "gauge"),
                    kind => ("", kind),
                };
                text += &format!("# HELP {name}{suffix} {help}\n# TYPE {name}{suffix} {kind}\n");
            }
            _ => {}
        }
    }
    text
}

/// Measures the duration of each statement of a connection.
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
