//! Cells of a CSV file. What a spreadsheet would run as a formula is written with an apostrophe in front, which is
//! removed again when it is read, so that an exported list can be imported unchanged. A list within a cell is a line
//! of CSV itself.

/// The first characters of a formula.
const FORMULA_STARTS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

/// Whether a cell, apart from apostrophes in front, starts like a formula.
fn is_formula(text: &str) -> bool {
    text.trim_start_matches('\'').starts_with(FORMULA_STARTS)
}

/// A text as a cell that no spreadsheet runs as a formula.
#[must_use]
pub fn escape(text: &str) -> std::borrow::Cow<'_, str> {
    if is_formula(text) { format!("'{text}").into() } else { text.into() }
}

/// The text of a cell.
#[must_use]
pub fn unescape(cell: &str) -> &str {
    match cell.strip_prefix('\'') {
        Some(text) if is_formula(text) => text,
        _ => cell,
    }
}

/// Appends one row (RFC 4180). The cells have been escaped.
pub fn write_row<'a>(out: &mut Vec<u8>, cells: impl IntoIterator<Item = &'a str>) {
    let mut separator = "";
    for cell in cells {
        out.extend_from_slice(separator.as_bytes());
        separator = ",";
        if cell.contains(['"', ',', '\n', '\r', ';', '\t']) || cell.starts_with(' ') || cell.ends_with(' ') {
            out.push(b'"');
            out.extend_from_slice(cell.replace('"', "\"\"").as_bytes());
            out.push(b'"');
        } else {
            out.extend_from_slice(cell.as_bytes());
        }
    }
    out.extend_from_slice(b"\r\n");
}

/// A list as the text of one cell: separated by commas, and quoted where an item holds one.
#[must_use]
pub fn join<'a>(items: impl IntoIterator<Item = &'a str>) -> String {
    let mut line = Vec::new();
    write_row(&mut line, items);
    String::from_utf8_lossy(&line).trim_end_matches(['\r', '\n']).to_owned()
}

/// The items of a cell that holds a list.
#[must_use]
pub fn items(text: &str) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .trim(csv::Trim::Fields)
        .from_reader(text.as_bytes());
    let lines = reader.records().filter_map(Result::ok);
    let items: Vec<String> =
        lines.flat_map(|line| line.iter().map(str::to_owned).collect::<Vec<_>>()).collect();
    items.into_iter().filter(|item| !item.is_empty()).collect()
}
