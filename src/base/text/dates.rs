//! Reads dates as people, spreadsheets, blogs and newsletter services write them. Every form that can be read in one
//! way only is read. What can be read in two ways, such as `02/03/2024`, is not: a wrong date is worse than none.

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use jiff::tz::{Offset, TimeZone};

/// The longest date, in bytes: what JavaScript writes, with the name of the zone in words.
const MAX_BYTES: usize = 100;

/// The start of the year 1, before which RFC 3339 has no times.
const FIRST: Timestamp = Timestamp::constant(-62_135_596_800, 0);

/// The names of the months in English, German, French, Spanish, Italian, Dutch, Portuguese, Polish and the languages of
/// Scandinavia, separated by blanks. A name may be abbreviated to three letters or more.
const MONTHS: [&str; 12] = [
    "january januar jänner janvier januari janeiro enero gennaio styczeń stycznia",
    "february februar février fevrier febrero febbraio februari fevereiro luty lutego",
    "march märz maerz mrz mars marzo maart mrt março marco marzec marca marts",
    "april avril abril aprile kwiecień kwietnia",
    "may mai mayo maggio mei maio maj maja",
    "june juni juin junio giugno junho czerwiec czerwca",
    "july juli juillet julio luglio julho",
    "august août aout agosto augustus augusti sierpień sierpnia",
    "september septembre septiembre setiembre settembre setembro wrzesień września",
    "october oktober octobre octubre ottobre outubro październik października",
    "november novembre noviembre novembro",
    "december dezember décembre decembre diciembre dicembre dezembro grudzień grudnia desember",
];

/// Words that add nothing: the days of the week in English, and what stands between the parts of a date.
const FILLERS: &[&str] = &[
    "mon",
    "tue",
    "tues",
    "wed",
    "weds",
    "thu",
    "thur",
    "thurs",
    "fri",
    "sat",
    "sun",
    "monday",
    "tuesday",
    "wednesday",
    "thursday",
    "friday",
    "saturday",
    "sunday",
    "of",
    "the",
    "at",
    "de",
    "del",
    "um",
    "on",
];

/// Zones that have one meaning, in hours from UTC: those of RFC 2822, and those of central Europe.
const ZONES: &[(&str, i8)] = &[
    ("z", 0),
    ("utc", 0),
    ("gmt", 0),
    ("ut", 0),
    ("est", -5),
    ("edt", -4),
    ("cst", -6),
    ("cdt", -5),
    ("mst", -7),
    ("mdt", -6),
    ("pst", -8),
    ("pdt", -7),
    ("cet", 1),
    ("cest", 2),
];

/// Reads a date, with or without a time of day, from the year 1 on. Without a time it is midnight; without a zone,
/// UTC. A number of nine or ten digits counts seconds since 1970, one of thirteen milliseconds.
#[must_use]
pub fn read(text: &str) -> Option<Timestamp> {
    let text = text.trim();
    if text.len() > MAX_BYTES {
        return None;
    }
    since_1970(text).or_else(|| Parts::of(text)?.timestamp()).filter(|at| *at >= FIRST)
}

fn since_1970(text: &str) -> Option<Timestamp> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return None;
    }
    let number: i64 = text.parse().ok()?;
    match text.len() {
        9 | 10 => Timestamp::from_second(number).ok(),
        13 => Timestamp::from_millisecond(number).ok(),
        _ => None,
    }
}

/// The parts of a date, in whatever order they were written.
#[derive(Default)]
struct Parts {
    year: Option<i16>,
    month: Option<i8>,
    day: Option<i8>,
    time: Option<Time>,
    is_afternoon: Option<bool>,
    offset: Option<Offset>,
}

impl Parts {
    fn of(text: &str) -> Option<Self> {
        let mut parts = Self::default();
        // The name of the zone in words follows its offset.
        let text = text.split(['(', '[']).next().unwrap_or_default().to_lowercase();
        for word in text.split(|c: char| c.is_whitespace() || c == ',') {
            if !word.is_empty() {
                parts.add(word)?;
            }
        }
        Some(parts)
    }

