//! Writes what happened as deliveries: reads the log after a webhook's cursor, makes the bodies, and moves the cursor in
//! the write that stores them.

use diesel::prelude::*;

use super::body::{Body, MAX_EVENTS};
use super::deliveries::{self, NewDelivery};
use super::patterns::{match_any, matches};
use super::progress::{self, ProgressRow, Stream};
use super::store::WebhookRow;
use super::{BodyFormat, MAX_REPLAYED};
use crate::auth::find_identity;
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::schema::webhooks;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::{self as log, Recorded};
use crate::base::http::page;
use crate::changes::store::Place;
use crate::events::PublicEvent;
use crate::events::resolve::resolve;
use crate::events::visibility::Viewer;
use crate::render_context;

/// The most deliveries of a stream that wait: more are written when some are sent.
pub(super) const MAX_WAITING: i64 = 500;
/// How many rows of the log are read at once.
const BATCH: i64 = 500;
/// How many rows of the log are read for several events at once.
const MAX_COLLECTED: usize = 10_000;

/// What is to be done for a webhook.
#[derive(Debug, Clone)]
pub(super) struct Task {
    pub webhook: WebhookRow,
    pub progress: ProgressRow,
    pub stream: Stream,
    /// The number of the event after which the log is read.
    pub from: i64,
}

/// What was found in the log.
#[derive(Debug, Clone, Default)]
pub(super) struct Found {
    pub deliveries: Vec<NewDelivery>,
    /// The number of the last event that is handled by that.
    pub to: i64,
    /// How many events the deliveries tell.
    pub told: i64,
    /// Whether there may be more.
    pub has_more: bool,
    /// When the time is over for which events are collected, if it has begun.
    pub collects_until: Option<Timestamp>,
}

/// The events of a part of the log that a webhook is sent.
struct Chunk {
    events: Vec<(i64, PublicEvent)>,
    /// The number of the last row, if there was any.
    last: Option<i64>,
    rows: usize,
}

/// Reads the log for a webhook and makes its next deliveries. If the webhook was changed meanwhile, nothing is handled: what the
/// log has got since may be for the webhook as it is now.
pub(super) fn find(conn: &mut Connection, config: &Config, task: &Task, now: Timestamp) -> Result<Found> {
    if !is_same(conn, &task.webhook)? {
        return Ok(Found { to: task.from, ..Found::default() });
    }
    let mut reader = Reader::new(conn, config, task, now)?;
    if task.webhook.coalesce_seconds > 0 { reader.collect(conn, now) } else { reader.one_by_one(conn) }
}

struct Reader<'a> {
    task: &'a Task,
    website: render_context::Website,
    viewer: Viewer,
    patterns: Vec<String>,
    languages: Vec<String>,
    until: i64,
    left: usize,
    room: usize,
}

impl<'a> Reader<'a> {
    fn new(conn: &mut Connection, config: &Config, task: &'a Task, now: Timestamp) -> Result<Self> {
        let Task { webhook, progress, stream, .. } = task;
        let (until, left) = match stream {
            Stream::Live => (i64::MAX, MAX_REPLAYED),
            Stream::Replay => (progress.replay_until.unwrap_or(0), progress.replay_left),
        };
        let room = MAX_WAITING - deliveries::count_waiting(conn, webhook.id, *stream)?;
        let number = |number: i64| usize::try_from(number).unwrap_or(0);
        Ok(Self {
            task,
            website: render_context::store::website(conn, config)?,
            viewer: Viewer::new(find_identity(conn, &config.accounts, webhook.actor_id, now)?),
            patterns: webhook.patterns(),
            languages: webhook.languages(),
            until,
            left: number(left),
            room: number(room),
        })
    }

    /// Each event is a delivery.
    fn one_by_one(&mut self, conn: &mut Connection) -> Result<Found> {
        let most = self.room.min(self.left);
        if most == 0 {
            return Ok(Found { to: self.task.from, ..Found::default() });
        }
        let Chunk { mut events, last, rows } = self.read(conn, self.task.from)?;
        let is_cut = events.len() > most;
        events.truncate(most);
        let of_cut = events.last().map(|(number, _)| *number).filter(|_| is_cut);
        let format = self.task.webhook.format;
        let made = events.iter().map(|(number, event)| delivery(*number, &Body::of(event), format));
        Ok(Found {
            deliveries: made.collect::<Result<_>>()?,
            to: of_cut.or(last).unwrap_or(self.end()),
            told: i64::try_from(events.len()).unwrap_or(i64::MAX),
            has_more: is_cut || rows == usize::try_from(BATCH).unwrap_or(0),
            collects_until: None,
        })
    }

