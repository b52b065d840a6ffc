//! Receives a file: checks it as it arrives and writes it part by part, so that memory stays flat. It becomes an import when
//! its last part is written.

use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Bytes, Payload};
use futures_util::StreamExt as _;
use futures_util::future::{Either, select};
use ring::digest;
use tokio::sync::oneshot;
use tokio::time::{Instant, timeout_at};

use super::columns::{self, Columns};
use super::parts::{self, PART_BYTES};
use super::store::{self, Import, ImportOptionsRow, ImportRow};
use super::utf8::Utf8;
use super::{ImportStatus, reader};
use crate::app::App;
use crate::base::actor::Origin;
use crate::base::db::types::Json;
use crate::base::error::{Error, Invalid, Result};
use crate::base::http::connection::Connection;
use crate::base::http::json::body_incomplete;
use crate::base::http::socket::MIN_RATE;
use crate::base::ids::ImportId;
use crate::base::text::Locale;
use crate::subscribers::profile::{Labels, Line};

/// The largest file, in bytes.
pub const MAX_BYTES: u64 = 200 * 1000 * 1000;
/// How long the next bytes may take to arrive, and how much longer the file than at the least rate.
const PATIENCE: Duration = Duration::from_secs(30);

/// What the importer states beside the file.
#[derive(Debug, Clone)]
pub struct ImportOptions {
    /// Who imports, and in which request.
    pub origin: Origin,
    /// Whether nothing is changed.
    pub dry_run: bool,
    /// Where the list comes from.
    pub source: Option<Line>,
    /// How the people in it consented, as the importer states.
    pub statement: Option<String>,
    /// Labels for everyone.
    pub labels: Labels,
    /// The language of people whose row states none.
    pub locale: Locale,
}

/// A file that was received.
#[derive(Debug)]
pub struct ReceivedFile {
    /// The id of its import.
    pub id: ImportId,
    /// Its size in bytes.
    pub bytes: i64,
    /// The SHA-256 of its bytes.
    pub fingerprint: [u8; 32],
}

/// Receives a file. What was stored of one that is refused or breaks off is deleted again, also where the request ends with
/// its connection: therefore it is received by a task of its own, which does not end in the middle of a write.
pub async fn receive(
    app: &App,
    req: &HttpRequest,
    body: Payload,
    options: ImportOptions,
) -> Result<ReceivedFile> {
    if !req.content_type().eq_ignore_ascii_case("text/csv") {
        return Err(Error::UnsupportedMediaType("text/csv"));
    }
    if req.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(Error::UnsupportedMediaType("a body without Content-Encoding"));
    }
    let announced =
        req.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > MAX_BYTES) {
        return Err(Error::TooLarge(MAX_BYTES));
    }
    let id: ImportId = app.random.id(app.clock.now())?;
    let mut receiver = Receiver {
        app: app.clone(),
        id,
        options,
        buffer: Vec::with_capacity(PART_BYTES),
        parts: 0,
        bytes: 0,
        hash: digest::Context::new(&digest::SHA256),
        text: Utf8::default(),
    };
    let connection = req.conn_data::<Connection>().cloned();
    let reading = connection.as_ref().map(Connection::reading);
    let (_request, request_ends) = oneshot::channel();
    let received = actix_web::rt::spawn(async move {
        match receiver.receive_all(body, request_ends).await {
            Ok(()) => {
                let mut fingerprint = [0; 32];
                fingerprint.copy_from_slice(receiver.hash.finish().as_ref());
                let bytes = i64::try_from(receiver.bytes).unwrap_or(i64::MAX);
                Ok(ReceivedFile { id, bytes, fingerprint })
            }
            Err(error) => {
                if receiver.parts > 0 {
                    receiver.app.db.write(move |tx| store::discard(tx, id)).await?;
                }
                Err(error)
            }
        }
    });
    let received = received.await.map_err(|e| Error::internal(e.to_string()))??;
    if let Some(reading) = reading {
        reading.finish();
    }
    Ok(received)
}

struct Receiver {
    app: App,
    id: ImportId,
    options: ImportOptions,
    /// The beginning of the next part.
    buffer: Vec<u8>,
    parts: i64,
    bytes: u64,
    hash: digest::Context,
    text: Utf8,
}

