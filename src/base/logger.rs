//! Writes log lines to standard error from a separate thread, many lines at a time, so that a request does not wait for
//! the reader of standard error unless the queue is full.

use std::collections::BTreeSet;
use std::io::{self, IsTerminal as _, Write};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use env_logger::{Builder, Target};
use log::LevelFilter;

/// The capacity of the queue. When it is full, logging blocks until the thread has caught up.
const MAX_WAITING: usize = 16_384;
/// How long lines are collected before they are written, which reduces the number of system calls under load.
const GATHERED: Duration = Duration::from_millis(2);
/// How many bytes are collected at most before a write.
const MAX_BYTES: usize = 64 * 1024;

enum Line {
    Text(Vec<u8>),
    /// Sends `()` when all earlier lines are written.
    Flush(SyncSender<()>),
}

/// The queue of the thread that writes.
static LINES: OnceLock<SyncSender<Line>> = OnceLock::new();

struct Lines(SyncSender<Line>);

/// Starts the logger. A terminal is written to directly and in colours. Start and stop messages of actix are omitted,
/// and its lines for each connection that breaks, which strangers can cause without end, unless `filter` enables them.
pub fn start(filter: &str) {
    let mut builder = Builder::new();
    builder.filter_module("actix_server", LevelFilter::Warn).filter_module("actix_http", LevelFilter::Off);
    builder.parse_filters(filter).format_timestamp_millis();
    let (lines, waiting) = sync_channel(MAX_WAITING);
    let writes = || std::thread::Builder::new().name("log".into()).spawn(move || write(&waiting));
    if !io::stderr().is_terminal() && writes().is_ok() {
        builder.target(Target::Pipe(Box::new(Lines(LINES.get_or_init(|| lines).clone()))));
    }
    builder.init();
}

/// Waits until all lines are written. Must be called before the process exits, or the last lines are lost.
pub fn finish() {
    let (done, written) = sync_channel(1);
    if LINES.get().is_some_and(|lines| lines.send(Line::Flush(done)).is_ok()) {
        // Fails only if the thread has ended; then there is nothing to wait for.
        let _ = written.recv();
    }
}

/// Logs an error the first time it is given. For what every read of a stored value would repeat.
pub fn error_once(message: String) {
    /// How many are remembered. Beyond that, further ones are logged each time.
    const MAX_REMEMBERED: usize = 10_000;
    static LOGGED: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());
    let mut logged = LOGGED.lock().unwrap_or_else(PoisonError::into_inner);
    if !logged.contains(&message) {
        log::error!("{message}");
        if logged.len() < MAX_REMEMBERED {
            logged.insert(message);
        }
    }
}

fn write(waiting: &Receiver<Line>) {
    let mut text = Vec::with_capacity(MAX_BYTES);
    while let Ok(first) = waiting.recv() {
        std::thread::sleep(GATHERED);
        let mut next = Some(first);
        while let Some(line) = next {
            match line {
                Line::Text(line) => text.extend_from_slice(&line),
                Line::Flush(done) => {
                    put(&mut text);
                    // Fails only if the caller of `finish` no longer waits.
                    let _ = done.send(());
                }
            }
            next = if text.len() < MAX_BYTES { waiting.try_recv().ok() } else { None };
        }
        put(&mut text);
    }
}

/// Writes the lines. An error is ignored, because there is no other place to log it.
fn put(text: &mut Vec<u8>) {
    let _ = io::stderr().write_all(text);
    text.clear();
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.send(Line::Text(line.to_vec())).map_err(io::Error::other)?;
        Ok(line.len())
    }

    /// Does nothing: `env_logger` calls it after every line, and the thread writes soon anyway.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
