//! The logger of all tests. It keeps the lines about refusals, which tests tell apart by the ids of their requests, and
//! every line that has a secret in it.

use std::sync::{Mutex, Once, PoisonError};

use crate::secrets;

struct Log {
    refusals: Mutex<Vec<String>>,
    leaks: Mutex<Vec<String>>,
}

static LOG: Log = Log { refusals: Mutex::new(Vec::new()), leaks: Mutex::new(Vec::new()) };

impl log::Log for Log {
    fn enabled(&self, metadata: &log::Metadata<'_>) -> bool {
        metadata.target().starts_with("lede")
    }

    fn log(&self, record: &log::Record<'_>) {
        if !self.enabled(record.metadata()) {
            return;
        }
        let line = record.args().to_string();
        if secrets::looks_secret(&line) {
            push(&self.leaks, line.clone());
        }
        if record.target() == "lede::base::refusals" {
            push(&self.refusals, line);
        }
    }

    fn flush(&self) {}
}

fn push(lines: &Mutex<Vec<String>>, line: String) {
    lines.lock().unwrap_or_else(PoisonError::into_inner).push(line);
}

/// Starts it, once in a process.
pub fn start() {
    static STARTED: Once = Once::new();
    STARTED.call_once(|| {
        log::set_logger(&LOG).expect("no other logger");
        log::set_max_level(log::LevelFilter::Debug);
    });
}

/// The lines about the refusals of requests with such an id.
pub fn refusals(id: &str) -> Vec<String> {
    let all = LOG.refusals.lock().unwrap_or_else(PoisonError::into_inner);
    all.iter().filter(|line| line.contains(id)).cloned().collect()
}

/// The lines of any test so far that have a secret in them.
pub fn leaks() -> Vec<String> {
    LOG.leaks.lock().unwrap_or_else(PoisonError::into_inner).clone()
}
