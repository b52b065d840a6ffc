//! From bytes to rows. A file is read in pieces, each from a [`Place`] at which a row begins, so that an import can stop
//! anywhere and go on. What is no CSV in UTF-8 is refused by its first bytes; a row that is too long costs that row.

use csv::ByteRecord;

use crate::base::error::Invalid;

/// The longest row, in bytes.
pub const MOST_ROW_BYTES: usize = 64 * 1024;
/// The most columns.
pub const MOST_COLUMNS: usize = 200;

/// Where in a file reading goes on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Place {
    /// How many bytes lie before.
    pub byte: u64,
    /// The number of the line there, from 1.
    pub line: u64,
    /// Whether the rest of that line belongs to a row that was too long.
    pub midline: bool,
}

/// What the first bytes of a file say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// What separates cells.
    pub delimiter: u8,
    /// The names of the columns.
    pub header: Vec<String>,
    /// Where the first row begins.
    pub first: Place,
}

/// One row of a file.
#[derive(Debug)]
pub struct Row {
    /// The line at which it begins.
    pub line: u64,
    /// Its cells; `None` if it is too long.
    pub cells: Option<ByteRecord>,
}

/// Some rows, and where the next ones are.
#[derive(Debug)]
pub struct Slice {
    /// In the order of the file.
    pub rows: Vec<Row>,
    /// Behind them.
    pub next: Place,
}

/// Tells files of other kinds by their first bytes.
///
/// # Errors
/// What the file is instead of CSV in UTF-8.
pub fn known(bytes: &[u8]) -> Result<(), Invalid> {
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

/// Reads the beginning of a file: `bytes` are its first, all of them if there are no more than the longest row.
///
/// # Errors
/// What the file is instead of CSV in UTF-8; why its columns cannot be read.
pub fn open(bytes: &[u8]) -> Result<Opening, Invalid> {
    let refusal = |code, detail: &'static str| Err(Invalid::new(code, detail));
    known(bytes)?;
    let start = if bytes.starts_with(&[0xef, 0xbb, 0xbf]) { 3 } else { 0 };
    let mut place = Place { byte: start as u64, line: 1, midline: false };
    let mut rest = bytes.get(start..).unwrap_or_default();
    // Excel's own hint at what separates cells.
    let mut delimiter = None;
    let first_line = rest.split(|b| matches!(b, b'\r' | b'\n')).next().unwrap_or_default();
    if let [b's' | b'S', b'e' | b'E', b'p' | b'P', b'=', given] = first_line
        && [b',', b';', b'\t'].contains(given)
    {
        delimiter = Some(*given);
        rest = rest.get(first_line.len()..).unwrap_or_default();
        place.byte += first_line.len() as u64;
    }
    let delimiter = delimiter.unwrap_or_else(|| sniff(rest));
    let slice = read(rest, place, true, delimiter, 1);
    let Some(row) = slice.rows.into_iter().next() else {
        return refusal("file-empty", "the file has no header: its first line names the columns");
    };
    let Some(cells) = row.cells else {
        return refusal("row-too-long", "the first line is longer than 64 KiB; it has to name the columns");
    };
    if cells.len() > MOST_COLUMNS {
        return refusal("columns-too-many", "at most 200 columns");
    }
    let header = cells.iter().map(|cell| String::from_utf8_lossy(cell).trim().to_owned()).collect();
    Ok(Opening { delimiter, header, first: slice.next })
}

/// What separates cells: whichever stands most often in the first line, quotes aside.
fn sniff(bytes: &[u8]) -> u8 {
    let (mut counts, mut quoted) = ([(b',', 0), (b';', 0), (b'\t', 0)], false);
    let begun = bytes.iter().skip_while(|b| matches!(b, b'\r' | b'\n'));
    for byte in begun.take(MOST_ROW_BYTES) {
        match byte {
            b'"' => quoted = !quoted,
            b'\r' | b'\n' if !quoted => break,
            _ if quoted => {}
            _ => counts.iter_mut().filter(|(known, _)| known == byte).for_each(|(_, count)| *count += 1),
        }
    }
    // The first of equals: the comma.
    counts.iter().rev().max_by_key(|(_, count)| *count).map_or(b',', |(delimiter, _)| *delimiter)
}

/// Reads up to `most` rows of a piece that begins at `from`. Of a row that the piece cuts off nothing is read, unless the
/// piece is the `last`. A piece that is longer than the longest row always brings the place forward.
#[must_use]
pub fn read(piece: &[u8], from: Place, last: bool, delimiter: u8, most: usize) -> Slice {
    let mut reading =
        Reading { piece, last, at: 0, line: from.line, rows: Vec::new(), midline: from.midline };
    while reading.rows.len() < most && reading.some(delimiter, most) {}
    let next = Place { byte: from.byte + reading.at as u64, line: reading.line, midline: reading.midline };
    Slice { rows: reading.rows, next }
}

struct Reading<'a> {
    piece: &'a [u8],
    last: bool,
    at: usize,
    line: u64,
    rows: Vec<Row>,
    midline: bool,
}

impl Reading<'_> {
    /// Reads rows until there are enough, or one is too long. Says whether there may be more.
    fn some(&mut self, delimiter: u8, most: usize) -> bool {
        if self.midline && !self.skip_line() {
            return false;
        }
        let base = self.at;
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .delimiter(delimiter)
            .from_reader(self.piece.get(base..).unwrap_or_default());
        let mut cells = ByteRecord::new();
        while self.rows.len() < most {
            self.skip_blank();
            let begin = self.at;
            // Bytes in memory do not fail to be read, and any bytes are cells of some kind.
            if begin >= self.piece.len() || !reader.read_byte_record(&mut cells).unwrap_or(false) {
                return false;
            }
            let end = base + usize::try_from(reader.position().byte()).unwrap_or(usize::MAX);
            let is_cut = end >= self.piece.len() && !self.last;
            if end - begin > MOST_ROW_BYTES {
                // It may be a quote that is never closed, so only its first line is given up.
                self.rows.push(Row { line: self.line, cells: None });
                self.midline = true;
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

    /// Moves on to `end`, and behind the second half of a line's end.
    fn pass(&mut self, end: usize) {
        let mut end = end.min(self.piece.len());
        if self.piece.get(end.wrapping_sub(1)) == Some(&b'\r') && self.piece.get(end) == Some(&b'\n') {
            end += 1;
        }
        let passed = self.piece.get(self.at..end).unwrap_or_default();
        self.line += line_ends(passed);
        self.at = end;
    }

    fn skip_blank(&mut self) {
        let rest = self.piece.get(self.at..).unwrap_or_default();
        let mut blank = rest.iter().take_while(|b| matches!(b, b'\r' | b'\n')).count();
        // Half a line's end stays for the next piece.
        if blank == rest.len() && rest.last() == Some(&b'\r') && !self.last {
            blank -= 1;
        }
        self.pass(self.at + blank);
    }

    /// Skips the rest of a line; false if it ends behind the piece.
    fn skip_line(&mut self) -> bool {
        let rest = self.piece.get(self.at..).unwrap_or_default();
        let found = rest.iter().position(|b| matches!(b, b'\r' | b'\n'));
        let is_half = found == rest.len().checked_sub(1) && rest.last() == Some(&b'\r') && !self.last;
        match found {
            Some(end) if !is_half => {
                self.pass(self.at + end + 1);
                self.midline = false;
                true
            }
            Some(end) => {
                self.at += end;
                false
            }
            None => {
                self.at = self.piece.len();
                false
            }
        }
    }
}

/// How many lines end there, whichever way.
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
