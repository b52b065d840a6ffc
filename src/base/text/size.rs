//! How long the HTML of Markdown can be, without rendering it. Some short Markdown makes long HTML: a reference to a
//! footnote takes 4 bytes and makes 250, a short row of a wide table makes all its cells, a reference to a definition
//! repeats its URL.

use super::definitions::{self, LENT};
use super::lines::lines;
use super::markdown::Passage;
use super::raw_html::MAX_REPEATED;
use super::steps;

/// The maximum length of the HTML of an article, in bytes, as [`html_bound`] tells it: five times the longest text.
pub const MAX_HTML: usize = 5_000_000;

/// The most bytes that a reference to a footnote makes, with the link back to it.
const REFERENCE: usize = 280;
/// The most bytes that a cell makes.
const CELL: usize = 25;
/// The most bytes that a table makes, apart from its cells and rows.
const TABLE: usize = 60;
/// The most bytes of HTML for a byte in a URL or title: `&` becomes `&amp;`, `"` becomes `&quot;`.
const ESCAPED: usize = 6;
/// The fewest bytes that the definitions of a body may add to it, where they are used; a longer body may grow by its
/// length, together with the labels of the footnotes that are lent to it.
const EXPANSION: usize = 100_000;
/// The most bytes that a line makes beside what its bytes make, which is one of indented code.
const LINE: usize = 26;

/// Whether bodies are so short and plain that their HTML is within [`MAX_HTML`] for certain.
fn are_small(bodies: &[&str]) -> bool {
    // Apart from tables and definitions, nothing makes more of its bytes than the two that begin a reference. Raw HTML
    // may repeat tags.
    const MAX_SMALL: usize = 2 * (MAX_HTML - MAX_REPEATED) / REFERENCE;
    bodies.iter().map(|body| body.len() + LINE).sum::<usize>() <= MAX_SMALL
        && !bodies.iter().any(|body| body.contains('|') || body.contains("]:"))
}

/// The length that the HTML of an article's headings and bodies could have, if that is more than [`MAX_HTML`].
#[must_use]
pub fn excess(passages: &[Passage<'_>]) -> Option<usize> {
    let texts: Vec<&str> =
        passages.iter().flat_map(|passage| passage.heading.into_iter().chain([passage.body])).collect();
    if are_small(&texts) {
        return None;
    }
    Some(html_bound(texts)).filter(|bound| *bound > MAX_HTML)
}

/// An upper bound of the length of the HTML of an article's headings and bodies, in bytes. Ordinary text makes little
/// more HTML than it is long; lists, tables and links make up to five times as much.
#[must_use]
pub fn html_bound<'b>(bodies: impl IntoIterator<Item = &'b str>) -> usize {
    let (mut sum, mut brackets, mut definition) = (0, 0, 0);
    let (mut length, mut expansion, mut repeated) = (0, 0, 0);
    for body in bodies {
        if body.contains('<') {
            repeated = MAX_REPEATED;
        }
        let size = Size::of(body);
        sum += size.markup;
        brackets += size.brackets;
        definition = size.definition.max(definition);
        length += body.len();
        expansion += if size.definition > 0 {
            (2 * body.len() + LENT * size.brackets).max(EXPANSION) + size.definition
        } else {
            0
        };
    }
    let uses = brackets * definition;
    sum + repeated + ESCAPED * uses.min(expansion + length.max(EXPANSION))
}

/// What one body adds.
#[derive(Default)]
struct Size {
    markup: usize,
    /// How many `[` there are: each may use a definition.
    brackets: usize,
    /// The length of the URL and the title of the longest link definition.
    definition: usize,
}

impl Size {
    fn of(body: &str) -> Self {
        steps::count(body.len());
        let mut size = Self { markup: LINE, ..Self::default() };
        if body.contains("]:") {
            size.definition = definitions::longest(body);
        }
        let mut columns = 0;
        for line in lines(body) {
            let bytes = line.as_bytes();
            size.line(bytes);
            if line.trim_matches([' ', '\t', '\n', '\r']).is_empty() {
                columns = 0;
                continue;
            }
            if is_rule_of_table(bytes) {
                // It may also be a row of a wider table.
                columns = columns.max(line.matches('|').count() + 1);
                size.markup += TABLE;
            }
            size.markup += columns * CELL;
        }
        size
    }

    fn line(&mut self, line: &[u8]) {
        let (mut before, mut in_brackets) = (0, false);
        for byte in line {
            self.markup += usize::from(BYTES[usize::from(*byte)]);
            // An autolink is written twice, and its URL is encoded.
            self.markup += if in_brackets { 3 } else { 0 };
            match byte {
                b'[' => self.brackets += 1,
                // A URL without a scheme gets one.
                b'/' if before == b'/' => self.markup += "https:".len(),
                b'^' if before == b'[' => self.markup += REFERENCE,
                b'.' | b')' if before.is_ascii_digit() => self.markup += 40,
                b'<' => in_brackets = true,
                b'>' => in_brackets = false,
                _ => {}
            }
            before = *byte;
        }
    }
}

/// Whether a line can be the second one of a table, in any list or quotation.
fn is_rule_of_table(line: &[u8]) -> bool {
    let is_rule = |byte: &u8| b"|-: \t>*+.)\r\n".contains(byte) || byte.is_ascii_digit();
    line.contains(&b'-') && line.iter().all(is_rule)
}

/// The most bytes of HTML that each byte of Markdown makes, as text, as markup or in a URL.
const BYTES: [u8; 256] = max_bytes();

const fn max_bytes() -> [u8; 256] {
    let mut max = [1; 256];
    let mut byte: u8 = 0;
    loop {
        max[byte as usize] = match byte {
            b'\n' | b'\r' | b'\t' | b'#' | b'|' => 26,
            // In URLs, `&nGt;` becomes two characters of six bytes, each of which is encoded, and U+0000 another one.
            b'&' => 14,
            0..=0x1f => 9,
            b'{' | b'}' | b'^' | b'\'' | b'(' | b')' => 5,
            b'"' | b'\\' | b'!' | b'_' => 6,
            b',' | b';' => 2,
            b']' | 0x7f.. => 3,
            b'*' | b'-' | b'+' => 23,
            b'`' | b'~' => 16,
            b'<' => 40,
            b'>' => 28,
            b'[' => 48,
            _ => 1,
        };
        match byte.checked_add(1) {
            Some(next) => byte = next,
            None => return max,
        }
    }
}
