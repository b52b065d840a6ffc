//! Rules of the HTML Standard about tags that authors leave out, and about the parts of tables. The filter of raw HTML
//! follows them, so that it and an HTML parser agree on what is open.

use super::plain::is_block;

/// Whether the start tag `next` implies the end tag of `open`. Approximates the HTML Standard's rules for optional
/// tags.
pub(super) fn ends(open: &str, next: &str) -> bool {
    match open {
        "p" => is_block(next) && !matches!(next, "br" | "audio" | "video" | "picture" | "iframe"),
        "li" => next == "li",
        "dt" | "dd" => matches!(next, "dt" | "dd"),
        "td" | "th" => matches!(next, "td" | "th" | "tr" | "thead" | "tbody" | "tfoot"),
        "tr" => matches!(next, "tr" | "thead" | "tbody" | "tfoot"),
        "thead" | "tbody" | "tfoot" => matches!(next, "tbody" | "tfoot"),
        "rt" | "rp" => matches!(next, "rt" | "rp"),
        _ => false,
    }
}

/// Whether the start of this element implies the end of any other.
pub(super) fn ends_any(name: &str) -> bool {
    ["p", "li", "dt", "rt"].iter().any(|open| ends(open, name))
}

/// Whether an HTML parser opens an element again, where a block has ended it without its end tag (HTML Standard,
/// "formatting elements").
pub(super) fn is_formatting(name: &str) -> bool {
    matches!(name, "a" | "b" | "code" | "em" | "i" | "s" | "small" | "strong" | "u")
}

/// Whether an element is a part of a table that holds rows, cells or columns. Other content in it is misplaced.
pub(super) fn is_frame(name: &str) -> bool {
    matches!(name, "table" | "thead" | "tbody" | "tfoot" | "tr" | "colgroup")
}

/// The elements of which the innermost holds a part of a table; `None` for other elements. Without such an element the
/// tag has no meaning.
pub(super) fn parents(name: &str) -> Option<&'static [&'static str]> {
    match name {
        "caption" | "colgroup" | "thead" | "tbody" | "tfoot" => Some(&["table"]),
        "col" => Some(&["colgroup", "table"]),
        "tr" => Some(&["thead", "tbody", "tfoot", "table"]),
        "td" | "th" => Some(&["tr", "thead", "tbody", "tfoot", "table"]),
        _ => None,
    }
}