impl Receiver {
    async fn receive_all(
        &mut self,
        mut body: Payload,
        mut request_ends: oneshot::Receiver<()>,
    ) -> Result<()> {
        let started = Instant::now();
        loop {
            let slowest = started + PATIENCE + Duration::from_secs(self.bytes / MIN_RATE);
            let next = select(body.next(), &mut request_ends);
            let next = timeout_at(slowest.min(Instant::now() + PATIENCE), next);
            let Either::Left((chunk, _)) = next.await.map_err(|_| too_slow())? else {
                return Err(body_incomplete());
            };
            let Some(chunk) = chunk else { break };
            let chunk = chunk.map_err(|_| body_incomplete())?;
            self.receive(chunk).await?;
        }
        if self.text.is_cut() {
            return Err(not_utf_8());
        }
        if !self.buffer.is_empty() || self.parts == 0 {
            self.write().await?;
        }
        Ok(())
    }

    async fn receive(&mut self, chunk: Bytes) -> Result<()> {
        self.bytes += chunk.len() as u64;
        if self.bytes > MAX_BYTES {
            return Err(Error::TooLarge(MAX_BYTES));
        }
        self.hash.update(&chunk);
        let begins = self.bytes == chunk.len() as u64;
        // The format is recognised by the first bytes, which makes a better message than the first byte that is not UTF-8.
        if begins && let Err(invalid) = reader::check_format(&chunk) {
            return Err(refused(invalid));
        }
        if chunk.contains(&0) {
            return Err(Error::malformed(
                "",
                "file-not-csv",
                "The file contains U+0000, so it is UTF-16 or not text. It must be CSV in UTF-8.",
            ));
        }
        if !self.text.accepts(&chunk) {
            return Err(not_utf_8());
        }
        let mut rest = chunk.as_ref();
        while !rest.is_empty() {
            let room = PART_BYTES - self.buffer.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.buffer.extend_from_slice(now);
            rest = later;
            if self.buffer.len() == PART_BYTES {
                self.write().await?;
            }
        }
        Ok(())
    }

    /// Writes the next part; the first together with the import.
    async fn write(&mut self) -> Result<()> {
        let import = (self.parts == 0).then(|| self.import()).transpose()?;
        let (id, number) = (self.id, self.parts);
        let part = std::mem::replace(&mut self.buffer, Vec::with_capacity(PART_BYTES));
        self.parts += 1;
        self.app
            .db
            .write_as(self.options.origin, move |tx| {
                if let Some(import) = &import {
                    store::insert(tx, import)?;
                }
                parts::insert(tx, id, number, &part)
            })
            .await
    }

    /// The import, by the header of the file.
    fn import(&self) -> Result<Import> {
        let header = reader::read_header(&self.buffer).map_err(refused)?;
        let columns = columns::storable(&header.columns);
        Columns::recognise(&columns).map_err(refused)?;
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let ImportOptions { origin, dry_run, source, statement, labels, locale } = self.options.clone();
        let actor = origin.actor.ok_or_else(|| Error::internal("an import without an actor"))?;
        let row = ImportRow {
            id: self.id,
            actor_id: actor,
            status: ImportStatus::Receiving,
            bytes: 0,
            next_byte: number(header.first.byte),
            next_line: number(header.first.line),
            skips_line: false,
            created: 0,
            updated: 0,
            unchanged: 0,
            suppressed: 0,
            refused: 0,
            error: None,
            created_at: self.app.clock.now(),
            started_at: None,
            finished_at: None,
        };
        let options = ImportOptionsRow {
            import_id: self.id,
            dry_run,
            source,
            statement,
            labels: Json::Readable(labels),
            locale,
            delimiter: char::from(header.delimiter).to_string(),
            header: Json::Readable(columns),
        };
        Ok(Import { row, options })
    }
}

fn refused(invalid: Invalid) -> Error {
    match invalid.code.as_ref() {
        "file-not-utf-8" | "file-not-csv" => Error::malformed("", invalid.code, invalid.detail),
        _ => Error::invalid("", invalid.code, invalid.detail),
    }
}

fn too_slow() -> Error {
    let detail = "The file arrives too slowly: no data for 30 seconds, or less than 8 KiB per second.";
    Error::malformed("", "body-too-slow", detail)
}

fn not_utf_8() -> Error {
    Error::malformed("", "file-not-utf-8", "The file is not UTF-8. It must be CSV in UTF-8.")
}
