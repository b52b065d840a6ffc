//! One measurement: warm up, then ask for a while and read what it cost.

use std::time::Duration;

use crate::client::{Load, Outcome};
use crate::process::Process;

/// How many connections ask at once.
pub const CONNECTIONS: usize = 32;
/// How long each measurement lasts.
pub const DURATION: Duration = Duration::from_secs(4);

/// What is asked of a server.
#[derive(Debug, Clone)]
pub struct Request {
    pub paths: Vec<String>,
    pub headers: String,
    pub status: u16,
}

/// What it cost.
#[derive(Debug, Clone, Copy)]
pub struct Cost {
    pub rate: f64,
    pub p50: f64,
    pub p99: f64,
    /// Microseconds of processor time a request.
    pub micros: f64,
}

impl Request {
    pub fn get(path: impl Into<String>) -> Self {
        Self { paths: vec![path.into()], headers: String::new(), status: 200 }
    }

    pub fn any(paths: Vec<String>) -> Self {
        Self { paths, headers: String::new(), status: 200 }
    }

    pub fn header(mut self, line: &str) -> Self {
        self.headers += &format!("{line}\r\n");
        self
    }

    pub fn status(mut self, status: u16) -> Self {
        self.status = status;
        self
    }

    pub async fn measure(&self, process: &Process) -> Cost {
        let load = Load {
            address: process.address,
            paths: self.paths.clone(),
            headers: self.headers.clone(),
            status: self.status,
            connections: CONNECTIONS,
            pace: None,
        };
        load.run(Duration::from_millis(500)).await;
        let before = process.processor_time();
        let outcome = load.run(DURATION).await;
        Cost::of(&outcome, process.processor_time().saturating_sub(before))
    }
}

impl Cost {
    pub fn of(outcome: &Outcome, processor: Duration) -> Self {
        Self {
            rate: outcome.requests as f64 / outcome.elapsed.as_secs_f64(),
            p50: outcome.percentile(0.50),
            p99: outcome.percentile(0.99),
            micros: processor.as_secs_f64() * 1e6 / outcome.requests.max(1) as f64,
        }
    }
}