    fn timestamp(self) -> Option<Timestamp> {
        let mut time = self.time.unwrap_or_default();
        if let Some(is_afternoon) = self.is_afternoon {
            // Twelve is the first hour of each half.
            let hour = Some(time.hour()).filter(|hour| (1..=12).contains(hour))? % 12;
            time = time.with().hour(if is_afternoon { hour + 12 } else { hour }).build().ok()?;
        }
        let date = Date::new(self.year?, self.month?, self.day?).ok()?;
        let zone = TimeZone::fixed(self.offset.unwrap_or(Offset::UTC));
        zone.to_timestamp(date.to_datetime(time)).ok()
    }

    /// Adds what a word says; `None` if it says nothing that is known, or something for the second time.
    fn add(&mut self, word: &str) -> Option<()> {
        if FILLERS.contains(&word.trim_end_matches('.')) {
            return Some(());
        }
        match word {
            "am" | "a.m." => return set(&mut self.is_afternoon, false),
            "pm" | "p.m." => return set(&mut self.is_afternoon, true),
            _ => {}
        }
        // `2016-09-26t10:20:30`: a letter between two digits.
        if let Some((date, time)) = word.split_once('t')
            && date.ends_with(|c: char| c.is_ascii_digit())
            && time.starts_with(|c: char| c.is_ascii_digit())
        {
            self.add_date(date)?;
            return self.add_time(time);
        }
        if let Some(zone) = zone(word).filter(|_| self.offset.is_none() || !is_signed(word)) {
            // Go writes the offset and the name: the offset comes first and counts.
            self.offset.get_or_insert(zone);
            return Some(());
        }
        if word.contains(':') { self.add_time(word) } else { self.add_date(word) }
    }

    /// `9:05`, `09:05:30.25`, `9:05pm`, `102030`, and what follows without a blank: a zone.
    fn add_time(&mut self, word: &str) -> Option<()> {
        let end =
            word.find(|c: char| !c.is_ascii_digit() && !matches!(c, ':' | '.' | ',')).unwrap_or(word.len());
        let (clock, rest) = word.split_at(end);
        match rest {
            "" => {}
            "am" => set(&mut self.is_afternoon, false)?,
            "pm" => set(&mut self.is_afternoon, true)?,
            rest => set(&mut self.offset, zone(rest)?)?,
        }
        set(&mut self.time, clock_time(clock)?)
    }

    /// A part of a date, or all of it.
    fn add_date(&mut self, word: &str) -> Option<()> {
        if let Some(separator) = word.chars().find(|c| matches!(c, '-' | '/' | '.')) {
            let pieces: Vec<&str> = word.trim_end_matches('.').split(separator).collect();
            if let [one] = pieces.as_slice() {
                return self.add_piece(one);
            }
            return self.add_pieces(&pieces, separator);
        }
        // `20160926`
        if word.len() == 8 && word.bytes().all(|b| b.is_ascii_digit()) {
            let (year, rest) = word.split_at(4);
            let (month, day) = rest.split_at(2);
            return self.add_pieces(&[year, month, day], '-');
        }
        self.add_piece(word)
    }

    /// Three numbers, or two and the name of a month.
    fn add_pieces(&mut self, pieces: &[&str], separator: char) -> Option<()> {
        let [first, second, third] = pieces else { return None };
        let is_year = |piece: &str| piece.len() == 4 && piece.bytes().all(|b| b.is_ascii_digit());
        if month(second).is_some() {
            return pieces.iter().try_for_each(|piece| self.add_piece(piece));
        }
        let (year, month, day) = if is_year(first) {
            (first, *second, *third)
        } else if is_year(third) {
            let (one, two) = (number(first)?, number(second)?);
            // With full stops the day comes first everywhere. With slashes it depends on the country, and can be told
            // only if one of the two is no month, or both are the same.
            let day_first = separator == '.' || one > 12 || one == two;
            let month_first = separator != '.' && two > 12;
            match (day_first, month_first) {
                (true, false) => (third, *second, *first),
                (false, true) => (third, *first, *second),
                _ => return None,
            }
        } else {
            return None;
        };
        set(&mut self.year, year.parse().ok()?)?;
        set(&mut self.month, number(month)?)?;
        set(&mut self.day, number(day)?)
    }

