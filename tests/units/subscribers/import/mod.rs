use lede::base::clock::Timestamp;
use lede::subscribers::import::columns::Columns;
use lede::subscribers::import::person::{Person, Refusal};
use lede::subscribers::import::reader as rows;

mod cells;
mod columns;
mod person;
mod reader;
mod stated;
mod utf8;
mod vocabulary;

fn now() -> Timestamp {
    Timestamp::parse("2026-01-05T09:00:00Z").unwrap()
}

/// The persons of a text with a header.
fn read(text: &str) -> Vec<Result<Person, Refusal>> {
    let header = rows::read_header(text.as_bytes()).unwrap();
    let columns = Columns::recognise(&header.columns).unwrap();
    let rest = &text.as_bytes()[usize::try_from(header.first.byte).unwrap()..];
    let read = rows::read(rest, header.first, true, header.delimiter, 100);
    read.rows.iter().map(|row| columns.person(row.cells.as_ref().unwrap(), now())).collect()
}

fn statuses(text: &str) -> Vec<&'static str> {
    read(text).into_iter().map(|row| row.map_or_else(|code| code, |person| person.status.as_str())).collect()
}
