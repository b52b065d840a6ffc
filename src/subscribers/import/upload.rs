//! Takes a file in as it arrives: checked, cut into pieces and written piece by piece, so that nothing of its size is ever
//! held in memory. Until its last piece is written it is no import, only a file on its way.

use std::time::Duration;

use actix_web::HttpMessage as _;
use actix_web::HttpRequest;
use actix_web::http::header;
use actix_web::web::{Bytes, Payload};
use futures_util::StreamExt as _;
use ring::digest;

use super::columns::{self, Columns};
use super::store::{self, ImportRow, PART_BYTES};
use super::utf8::Utf8;
use super::{Progress, reader};
use crate::app::App;
use crate::base::db::types::Json;
use crate::base::error::{Error, Invalid, Result};
use crate::base::ids::{ImportId, UserId};
use crate::base::text::Locale;
use crate::subscribers::{Labels, Line};

/// The largest file, in bytes.
pub const MOST_BYTES: u64 = 200 * 1000 * 1000;
/// How long the next bytes may take to arrive.
const PATIENCE: Duration = Duration::from_secs(30);

/// What is asked with a file.
#[derive(Debug, Clone)]
pub struct Asked {
    /// Who sends it.
    pub user: UserId,
    /// Whether nothing is kept.
    pub dry_run: bool,
    /// Where the list comes from.
    pub source: Option<Line>,
    /// How those on it consented, for rows that do not say.
    pub statement: Option<String>,
    /// Labels for everyone on it.
    pub labels: Labels,
    /// The language of rows that name none.
    pub locale: Locale,
}

/// A file that has arrived.
#[derive(Debug)]
pub struct Received {
    /// The import it became.
    pub id: ImportId,
    /// Its size in bytes.
    pub bytes: i64,
    /// The SHA-256 of its bytes.
    pub fingerprint: [u8; 32],
}

/// Takes a file in.
///
/// # Errors
/// What the file is instead of CSV in UTF-8 with a column of addresses; too large; broken off.
pub async fn receive(app: &App, req: &HttpRequest, body: Payload, asked: Asked) -> Result<Received> {
    if !req.content_type().eq_ignore_ascii_case("text/csv") {
        return Err(Error::UnsupportedMediaType("text/csv"));
    }
    if req.headers().contains_key(header::CONTENT_ENCODING) {
        return Err(Error::UnsupportedMediaType("a body without Content-Encoding"));
    }
    let announced =
        req.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok()?.parse().ok());
    if announced.is_some_and(|length: u64| length > MOST_BYTES) {
        return Err(Error::TooLarge(MOST_BYTES));
    }
    let id: ImportId = app.random.id(app.clock.now())?;
    let mut arriving = Arriving {
        app,
        id,
        asked,
        waiting: Vec::with_capacity(PART_BYTES),
        parts: 0,
        bytes: 0,
        hash: digest::Context::new(&digest::SHA256),
        text: Utf8::default(),
    };
    match arriving.all(body).await {
        Ok(()) => {
            let mut fingerprint = [0; 32];
            fingerprint.copy_from_slice(arriving.hash.finish().as_ref());
            let bytes = i64::try_from(arriving.bytes).unwrap_or(i64::MAX);
            Ok(Received { id, bytes, fingerprint })
        }
        Err(error) => {
            if arriving.parts > 0 {
                app.db.write(move |tx| store::discard(tx, id)).await?;
            }
            Err(error)
        }
    }
}

struct Arriving<'a> {
    app: &'a App,
    id: ImportId,
    asked: Asked,
    /// What belongs to the next piece.
    waiting: Vec<u8>,
    parts: i64,
    bytes: u64,
    hash: digest::Context,
    text: Utf8,
}

impl Arriving<'_> {
    async fn all(&mut self, mut body: Payload) -> Result<()> {
        while let Some(chunk) = tokio::time::timeout(PATIENCE, body.next())
            .await
            .map_err(|_| Error::malformed("", "body-too-slow", "No data arrived for 30 seconds."))?
        {
            let chunk = chunk.map_err(|e| Error::malformed("", "body-incomplete", e.to_string()))?;
            self.some(chunk).await?;
        }
        if self.text.is_cut() {
            return Err(not_utf_8());
        }
        if !self.waiting.is_empty() || self.parts == 0 {
            self.write().await?;
        }
        Ok(())
    }

    async fn some(&mut self, chunk: Bytes) -> Result<()> {
        self.bytes += chunk.len() as u64;
        if self.bytes > MOST_BYTES {
            return Err(Error::TooLarge(MOST_BYTES));
        }
        self.hash.update(&chunk);
        let begins = self.bytes == chunk.len() as u64;
        // Other files are told apart by how they begin, which says more than the first byte that is not UTF-8.
        if begins && let Err(invalid) = reader::known(&chunk) {
            return Err(refused(invalid));
        }
        if chunk.contains(&0) {
            return Err(Error::malformed(
                "",
                "file-not-csv",
                "the file holds U+0000: it is UTF-16 or no text at all",
            ));
        }
        if !self.text.goes_on(&chunk) {
            return Err(not_utf_8());
        }
        let mut rest = chunk.as_ref();
        while !rest.is_empty() {
            let room = PART_BYTES - self.waiting.len();
            let (now, later) = rest.split_at(room.min(rest.len()));
            self.waiting.extend_from_slice(now);
            rest = later;
            if self.waiting.len() == PART_BYTES {
                self.write().await?;
            }
        }
        Ok(())
    }

    /// Writes the next piece; with the first, what the file's beginning says.
    async fn write(&mut self) -> Result<()> {
        let row = (self.parts == 0).then(|| self.row()).transpose()?;
        let (id, number) = (self.id, self.parts);
        let part = std::mem::replace(&mut self.waiting, Vec::with_capacity(PART_BYTES));
        self.parts += 1;
        self.app
            .db
            .write(move |tx| {
                if let Some(row) = &row {
                    store::insert(tx, row)?;
                }
                store::add_part(tx, id, number, &part)
            })
            .await
    }

    fn row(&self) -> Result<ImportRow> {
        let opening = reader::open(&self.waiting).map_err(refused)?;
        let header = columns::storable(&opening.header);
        Columns::recognise(&header).map_err(refused)?;
        let number = |value: u64| i64::try_from(value).unwrap_or(i64::MAX);
        let Asked { user, dry_run, source, statement, labels, locale } = self.asked.clone();
        Ok(ImportRow {
            id: self.id,
            user_id: user,
            status: Progress::Receiving,
            dry_run,
            source,
            statement,
            labels: Json(labels),
            locale,
            delimiter: char::from(opening.delimiter).to_string(),
            header: Json(header),
            bytes: 0,
            next_byte: number(opening.first.byte),
            next_line: number(opening.first.line),
            midline: false,
            rows: 0,
            created: 0,
            updated: 0,
            unchanged: 0,
            suppressed: 0,
            refused: 0,
            error: None,
            created_at: self.app.clock.now(),
            started_at: None,
            finished_at: None,
        })
    }
}

fn refused(invalid: Invalid) -> Error {
    match invalid.code.as_ref() {
        "file-not-utf-8" | "file-not-csv" => Error::malformed("", invalid.code, invalid.detail),
        _ => Error::invalid("", invalid.code, invalid.detail),
    }
}

fn not_utf_8() -> Error {
    Error::malformed("", "file-not-utf-8", "the file is not UTF-8; save it as CSV in UTF-8")
}
