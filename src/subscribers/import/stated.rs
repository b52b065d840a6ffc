//! The status that a row states. Everything in it that may be about consent is read, and the worst counts: a person is
//! confirmed if nothing says otherwise. What is not understood refuses the row, because it may say so.

use serde_json::Value;

use super::columns::{Column, Columns};
use super::endings;
use super::fold::fold;
use super::format::Format;
use super::headers::Header;
use super::meaning::Meaning;
use super::vocabulary::{self, Answer, StatedStatus};
use crate::base::json;
use crate::base::text::dates;
use crate::subscribers::consent::Status;

/// The longest cell that is looked through for words about consent, in bytes.
const MAX_WORD_BYTES: usize = 60;

/// The shortest text that is taken for a token, in bytes, and how many letters and digits it begins with at least.
const MIN_TOKEN_BYTES: usize = 16;
const MIN_TOKEN_START: usize = 8;

/// What the cells of a row have stated so far.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a fact of its own")]
struct Statements {
    /// The worst.
    worst: Option<StatedStatus>,
    /// Whether one says that mail is wanted, and whether one that should is empty.
    is_wanted: bool,
    lacks_status: bool,
    /// Whether one says that the address was confirmed, and whether one that should is empty.
    is_confirmed: bool,
    lacks_confirmation: bool,
}

/// The status that a row of these columns states. `cells` are in the order of the columns; `labels` tells the items of a cell.
pub(super) fn status(
    columns: &Columns,
    cells: &[(Meaning, &str)],
    labels: fn(&str) -> Vec<String>,
) -> StatedStatus {
    let mut reader = Reader { format: columns.format, labels, found: Statements::default() };
    for (column, (_, text)) in columns.all.iter().zip(cells) {
        reader.read_cell(column, text);
    }
    reader.found.status(columns.status_of_all)
}

/// Reads what cells state.
struct Reader {
    format: Format,
    labels: fn(&str) -> Vec<String>,
    found: Statements,
}

impl Reader {
    /// Reads a cell: a text, or JSON.
    fn read_cell(&mut self, column: &Column, text: &str) {
        let value = text.starts_with(['{', '[']).then(|| json::parse(text.as_bytes()).ok());
        let is_free = matches!(column.meaning, Meaning::Custom | Meaning::Object);
        match value.flatten() {
            Some(value) => self.read_value(column, &value),
            // Braces around what may be about mail, such as the dictionary of another language.
            None if is_free && text.starts_with('{') && is_about_mail(text) => {
                self.found.add(StatedStatus::Unknown);
            }
            None => self.read_text(column, text),
        }
    }

    /// Reads a value. An array or an object says what its items and members say; apart from that it is like an empty cell.
    fn read_value(&mut self, column: &Column, value: &Value) {
        if column.meaning == Meaning::Ignored {
            return;
        }
        match value {
            Value::String(text) => self.read_text(column, text),
            Value::Bool(_) | Value::Number(_) => self.read_text(column, &value.to_string()),
            _ => self.read_text(column, ""),
        }
        for item in value.as_array().into_iter().flatten() {
            self.read_value(column, item);
        }
        for (name, member) in value.as_object().into_iter().flatten() {
            self.read_value(&column.member(name), member);
        }
    }

    fn read_text(&mut self, column: &Column, text: &str) {
        let found = &mut self.found;
        let word = || vocabulary::status(self.format, text);
        let answer = || vocabulary::answer(text);
        match column.meaning {
            Meaning::Status => match word() {
                StatedStatus::Unknown if column.hints.is_ambiguous => {}
                StatedStatus::Unknown if answer() == Answer::Blank => found.lacks_status = true,
                stated => found.wants_if(stated),
            },
            Meaning::Subscribed => match answer() {
                Answer::Blank => found.lacks_status = true,
                Answer::Yes if is_code(text) => found.add(StatedStatus::Unknown),
                Answer::Yes => found.is_wanted = true,
                Answer::No => found.add(StatedStatus::Status(Status::Unsubscribed)),
                Answer::Word => found.wants_if(word()),
            },
            Meaning::Confirmed | Meaning::ConfirmedAt => match answer() {
                Answer::Blank => found.lacks_confirmation = true,
                Answer::Yes if is_code(text) => found.add(StatedStatus::Unknown),
                Answer::Yes => found.is_confirmed = true,
                Answer::No => found.add(StatedStatus::Unconfirmed),
                Answer::Word => match word() {
                    StatedStatus::Status(Status::Confirmed) => found.is_confirmed = true,
                    stated => found.add(stated),
                },
            },
            Meaning::Unconfirmed => match answer() {
                Answer::Blank => {}
                Answer::Yes => found.add(StatedStatus::Unconfirmed),
                Answer::No => found.is_confirmed = true,
                Answer::Word => found.add(not_confirmed(word())),
            },
            Meaning::Custom => {
                found.add_ending(text);
                // A no is clear, but not to what: a text, a frequency, or mail.
                if column.hints.asks_for_mail && answer() == Answer::No && text.parse::<f64>().is_err() {
                    found.add(StatedStatus::Unknown);
                }
            }
            Meaning::Labels => (self.labels)(text).iter().for_each(|label| found.add_ending(label)),
            meaning => {
                let Some(ending) = meaning.ending() else { return };
                let is_reason = meaning == Meaning::UnsubscribedReason;
                match answer() {
                    Answer::Blank | Answer::No => {}
                    _ if column.hints.has_links && !is_reason && is_link_or_token(text) => {}
                    Answer::Yes => found.add(StatedStatus::Status(ending)),
                    Answer::Word if is_reason => found.add(StatedStatus::Status(ending)),
                    Answer::Word if vocabulary::denies(ending, text) => {}
                    Answer::Word => found.add(not_confirmed(word())),
                }
            }
        }
    }
}

