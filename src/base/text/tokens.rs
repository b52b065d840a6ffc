//! Splits untrusted HTML into tags and text with html5ever, the tokenizer ammonia uses, so that warnings and sanitiser
//! agree on what is a tag.

use std::cell::{Cell, RefCell};

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{RawKind, Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, StartTag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer,
    TokenizerOpts,
};

use super::steps;

/// One token. Character references are resolved; comments and doctypes are skipped. A self-closing tag is an opening
/// and a closing one: HTML ignores its slash, except in SVG and `MathML`, but whoever writes `<iframe … />` or
/// `<a id="x"/>` means that the element is empty.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Piece {
    /// `<name …>`
    Open {
        name: String,
        attributes: Vec<(String, String)>,
    },
    /// `</name>`
    Close(String),
    Text(String),
}

/// The maximum number of separators (white space, quotes, slashes) in one tag. They bound the number of attributes,
/// each of which the tokenizer compares with all earlier ones of the tag.
const MAX_SEPARATORS: usize = 2_000;

/// Whether an element is void (HTML Standard, "void elements", and the obsolete `param`).
pub(super) fn is_void(name: &str) -> bool {
    matches!(
        name,
        "area"
            | "base"
            | "br"
            | "col"
            | "embed"
            | "hr"
            | "img"
            | "input"
            | "link"
            | "meta"
            | "param"
            | "source"
            | "track"
            | "wbr"
    )
}

/// Whether an element's content is not meant for readers and is removed with the element.
pub(super) fn hides_content(name: &str) -> bool {
    matches!(
        name,
        "script"
            | "style"
            | "title"
            | "textarea"
            | "xmp"
            | "iframe"
            | "noembed"
            | "noframes"
            | "template"
            | "svg"
            | "math"
            | "object"
            | "select"
            | "plaintext"
    )
}

/// Splits untrusted HTML. `None` if a tag has more than [`MAX_SEPARATORS`] separators, because reading it could take
/// quadratic time.
pub(super) fn tokens(html: &str) -> Option<Vec<Piece>> {
    steps::count(html.len());
    let tokenizer = Tokenizer::new(Sink::default(), TokenizerOpts::default());
    if html.bytes().filter(|byte| is_separator(*byte)).count() <= MAX_SEPARATORS {
        feed(&tokenizer, html);
    } else {
        // Only the tokenizer knows what is a tag: one that it has not finished after so many separators is too long.
        let (mut unfinished, mut is_comment, mut start) = (0, false, 0);
        for part in html.split_inclusive(|c: char| u8::try_from(c).is_ok_and(is_separator)) {
            for part in at_brackets(part) {
                let before = tokenizer.sink.finished.get();
                feed(&tokenizer, part);
                if tokenizer.sink.finished.get() > before {
                    (unfinished, is_comment) = (0, begins_comment(html.get(start..).unwrap_or_default()));
                }
                start += part.len();
            }
            unfinished += 1;
            if unfinished > MAX_SEPARATORS && !is_comment {
                return None;
            }
        }
    }
    tokenizer.end();
    Some(tokenizer.sink.pieces.into_inner())
}

fn is_separator(byte: u8) -> bool {
    matches!(byte, b'/' | b'"' | b'\'') || byte.is_ascii_whitespace()
}

/// The parts of a text that begin with its `<`s.
fn at_brackets(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let mut chars = rest.char_indices();
        chars.next()?;
        let end = chars.find(|(_, c)| *c == '<').map_or(rest.len(), |(at, _)| at);
        let (part, after) = rest.split_at(end);
        rest = after;
        Some(part)
    })
}

/// Whether the HTML begins with a comment, or something that is read as one.
fn begins_comment(html: &str) -> bool {
    let is_name = |rest: &str| rest.starts_with(|c: char| c.is_ascii_alphabetic());
    html.starts_with("<!")
        || html.starts_with("<?")
        || html.strip_prefix("</").is_some_and(|rest| !is_name(rest))
}

fn feed(tokenizer: &Tokenizer<Sink>, html: &str) {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    // `feed` returns early only for scripts and encodings, which this sink never requests. The loop handles it anyway
    // and ends if there is no progress.
    while !input.is_empty() {
        let before = input.peek();
        let _ = tokenizer.feed(&input);
        if input.peek() == before {
            break;
        }
    }
}

/// Escapes text for use as HTML content or in a double-quoted attribute value.
#[must_use]
pub fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\0' => out.push('\u{fffd}'),
            other => out.push(other),
        }
    }
    out
}

#[derive(Default)]
struct Sink {
    pieces: RefCell<Vec<Piece>>,
    /// How many tokens have been finished, comments included.
    finished: Cell<usize>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut pieces = self.pieces.borrow_mut();
        if !matches!(token, Token::ParseError(_)) {
            self.finished.set(self.finished.get() + 1);
        }
        match token {
            TagToken(tag) => {
                let name = tag.name.to_string();
                if tag.kind != StartTag {
                    pieces.push(Piece::Close(name));
                    return TokenSinkResult::Continue;
                }
                let raw = raw_kind(&name);
                let attributes =
                    tag.attrs.iter().map(|a| (a.name.local.to_string(), a.value.to_string())).collect();
                if tag.self_closing && !is_void(&name) {
                    pieces.push(Piece::Open { name: name.clone(), attributes });
                    pieces.push(Piece::Close(name));
                    return TokenSinkResult::Continue;
                }
                pieces.push(Piece::Open { name, attributes });
                return raw.map_or(TokenSinkResult::Continue, TokenSinkResult::RawData);
            }
            CharacterTokens(text) => match pieces.last_mut() {
                Some(Piece::Text(before)) => before.push_str(&text),
                _ => pieces.push(Piece::Text(text.to_string())),
            },
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

fn raw_kind(name: &str) -> Option<RawKind> {
    match name {
        "title" | "textarea" => Some(Rcdata),
        "style" | "xmp" | "iframe" | "noembed" | "noframes" => Some(Rawtext),
        "script" => Some(ScriptData),
        _ => None,
    }
}