    /// The name of a month, a year of four digits, or a day, perhaps as an ordinal number.
    fn add_piece(&mut self, word: &str) -> Option<()> {
        let word = word.trim_end_matches('.');
        if let Some(month) = month(word) {
            return set(&mut self.month, month);
        }
        let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
        let suffix = word.get(digits.len()..).unwrap_or_default();
        if digits.len() == 4 && suffix.is_empty() {
            return set(&mut self.year, digits.parse().ok()?);
        }
        matches!(suffix, "" | "st" | "nd" | "rd" | "th" | "er" | "º").then_some(())?;
        set(&mut self.day, number(digits)?)
    }
}

fn set<T>(part: &mut Option<T>, value: T) -> Option<()> {
    part.is_none().then(|| *part = Some(value))
}

/// A number of one or two digits.
fn number(text: &str) -> Option<i8> {
    let is_number = (1..=2).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

/// The only month that a word names. `jui` could be two.
fn month(word: &str) -> Option<i8> {
    if word.chars().count() < 3 {
        return None;
    }
    let is_named = |names: &str| names.split(' ').any(|name| name.starts_with(word));
    let mut named = (1i8..).zip(MONTHS).filter(|(_, names)| is_named(names));
    let (month, _) = named.next()?;
    named.next().is_none().then_some(month)
}

fn clock_time(text: &str) -> Option<Time> {
    let (whole, fraction) = text.split_once(['.', ',']).unwrap_or((text, ""));
    let mut numbers: Vec<&str> = whole.split(':').collect();
    if let [compact] = numbers.as_slice()
        && matches!(compact.len(), 4 | 6)
    {
        numbers = (0..compact.len() / 2).filter_map(|at| compact.get(2 * at..2 * at + 2)).collect();
    }
    let (hour, minute, second) = match numbers.as_slice() {
        [hour, minute] if fraction.is_empty() => (number(hour)?, number(minute)?, 0),
        // A leap second is the last one of its minute.
        [hour, minute, second] => {
            (number(hour)?, number(minute)?, Some(number(second)?).filter(|s| *s <= 60)?.min(59))
        }
        _ => return None,
    };
    let nanoseconds = format!("{fraction:0<9}");
    let nanoseconds = nanoseconds.get(..9)?.parse().ok()?;
    Time::new(hour, minute, second, nanoseconds).ok()
}

fn is_signed(word: &str) -> bool {
    word.starts_with(['+', '-', '−'])
}

/// `+0800`, `+08:00`, `-05`, `gmt+0100`, or a name.
fn zone(word: &str) -> Option<Offset> {
    let named = |name: &str| ZONES.iter().find(|(known, _)| *known == name).map(|(_, hours)| *hours);
    if let Some(hours) = named(word) {
        return Some(Offset::constant(hours));
    }
    let signed = word.strip_prefix("gmt").or_else(|| word.strip_prefix("utc")).unwrap_or(word);
    let is_negative = signed.starts_with(['-', '−']);
    let digits = signed.strip_prefix(['+', '-', '−'])?.replace(':', "");
    let (hours, minutes) = match digits.len() {
        1 | 2 => (number(&digits)?, 0),
        4 => (number(digits.get(..2)?)?, number(digits.get(2..)?)?),
        _ => return None,
    };
    let seconds =
        Some(i32::from(hours) * 3600 + i32::from(minutes) * 60).filter(|_| hours <= 14 && minutes < 60)?;
    Offset::from_seconds(if is_negative { -seconds } else { seconds }).ok()
}
