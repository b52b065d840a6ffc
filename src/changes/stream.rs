//! One stream of changes. It holds a position in the log, and nothing of what it has not sent.

use std::time::Duration;

use actix_web::web::{Bytes, Data};
use futures_util::stream::{self, Stream, StreamExt as _};
use tokio::sync::watch;

use super::filter::Chosen;
use super::frame::{self, Frame};
use super::item::LIST;
use super::live::{self, Live};
use super::ring::Ring;
use super::store::Place;
use crate::app::App;
use crate::base::error::Result;
use crate::base::http::memory::SLICE;
use crate::base::http::page;

/// After how much silence a comment is sent, so that neither side takes the other for gone.
const SILENCE: Duration = Duration::from_secs(15);
/// How many milliseconds a client waits at least before it connects again.
const MIN_RETRY: u64 = 1500;
/// How many more it may wait, by chance: otherwise all clients of a server that has stopped would come at once.
const RETRY_SPREAD: u64 = 1000;
/// How many older changes are read at once.
const AT_ONCE: usize = 20;

/// A stream.
pub struct Changes {
    app: Data<App>,
    live: Data<Live>,
    newest: watch::Receiver<Ring>,
    reader: Reader,
    _place: live::Place,
}

/// What a stream does next.
enum Step {
    Send(Bytes),
    Wait,
    /// Its client is behind the newest changes.
    Read,
    End,
}

/// How far a client has read.
struct Reader {
    filter: Option<Chosen>,
    /// The last change that was passed, sent or not.
    at: Place,
    /// Up to which event nothing is left to be passed.
    seen: i64,
    /// Up to which event everything was passed when it last waited; 0 before that.
    caught_up: i64,
    /// The position that the client was told last.
    told: Place,
}

impl Changes {
    /// Continues after a position.
    #[must_use]
    pub fn after(
        at: Place,
        filter: Option<Chosen>,
        app: Data<App>,
        live: Data<Live>,
        place: live::Place,
    ) -> Self {
        let reader = Reader { filter, at, seen: at.number(), caught_up: 0, told: at };
        Self { newest: live.watch(), app, live, reader, _place: place }
    }

    /// What is sent, in its final form. It ends when the server stops, and when changes cannot be read: the client connects
    /// again, and continues.
    ///
    /// # Errors
    /// Internal, if there are no random bytes.
    pub fn events(self) -> Result<impl Stream<Item = Bytes>> {
        let [chance] = self.app.random.bytes::<1>()?;
        let retry = MIN_RETRY + RETRY_SPREAD * u64::from(chance) / u64::from(u8::MAX);
        let beginning = format!("retry: {retry}\nid: {}\n\n", page::cursor(&self.reader.at, &LIST)?);
        let events = stream::unfold(Box::new(self), |mut changes| async move {
            let event = changes.next().await.inspect_err(|error| {
                changes.app.refusals.record(error, format_args!("a stream of changes"));
            });
            Some((event.ok()??, changes))
        });
        Ok(stream::once(std::future::ready(beginning.into())).chain(events))
    }

    /// The next event or comment. `None` when the server stops.
    async fn next(&mut self) -> Result<Option<Bytes>> {
        let clock = self.app.clock.clone();
        let silence = clock.sleep(SILENCE);
        tokio::pin!(silence);
        loop {
            if let Some(filter) = self.reader.filter.as_mut().filter(|filter| filter.is_unresolved()) {
                let _turn = self.live.turn().await?;
                filter.resolve(&self.app.db).await?;
            }
            match self.step() {
                Step::Send(event) => return Ok(Some(event)),
                Step::End => return Ok(None),
                Step::Read => {
                    // In a box, so that a stream that waits has no room for it.
                    if let Some(events) = Box::pin(self.read_older()).await? {
                        return Ok(Some(events));
                    }
                }
                Step::Wait => tokio::select! {
                    changed = self.newest.changed() => if changed.is_err() { return Ok(None) },
                    () = &mut silence => return self.reader.comment().map(Some),
                },
            }
        }
    }

    fn step(&mut self) -> Step {
        let newest = self.newest.borrow_and_update();
        if newest.has_ended {
            Step::End
        } else if self.reader.seen < newest.from {
            Step::Read
        } else {
            let event = newest.after(self.reader.seen).iter().find_map(|frame| self.reader.pass(frame));
            event.map_or_else(
                || {
                    self.reader.seen = self.reader.seen.max(newest.to);
                    self.reader.caught_up = self.reader.seen;
                    Step::Wait
                },
                Step::Send,
            )
        }
    }

    /// Reads changes that are not among the newest any more.
    async fn read_older(&mut self) -> Result<Option<Bytes>> {
        let older = {
            let _turn = self.live.turn().await?;
            frame::read(&self.app, self.reader.seen, AT_ONCE, SLICE).await?
        };
        let mut events = Vec::new();
        for frame in &older.frames {
            events.extend(self.reader.pass(frame).into_iter().flatten());
            if self.reader.filter.as_ref().is_some_and(Chosen::is_unresolved) {
                // The rest is read again.
                return self.counted(events);
            }
        }
        self.reader.seen = self.reader.seen.max(older.to);
        self.counted(events)
    }

    /// A single article may have more than a slice.
    fn counted(&self, events: Vec<u8>) -> Result<Option<Bytes>> {
        if events.is_empty() { Ok(None) } else { self.app.memory.hold(events.into()).map(Some) }
    }
}

impl Reader {
    /// Passes a change, and returns the event if the client is to get it.
    fn pass(&mut self, frame: &Frame) -> Option<Bytes> {
        let with_article = match &mut self.filter {
            None => Some(true),
            Some(filter) => {
                filter.pass(frame.change);
                filter.judge(frame, self.caught_up)
            }
        };
        self.at = frame.place;
        self.seen = frame.place.number();
        let event = if with_article? { &frame.whole } else { &frame.bare };
        self.told = self.at;
        Some(event.clone())
    }

    /// A comment. If changes were passed that the client did not get, it also tells where to continue.
    fn comment(&mut self) -> Result<Bytes> {
        if self.told == self.at {
            return Ok(Bytes::from_static(b":\n\n"));
        }
        self.told = self.at;
        Ok(format!(":\nid: {}\n\n", page::cursor(&self.at, &LIST)?).into())
    }
}
