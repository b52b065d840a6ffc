//! Writes HTML tables as Markdown pipe tables, which can express only one header row, single-line cells and no spans.

use super::inline::{self, Line};
use super::tree::Node;

/// The table as a pipe table, or `None` if it must stay HTML.
pub(super) fn write(table: &Node) -> Option<String> {
    let mut rows: Vec<&Node> = Vec::new();
    for child in table.children().iter().filter(|child| !child.is_blank()) {
        match child {
            Node::Element { name, children, .. } if matches!(name.as_str(), "thead" | "tbody" | "tfoot") => {
                rows.extend(children.iter().filter(|row| !row.is_blank()));
            }
            row if row.is("tr") => rows.push(row),
            _ => return None,
        }
    }
    let cells = rows.iter().map(|row| cells(row)).collect::<Option<Vec<Vec<&Node>>>>()?;
    let head = cells.first()?;
    let plain = |node: &&Node| node.has_only(&[]);
    let frames = table.children().iter().filter(|child| !child.is("tr") && !child.is_blank());
    let is_plain = table.has_only(&[]) && frames.chain(rows.iter().copied()).all(|node| plain(&node));
    let simple = is_plain
        && cells.iter().all(|row| row.len() == head.len())
        && head.iter().all(|cell| cell.is("th"))
        && cells.iter().flatten().all(|cell| is_simple(cell));
    if !simple || head.is_empty() {
        return None;
    }
    let rule: Vec<&str> = head.iter().map(|cell| align(cell)).collect();
    let mut lines: Vec<String> = cells.iter().map(|row| line(row.iter().map(|cell| text(cell)))).collect();
    lines.insert(1, line(rule.into_iter().map(str::to_owned)));
    Some(lines.join("\n"))
}

fn cells(row: &Node) -> Option<Vec<&Node>> {
    let cells: Vec<&Node> = row.children().iter().filter(|cell| !cell.is_blank()).collect();
    (row.is("tr") && cells.iter().all(|cell| cell.is("td") || cell.is("th"))).then_some(cells)
}

fn is_simple(cell: &Node) -> bool {
    let spans = |name| cell.attribute(name).is_some_and(|span| span != "1");
    let is_plain = cell.has_only(&["align", "colspan", "rowspan", "scope"]);
    is_plain && !spans("colspan") && !spans("rowspan") && cell.children().iter().all(Node::is_inline)
}

fn align(cell: &Node) -> &'static str {
    match cell.attribute("align") {
        Some("left") => ":--",
        Some("center") => ":-:",
        Some("right") => "--:",
        _ => "---",
    }
}

fn text(cell: &Node) -> String {
    inline::write(cell.children(), Line::Cell)
}

fn line(cells: impl Iterator<Item = String>) -> String {
    format!("| {} |", cells.collect::<Vec<_>>().join(" | "))
}
