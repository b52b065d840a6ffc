//! Where log lines go: to standard error, by a thread of its own that writes many at once. Whoever logs waits for no disk,
//! and two who log at the same time do not wait for each other.

use std::io::{self, IsTerminal as _, Write};
use std::sync::OnceLock;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use env_logger::{Builder, Target};
use log::LevelFilter;

/// How many lines may wait; whoever logs one more waits as well.
const MAX_WAITING: usize = 16_384;
/// How long lines gather before they are written, so that a busy server pays for a write only so often.
const GATHERED: Duration = Duration::from_millis(2);
/// How many bytes are written at once.
const MAX_BYTES: usize = 64 * 1024;

enum Line {
    Text(Vec<u8>),
    /// Says when everything before it is written.
    Flush(SyncSender<()>),
}

/// What leads to the thread that writes.
static LINES: OnceLock<SyncSender<Line>> = OnceLock::new();

struct Lines(SyncSender<Line>);

/// Starts the logger. A terminal is written to directly, and in colours. What the HTTP library logs of its own start and
/// end is left out, unless `filter` names it.
pub fn start(filter: &str) {
    let mut builder = Builder::new();
    builder.filter_module("actix_server", LevelFilter::Warn).parse_filters(filter).format_timestamp_millis();
    let (lines, waiting) = sync_channel(MAX_WAITING);
    let writes = || std::thread::Builder::new().name("log".into()).spawn(move || write(&waiting));
    if !io::stderr().is_terminal() && writes().is_ok() {
        builder.target(Target::Pipe(Box::new(Lines(LINES.get_or_init(|| lines).clone()))));
    }
    builder.init();
}

/// Waits until everything that was logged is written: before the process ends.
pub fn finish() {
    let (done, written) = sync_channel(1);
    if LINES.get().is_some_and(|lines| lines.send(Line::Flush(done)).is_ok()) {
        // The thread may have died; then there is nothing to wait for.
        let _ = written.recv();
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
                    // Whoever asked may have gone.
                    let _ = done.send(());
                }
            }
            next = if text.len() < MAX_BYTES { waiting.try_recv().ok() } else { None };
        }
        put(&mut text);
    }
}

/// What standard error does not take is nowhere to be told.
fn put(text: &mut Vec<u8>) {
    let _ = io::stderr().write_all(text);
    text.clear();
}

impl Write for Lines {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.0.send(Line::Text(line.to_vec())).map_err(io::Error::other)?;
        Ok(line.len())
    }

    /// Called after every line; lines are written as soon as the thread comes to them.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
