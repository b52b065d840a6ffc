//! Splits HTML into tags and text with html5ever, the tokenizer ammonia uses, so that warnings and sanitiser agree on
//! what is a tag.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::{RawKind, Rawtext, Rcdata, ScriptData};
use html5ever::tokenizer::{
    BufferQueue, CharacterTokens, StartTag, TagToken, Token, TokenSink, TokenSinkResult, Tokenizer,
    TokenizerOpts,
};

/// One token. Character references are resolved; comments and doctypes are skipped.
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
            | "head"
            | "select"
            | "plaintext"
    )
}

/// Splits untrusted HTML. `None` if a tag has more than [`MAX_SEPARATORS`] separators, because reading it could take
/// quadratic time.
pub(super) fn tokens(html: &str) -> Option<Vec<Piece>> {
    (!has_monstrous_tag(html)).then(|| pieces(html))
}

/// Splits HTML written by the sanitiser, which allows only a few attributes per element and so needs no limit.
pub(super) fn pieces(html: &str) -> Vec<Piece> {
    let sink = Sink::default();
    let input = BufferQueue::default();
    input.push_back(StrTendril::from_slice(html));
    let tokenizer = Tokenizer::new(sink, TokenizerOpts::default());
    // `feed` returns early only for scripts and encodings, which this sink never requests. The loop handles it anyway
    // and ends if there is no progress.
    while !input.is_empty() {
        let before = input.peek();
        let _ = tokenizer.feed(&input);
        if input.peek() == before {
            break;
        }
    }
    tokenizer.end();
    tokenizer.sink.pieces.into_inner()
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

fn has_monstrous_tag(html: &str) -> bool {
    let is_separator = |byte: &u8| matches!(byte, b'/' | b'"' | b'\'') || byte.is_ascii_whitespace();
    html.split('<').skip(1).any(|tag| {
        let tag = tag.split_once('>').map_or(tag, |(tag, _)| tag);
        let begins = tag.starts_with(|c: char| c == '/' || c.is_ascii_alphabetic());
        begins && tag.bytes().filter(|byte| is_separator(byte)).count() > MAX_SEPARATORS
    })
}

#[derive(Default)]
struct Sink {
    pieces: RefCell<Vec<Piece>>,
}

impl TokenSink for Sink {
    type Handle = ();

    fn process_token(&self, token: Token, _line: u64) -> TokenSinkResult<()> {
        let mut pieces = self.pieces.borrow_mut();
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