/// What a word says where it cannot say that mail is wanted.
fn not_confirmed(stated: StatedStatus) -> StatedStatus {
    match stated {
        StatedStatus::Status(Status::Confirmed) => StatedStatus::Unknown,
        stated => stated,
    }
}

/// Whether a text that cannot be read may be about mail.
fn is_about_mail(text: &str) -> bool {
    Header { written: text, folded: &fold(text) }.is_of_mail_alone()
}

/// Whether a text is a number that is neither a yes nor a time: the code of a list of choices.
fn is_code(text: &str) -> bool {
    text.trim().parse::<f64>().is_ok_and(|number| number > 1.0) && dates::read(text).is_none()
}

/// Whether a text is a link for leaving, or the token of one, which everybody in the file has.
fn is_link_or_token(text: &str) -> bool {
    let text = text.trim();
    let is_link = ["https://", "http://", "mailto:"].iter().any(|scheme| text.starts_with(scheme));
    let has = |is: fn(&u8) -> bool| text.as_bytes().iter().any(is);
    let is_token = text.len() >= MIN_TOKEN_BYTES
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_=.+/~".contains(&byte))
        && has(u8::is_ascii_digit)
        && has(u8::is_ascii_alphabetic)
        // Neither a date nor words.
        && text.bytes().take(MIN_TOKEN_START).all(|byte| byte.is_ascii_alphanumeric())
        && dates::read(text).is_none()
        && endings::find(&fold(text)).is_none();
    (is_link && !text.contains(char::is_whitespace)) || is_token
}

impl Statements {
    fn add(&mut self, stated: StatedStatus) {
        if self.worst.is_none_or(|worst| rank(stated) > rank(worst)) {
            self.worst = Some(stated);
        }
    }

    /// Adds what a word says of whether mail is wanted.
    fn wants_if(&mut self, stated: StatedStatus) {
        match stated {
            StatedStatus::Status(Status::Confirmed) => self.is_wanted = true,
            stated => self.add(stated),
        }
    }

    /// Adds what any text says, if it is a word that can mean nothing else.
    fn add_ending(&mut self, text: &str) {
        if text.len() <= MAX_WORD_BYTES
            && let Some(ending) = endings::find_unmistakable(&fold(text))
        {
            self.add(StatedStatus::Status(ending));
        }
    }

    fn status(self, of_all: Option<Status>) -> StatedStatus {
        let is_in_file_of_wanted = of_all == Some(Status::Confirmed);
        let of_all = of_all.filter(|_| !is_in_file_of_wanted).map(StatedStatus::Status);
        if let Some(stated) = [self.worst, of_all].into_iter().flatten().max_by_key(|stated| rank(*stated)) {
            stated
        } else if self.lacks_status && !self.is_wanted && !is_in_file_of_wanted {
            StatedStatus::Unknown
        } else if self.lacks_confirmation && !self.is_wanted && !self.is_confirmed {
            StatedStatus::Unconfirmed
        } else {
            StatedStatus::Status(Status::Confirmed)
        }
    }
}

/// The higher, the less may be sent. What is not understood refuses the row, so that an ending beside it counts.
fn rank(stated: StatedStatus) -> u8 {
    match stated {
        StatedStatus::Status(Status::Confirmed | Status::Pending) => 0,
        StatedStatus::Unconfirmed => 1,
        StatedStatus::Unknown => 2,
        StatedStatus::Status(Status::Unsubscribed) => 3,
        StatedStatus::Status(Status::Bounced) => 4,
        StatedStatus::Status(Status::Complained) => 5,
    }
}
