//! From bytes to rows. A file is read in chunks, each from a [`Position`] at which a row begins, so that an import
//! can stop anywhere and continue. A file that is not CSV in UTF-8 is refused by its first bytes; a row that is too
//! long is refused alone.

use std::cell::Cell;
use std::io::Read;
use std::rc::Rc;

use csv::ByteRecord;

use crate::base::error::Invalid;

/// The longest row, in bytes.
pub const MAX_ROW_BYTES: usize = 64 * 1024;
/// The most columns.
pub const MAX_COLUMNS: usize = 200;

/// Where in a file reading continues.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Position {
    /// How many bytes have been read.
    pub byte: u64,
    /// The number of the line there, from 1.
    pub line: u64,
    /// Whether the rest of that line belongs to a row that was too long.
    pub skips_line: bool,
}

/// The header of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Header {
    /// The delimiter of cells.
    pub delimiter: u8,
    /// The names of the columns.
    pub columns: Vec<String>,
    /// Where the first row begins.
    pub first: Position,
}

/// One row of a file.
#[derive(Debug)]
pub struct Row {
    /// The line at which it begins.
    pub line: u64,
    /// Its cells; `None` if it is too long.
    pub cells: Option<ByteRecord>,
}

/// Some rows, and the position after them.
#[derive(Debug)]
pub struct Rows {
    /// In the order of the file.
    pub rows: Vec<Row>,
    /// Where the next rows begin.
    pub next: Position,
}

/// Refuses files of other formats by their first bytes.
pub fn check_format(bytes: &[u8]) -> Result<(), Invalid> {
    let refusal = |code, detail: &'static str| Err(Invalid::new(code, detail));
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return refusal("file-not-utf-8", "the file is UTF-16; save it as CSV in UTF-8");
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(&[0xd0, 0xcf, 0x11, 0xe0]) {
        return refusal(
            "file-not-csv",
            "the file is a spreadsheet or an archive; save the sheet as CSV in UTF-8",
        );
    }
    Ok(())
}

/// Reads the header of a file. `bytes` are its first ones: all of them, or more than the longest row.
pub fn read_header(bytes: &[u8]) -> Result<Header, Invalid> {
    let refusal = |code, detail: &'static str| Err(Invalid::new(code, detail));
    check_format(bytes)?;
    let start = if bytes.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
    let mut position = Position { byte: start as u64, line: 1, skips_line: false };
    let mut rest = bytes.get(start..).unwrap_or_default();
    // Excel writes the delimiter into a line of its own.
    let mut delimiter = None;
    let first_line = rest.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', given] = first_line
        && [b',', b';', b'\t'].contains(given)
    {
        delimiter = Some(*given);
        rest = rest.get(first_line.len()..).unwrap_or_default();
        position.byte += first_line.len() as u64;
    }
    let delimiter = delimiter.unwrap_or_else(|| detect_delimiter(rest));
    let read = read(rest, position, true, delimiter, 1);
    let Some(row) = read.rows.into_iter().next() else {
        return refusal("file-empty", "the file has no header: its first line names the columns");
    };
    let Some(cells) = row.cells else {
        return refusal("row-too-long", "the first line is longer than 64 KiB; it has to name the columns");
    };
    if cells.len() > MAX_COLUMNS {
        return refusal("columns-too-many", "at most 200 columns");
    }
    let columns = cells.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
    Ok(Header { delimiter, columns, first: read.next })
}

/// Detects the delimiter: the most frequent one in the first line, outside quotes.
fn detect_delimiter(bytes: &[u8]) -> u8 {
    let (mut counts, mut quoted) = ([(b',', 0), (b';', 0), (b'\t', 0)], false);
    let begun = bytes.iter().skip_while(|b| matches!(b, b'\r' | b'\n'));
    for byte in begun.take(MAX_ROW_BYTES) {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(known, _)| known == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // Of equally frequent ones the first: the comma.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}

/// Reads up to `max` rows of a chunk that begins at `from`. A row that the chunk cuts off is not read, unless the
/// chunk is the `last`. A chunk that is longer than the longest row always advances the position.
#[must_use]
pub fn read(chunk: &[u8], from: Position, last: bool, delimiter: u8, max: usize) -> Rows {
    let skips = u32::from(from.skips_line);
    let mut reader = Reader { chunk, last, at: 0, line: from.line, rows: Vec::new(), skips, too_long: 0 };
    while reader.rows.len() < max && reader.read_some(delimiter, max) {}
    let next =
        Position { byte: from.byte + reader.at as u64, line: reader.line, skips_line: reader.skips > 0 };
    Rows { rows: reader.rows, next }
}

struct Reader<'a> {
    chunk: &'a [u8],
    last: bool,
    at: usize,
    line: u64,
    rows: Vec<Row>,
    /// How many lines are to be skipped.
    skips: u32,
    /// How many rows of the chunk were too long.
    too_long: u32,
}

/// Bytes up to a limit, so that no more than the longest row is read of one whose quote is not closed.
struct Window<'a> {
    bytes: &'a [u8],
    left: Rc<Cell<usize>>,
}