    /// What happened within some time is one delivery.
    fn collect(&mut self, conn: &mut Connection, now: Timestamp) -> Result<Found> {
        let unchanged = Found { to: self.task.from, ..Found::default() };
        if self.room == 0 {
            return Ok(unchanged);
        }
        let (mut count, mut read, mut first) = (0, 0, Vec::new());
        let (mut to, mut last_event, mut has_more) = (self.task.from, None, true);
        while has_more && read < MAX_COLLECTED && count < self.left {
            let Chunk { events, last, rows } = self.read(conn, to)?;
            (to, read) = (last.unwrap_or(self.end()).max(to), read + rows);
            has_more = rows == usize::try_from(BATCH).unwrap_or(0);
            count += events.len();
            last_event = events.last().map(|(number, event)| (*number, event.at)).or(last_event);
            let room = MAX_EVENTS.saturating_sub(first.len());
            first.extend(events.into_iter().take(room));
            let begun = first.first().map(|(_, event): &(i64, PublicEvent)| event.at);
            if let (Stream::Live, Some(begun)) = (self.task.stream, begun) {
                let seconds = u64::try_from(self.task.webhook.coalesce_seconds).unwrap_or(0);
                let ends = begun.plus(std::time::Duration::from_secs(seconds));
                if now < ends {
                    return Ok(Found { collects_until: Some(ends), ..unchanged });
                }
            }
        }
        let found =
            Found { to, has_more, told: i64::try_from(count).unwrap_or(i64::MAX), ..Found::default() };
        let (Some((first_number, _)), Some((number, at))) = (first.first(), last_event) else {
            return Ok(found);
        };
        // Of all events of one log, no other batch begins and ends with these.
        let id = page::cursor(&(*first_number, Place::new(number, at)), &"batch")?;
        let events: Vec<PublicEvent> = first.into_iter().map(|(_, event)| event).collect();
        let body = Body::of_batch(id, at, count, &events)?;
        let made = body.map(|body| delivery(number, &body, self.task.webhook.format)).transpose()?;
        Ok(Found { deliveries: made.into_iter().collect(), ..found })
    }

    /// Where a stream ends that has no more rows: a replay is over then.
    fn end(&self) -> i64 {
        if self.task.stream == Stream::Replay { self.until } else { self.task.from }
    }

    /// The next rows of the log after that number, and the events among them that the webhook is sent.
    fn read(&mut self, conn: &mut Connection, after: i64) -> Result<Chunk> {
        let mut rows = log::read(conn, after, BATCH)?;
        let read = rows.len();
        rows.retain(|row| row.number <= self.until);
        let is_cut = rows.len() < read;
        let last = if is_cut { Some(self.until) } else { rows.last().map(|row| row.number) };
        let mut wanted: Vec<Recorded> = Vec::new();
        for row in rows {
            let Some(event) = &row.event else { continue };
            if match_any(&self.patterns, event.kind().spec().types) && self.viewer.may_see(conn, event)? {
                wanted.push(row);
            }
        }
        let mut events = resolve(conn, &self.website, &wanted)?;
        events.retain(|(_, event)| matches(&self.patterns, event.kind) && self.is_in_language(event));
        Ok(Chunk { events, last, rows: if is_cut { 0 } else { read } })
    }

    /// Whether an event is about an article in one of the languages, or about none.
    fn is_in_language(&self, event: &PublicEvent) -> bool {
        let is_listed = |locale: &str| self.languages.iter().any(|language| language == locale);
        self.languages.is_empty() || event.locale.as_ref().is_none_or(|locale| is_listed(locale.as_str()))
    }
}

fn delivery(number: i64, body: &Body, format: BodyFormat) -> Result<NewDelivery> {
    let (event, kind) = (body.id.clone(), body.kind.clone());
    Ok(NewDelivery { event, event_number: number, kind, body: body.text(format)? })
}

/// Stores what was found, and moves the cursor. Returns false if the webhook was changed meanwhile: then nothing is done.
pub(super) fn store(tx: &mut Tx<'_>, task: &Task, found: &Found) -> Result<bool> {
    if !is_same(tx, &task.webhook)?
        || !progress::advance(tx, &task.progress, task.stream, found.to, found.told)?
    {
        return Ok(false);
    }
    deliveries::insert(tx, task.webhook.id, task.stream, &found.deliveries)?;
    Ok(true)
}

/// Whether a webhook is enabled, and was not changed since it was read.
fn is_same(conn: &mut Connection, webhook: &WebhookRow) -> Result<bool> {
    let same = webhooks::table
        .filter(webhooks::id.eq(webhook.id))
        .filter(webhooks::enabled.eq(true))
        .filter(webhooks::updated_at.eq(webhook.updated_at));
    Ok(diesel::select(diesel::dsl::exists(same)).get_result(conn)?)
}
