//! Converts inline HTML nodes to Markdown. Escaping depends on the context: paragraph, heading or table cell.

use super::tree::{Node, collapse};

/// The context the text is written for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Line {
    /// A paragraph, which may contain line breaks.
    Many,
    /// The first paragraph of a list item, which may begin with a task box.
    Item,
    One,
    /// A table cell, in which pipes are escaped.
    Cell,
}

/// Stands for a line break until the whole text is written, so that it is trimmed like other white space: at the end of
/// a paragraph or emphasis, Markdown has none. Text holds no carriage returns, because they collapse.
const BREAK: char = '\r';

/// Writes inline nodes as Markdown without leading and trailing white space.
pub(super) fn write<'n>(nodes: impl IntoIterator<Item = &'n Node>, line: Line) -> String {
    let mut writer = Writer { out: String::new(), line, nested: false, strong: false, emphasis: false };
    writer.nodes(&nodes.into_iter().collect::<Vec<_>>(), None);
    writer.out.trim().replace(BREAK, "\\\n")
}

/// Escapes line starts that Markdown would read as another block, such as a list item or a heading.
pub(super) fn escape_line_starts(text: &str) -> String {
    text.split('\n').map(escape_line_start).collect::<Vec<_>>().join("\n")
}

pub(super) fn longest_run(text: &str, wanted: char) -> usize {
    text.split(|c| c != wanted).map(str::len).max().unwrap_or(0)
}

fn escape_line_start(line: &str) -> String {
    let line = line.trim_start_matches([' ', '\t']);
    let digits = line.len() - line.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let (number, rest) = line.split_at_checked(digits).unwrap_or(("", line));
    let is_item = digits > 0 && rest.starts_with(['.', ')']);
    if is_item || digits == 0 && rest.starts_with(['#', '>', '+', '-', '=', ':', '|']) {
        return format!("{number}\\{rest}");
    }
    line.to_owned()
}

struct Writer {
    out: String,
    line: Line,
    /// Whether leading white space is significant, because text precedes this writer's output.
    nested: bool,
    strong: bool,
    emphasis: bool,
}

impl Writer {
    /// A writer for the content between a pair of delimiters.
    fn inside(&self) -> Self {
        Self { out: String::new(), nested: true, ..*self }
    }

    /// `after` is the first character that follows these nodes.
    fn nodes(&mut self, nodes: &[&Node], after: Option<char>) {
        for (nth, node) in nodes.iter().enumerate() {
            let next = nodes.get(nth + 1).map_or(after, |next| next.first_char());
            self.node(node, next);
        }
    }

    fn node(&mut self, node: &Node, next: Option<char>) {
        let Node::Element { name, .. } = node else {
            return self.text(&node.text());
        };
        let is_plain = node.has_only(&[]);
        match name.as_str() {
            "strong" | "b" if !self.strong && is_plain => self.mark(node, "**", next),
            "em" | "i" if !self.emphasis && is_plain => self.mark(node, "*", next),
            "del" | "s" if is_plain => self.mark(node, "~~", next),
            // Two code spans side by side would be one.
            "code" if is_plain && !self.out.ends_with('`') => self.code(node),
            "a" if node.attribute("href").is_some() && node.has_only(&["href", "title"]) => self.link(node),
            "strong" | "b" | "em" | "i" | "a" | "span" if is_plain => self.children(node, next),
            "img" => self.image(node),
            "br" if self.line == Line::One => self.space(" "),
            "br" if self.line != Line::Cell => self.out.push(BREAK),
            "input" if self.line == Line::Item && !self.nested && self.out.is_empty() => {
                self.out.push_str(if node.attribute("checked").is_some() { "[x] " } else { "[ ] " });
            }
            "br" | "input" | "wbr" => self.out.push_str(&node.opening()),
            _ => {
                self.out.push_str(&node.opening());
                self.children(node, Some('<'));
                self.out.extend(["</", name, ">"]);
            }
        }
    }

    fn children(&mut self, node: &Node, after: Option<char>) {
        self.nodes(&node.children().iter().collect::<Vec<_>>(), after);
    }

    /// Whether a space here has no effect.
    fn is_at_start(&self) -> bool {
        self.out.is_empty() && !self.nested || self.out.ends_with([' ', BREAK])
    }

    /// Writes white space: spaces, no-break spaces and breaks.
    fn space(&mut self, space: &str) {
        for c in space.chars() {
            if c != ' ' || !self.is_at_start() {
                self.out.push(c);
            }
        }
    }

    fn text(&mut self, text: &str) {
        let text = collapse(text);
        let text = if self.is_at_start() { text.trim_start_matches(' ') } else { &text };
        let mut chars = text.chars().peekable();
        while let Some(c) = chars.next() {
            let special = match c {
                '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '~' => true,
                '&' => chars.peek().is_some_and(|next| next.is_ascii_alphanumeric() || *next == '#'),
                '|' => self.line == Line::Cell,
                // `{#…}` at the end of a heading sets its anchor.
                '{' => self.line == Line::One,
                _ => false,
            };
            if special {
                self.out.push('\\');
            }
            self.out.push(c);
        }
    }