impl Read for Window<'_> {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        let most = into.len().min(self.left.get());
        let read = self.bytes.read(into.get_mut(..most).unwrap_or_default())?;
        self.left.set(self.left.get() - read);
        Ok(read)
    }
}

impl Reader<'_> {
    /// Reads rows until there are enough, or one is too long. Returns whether there may be more.
    fn read_some(&mut self, delimiter: u8, max: usize) -> bool {
        while self.skips > 0 {
            if !self.skip_line() {
                return false;
            }
            self.skips -= 1;
        }
        let base = self.at;
        let left = Rc::new(Cell::new(0));
        let mut reader =
            csv::ReaderBuilder::new().has_headers(false).flexible(true).delimiter(delimiter).from_reader(
                Window { bytes: self.chunk.get(base..).unwrap_or_default(), left: left.clone() },
            );
        let mut cells = ByteRecord::new();
        while self.rows.len() < max {
            self.skip_blank();
            let begin = self.at;
            left.set(MAX_ROW_BYTES + 2);
            // Reading from memory does not fail, and any bytes are cells.
            if begin >= self.chunk.len() || !reader.read_byte_record(&mut cells).unwrap_or(false) {
                return false;
            }
            let end = base + usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            let is_cut = end >= self.chunk.len() && !self.last;
            if end - begin > MAX_ROW_BYTES {
                // A quote may not be closed, so only the first line is skipped. If that happens again and again, more
                // and more lines are, because each such row is read to the bound.
                self.rows.push(Row { line: self.line, cells: None });
                self.skips = 1 << self.too_long.saturating_sub(4).min(16);
                self.too_long += 1;
                return true;
            }
            if is_cut {
                return false;
            }
            let line = self.line;
            self.pass(end);
            if cells.iter().any(|cell| !cell.trim_ascii().is_empty()) {
                self.rows.push(Row { line, cells: Some(std::mem::take(&mut cells)) });
            }
        }
        true
    }

    /// Advances to `end`, and past the second byte of a CRLF.
    fn pass(&mut self, end: usize) {
        let mut end = end.min(self.chunk.len());
        if self.chunk.get(end.wrapping_sub(1)) == Some(&b'\r') && self.chunk.get(end) == Some(&b'\n') {
            end += 1;
        }
        let passed = self.chunk.get(self.at..end).unwrap_or_default();
        self.line += line_ends(passed);
        self.at = end;
    }

    fn skip_blank(&mut self) {
        let rest = self.chunk.get(self.at..).unwrap_or_default();
        let mut blank = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        // The first half of a CRLF is left for the next chunk.
        if blank == rest.len() && rest.last() == Some(&b'\r') && !self.last {
            blank -= 1;
        }
        self.pass(self.at + blank);
    }

    /// Skips the rest of a line; false if it ends after the chunk.
    fn skip_line(&mut self) -> bool {
        let rest = self.chunk.get(self.at..).unwrap_or_default();
        let found = rest.iter().position(|b| matches!(b, b'\r' | b'\n'));
        let is_half = found == rest.len().checked_sub(1) && rest.last() == Some(&b'\r') && !self.last;
        match found {
            Some(end) if !is_half => {
                self.pass(self.at + end + 1);
                true
            }
            Some(end) => {
                self.at += end;
                false
            }
            None => {
                self.at = self.chunk.len();
                false
            }
        }
    }
}

/// Counts line ends: LF, CR and CRLF.
fn line_ends(bytes: &[u8]) -> u64 {
    let mut before = 0;
    let mut count = 0;
    for byte in bytes {
        if *byte == b'\r' || (*byte == b'\n' && before != b'\r') {
            count += 1;
        }
        before = *byte;
    }
    count
}