    /// Writes emphasis with delimiters, or with HTML tags where the delimiters would not be flanking (`CommonMark`
    /// section 6.2) and so be read as text.
    fn mark(&mut self, node: &Node, mark: &str, next: Option<char>) {
        let mut inner = self.inside();
        inner.strong |= mark == "**";
        inner.emphasis |= mark == "*";
        inner.children(node, None);
        let text = inner.out;
        let (before, body, after) = trimmed(&text);
        self.space(before);
        if body.is_empty() {
            return;
        }
        let next = after.chars().next().or(next);
        let opens = flanks(self.out.chars().next_back(), body.chars().next());
        let closes = flanks(next, body.chars().next_back());
        if opens && closes {
            self.out.extend([mark, body, mark]);
        } else {
            let Node::Element { name, .. } = node else { return };
            self.out.extend(["<", name, ">", body, "</", name, ">"]);
        }
        self.space(after);
    }

    fn code(&mut self, node: &Node) {
        let code = collapse(&node.text());
        if code.trim().is_empty() {
            return self.text(&code);
        }
        let fence = "`".repeat(longest_run(&code, '`') + 1);
        let pad = if code.starts_with(['`', ' ']) || code.ends_with(['`', ' ']) { " " } else { "" };
        let code = if self.line == Line::Cell { code.replace('|', "\\|") } else { code };
        self.out.extend([&fence, pad, &code, pad, &fence]);
    }

    fn link(&mut self, node: &Node) {
        let mut inner = self.inside();
        inner.children(node, None);
        let (before, text, after) = trimmed(&inner.out);
        self.space(before);
        self.unbang();
        let href = node.attribute("href").unwrap_or_default();
        self.out.extend(["[", text, "](", &destination(href), &title(node), ")"]);
        self.space(after);
    }

    fn image(&mut self, node: &Node) {
        let Node::Element { attributes, .. } = node else { return };
        let plain = attributes.iter().all(|(name, _)| matches!(name.as_str(), "src" | "alt" | "title"));
        let Some(src) = node.attribute("src").filter(|_| plain) else {
            self.out.push_str(&node.opening());
            return;
        };
        let mut alt = self.inside();
        alt.text(node.attribute("alt").unwrap_or_default());
        self.out.extend(["![", alt.out.trim(), "](", &destination(src), &title(node), ")"]);
    }

    /// Escapes a `!` before a link, which would turn the link into an image.
    fn unbang(&mut self) {
        if self.out.ends_with('!') {
            self.out.pop();
            self.out.push_str("\\!");
        }
    }
}

/// The white space at the start of a text, what stands between, and the white space at its end.
fn trimmed(text: &str) -> (&str, &str, &str) {
    let (before, rest) = text.split_at(text.len() - text.trim_start().len());
    let (body, after) = rest.split_at(rest.trim_end().len());
    (before, body, after)
}

/// Whether a delimiter between these two characters is flanking. Stricter than `CommonMark` section 6.2, so that the
/// same test serves opening and closing delimiters.
fn flanks(outside: Option<char>, inside: Option<char>) -> bool {
    let is_break = |c: char| {
        c.is_whitespace()
            || c.is_ascii_punctuation()
            || "“”„‘’‚«»‹›–—…·、。，．！？：；（）「」『』".contains(c)
    };
    let safe_outside = outside.is_none_or(|c| is_break(c) && !matches!(c, '*' | '~' | '\\'));
    let safe_inside = inside.is_some_and(char::is_alphanumeric);
    safe_outside && inside.is_some_and(|c| c != '*' && c != '~')
        || safe_inside && outside.is_none_or(|c| !matches!(c, '*' | '~' | '\\'))
}

/// Escapes a URL for use as a link destination without angle brackets.
fn destination(url: &str) -> String {
    let mut out = String::with_capacity(url.len());
    for c in url.trim().chars() {
        match c {
            ' ' => out.push_str("%20"),
            '(' => out.push_str("%28"),
            ')' => out.push_str("%29"),
            '<' => out.push_str("%3C"),
            '>' => out.push_str("%3E"),
            '\\' => out.push_str("%5C"),
            '|' => out.push_str("%7C"),
            '*' | '_' | '&' | '[' | ']' | '`' | '~' => {
                out.push('\\');
                out.push(c);
            }
            c if c.is_control() => {}
            c => out.push(c),
        }
    }
    if out.is_empty() { "<>".to_owned() } else { out }
}

fn title(node: &Node) -> String {
    let title = node.attribute("title").map(collapse).unwrap_or_default();
    if title.is_empty() {
        return title;
    }
    format!(
        " \"{}\"",
        title.replace('\\', "\\\\").replace('"', "\\\"").replace('&', "\\&").replace('|', "\\|")
    )
}
