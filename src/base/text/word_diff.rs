//! Compares two texts word by word. A text of any size takes a bounded time: long texts are compared by lines first, and
//! parts that would take too long count as one change.

use std::ops::Range;

use imara_diff::{Algorithm, Diff, InternedInput};
use unicode_segmentation::UnicodeSegmentation as _;

/// Up to how many bytes of both texts together are compared by words at once.
const MAX_BYTES: usize = 32 * 1024;
/// Up to how many words or lines of both texts together are compared at once: the worst take 0.15 s.
const MAX_TOKENS: usize = 16 * 1024;
/// How much may be compared: the worst texts take 0.2 s for it, several long articles that were rewritten far less.
const MAX_WORK: usize = 25_000_000;
/// How many bytes of an unchanged passage are shown at each of its ends.
const SHOWN: usize = 200;

/// What became of a passage.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WordOp {
    /// It is in both texts.
    Equal,
    /// It is only in the newer text.
    Insert,
    /// It is only in the older text.
    Delete,
}

/// A passage of the older text, the newer one, or both.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Run<'a> {
    /// What became of it.
    pub op: WordOp,
    /// The passage.
    pub text: &'a str,
    /// How many characters of an unchanged passage are left out after `text`.
    pub omitted: usize,
}

/// How much may still be compared. When it is used up, what differs is one change each.
#[derive(Debug, Clone, Copy)]
pub struct Budget(usize);

impl Default for Budget {
    fn default() -> Self {
        Self(MAX_WORK)
    }
}

/// A range of the older text, in words, lines or bytes, and the range of the newer text that replaces it.
type Change = (Range<usize>, Range<usize>);

impl Budget {
    /// The remaining work, in about the square of the words that differ.
    #[must_use]
    pub fn of(work: usize) -> Self {
        Self(work)
    }

    /// Subtracts the work of comparing this many words, of which so many differ.
    fn take(&mut self, tokens: usize, different: usize) {
        let work = different.saturating_mul(different).saturating_add(8 * tokens);
        self.0 = self.0.saturating_sub(work);
    }
}

/// The passages of two texts, in order. The older text consists of those that are not inserted, the newer of those that
/// are not deleted.
#[must_use]
pub fn word_diff<'a>(before: &'a str, after: &'a str, budget: &mut Budget) -> Vec<Run<'a>> {
    let mut runs = Vec::new();
    let mut push = |op, text: Option<&'a str>| {
        if let Some(text) = text.filter(|text| !text.is_empty()) {
            runs.push(Run { op, text, omitted: 0 });
        }
    };
    let mut at = 0;
    for (old, new) in joined(before, changes(before, after, budget)) {
        push(WordOp::Equal, after.get(at..new.start));
        push(WordOp::Delete, before.get(old));
        push(WordOp::Insert, after.get(new.clone()));
        at = new.end;
    }
    push(WordOp::Equal, after.get(at..));
    runs
}

/// The same passages, with only the ends of long unchanged ones.
#[must_use]
pub fn shortened(runs: Vec<Run<'_>>) -> Vec<Run<'_>> {
    let mut out = Vec::with_capacity(runs.len());
    for run in runs {
        let start = run.text.get(..floor(run.text, SHOWN)).unwrap_or_default();
        let end = run.text.get(floor(run.text, run.text.len().saturating_sub(SHOWN))..).unwrap_or_default();
        if run.op != WordOp::Equal || run.text.len() <= 3 * SHOWN {
            out.push(run);
            continue;
        }
        let middle = run.text.get(start.len()..run.text.len() - end.len()).unwrap_or_default();
        out.push(Run { text: start, omitted: middle.chars().count(), ..run });
        out.push(Run { text: end, ..run });
    }
    out
}

/// The end of the last word, or else the last character, that ends at or before `at`.
fn floor(text: &str, at: usize) -> usize {
    let at = (0..=at.min(text.len())).rev().find(|at| text.is_char_boundary(*at)).unwrap_or(0);
    let space = text.get(..at).and_then(|head| head.rfind(' ')).map(|space| space + 1);
    space.filter(|space| at - space < SHOWN / 2).unwrap_or(at)
}

/// The changes between two texts, in bytes.
fn changes(before: &str, after: &str, budget: &mut Budget) -> Vec<Change> {
    if before.len() + after.len() <= MAX_BYTES {
        return changed_tokens(&words(before), &words(after), budget);
    }
    let of_lines = changed_tokens(&lines(before), &lines(after), budget);
    let mut out = Vec::new();
    for (old, new) in of_lines {
        let (from, to) =
            (before.get(old.clone()).unwrap_or_default(), after.get(new.clone()).unwrap_or_default());
        if from.is_empty() || to.is_empty() || from.len() + to.len() > MAX_BYTES {
            out.push((old, new));
            continue;
        }
        for (words_old, words_new) in changed_tokens(&words(from), &words(to), budget) {
            out.push((shifted(&words_old, old.start), shifted(&words_new, new.start)));
        }
    }
    out
}

fn shifted(range: &Range<usize>, by: usize) -> Range<usize> {
    range.start + by..range.end + by
}

fn words(text: &str) -> Vec<&str> {
    text.split_word_bounds().collect()
}

fn lines(text: &str) -> Vec<&str> {
    text.split_inclusive('\n').collect()
}

/// The changes between two texts that these tokens make up, in bytes.
fn changed_tokens(before: &[&str], after: &[&str], budget: &mut Budget) -> Vec<Change> {
    let prefix = common(before.iter(), after.iter());
    let (old, new) = (before.get(prefix..).unwrap_or_default(), after.get(prefix..).unwrap_or_default());
    let suffix = common(old.iter().rev(), new.iter().rev());
    let old = old.get(..old.len() - suffix).unwrap_or_default();
    let new = new.get(..new.len() - suffix).unwrap_or_default();
    if old.is_empty() && new.is_empty() {
        return Vec::new();
    }
    let count = old.len() + new.len();
    let found = if old.is_empty() || new.is_empty() || count > MAX_TOKENS || budget.0 == 0 {
        vec![(0..old.len(), 0..new.len())]
    } else {
        let found = compare(old, new);
        budget.take(count, found.iter().map(|(old, new)| old.len() + new.len()).sum());
        found
    };
    let (old_ends, new_ends) = (ends(before, prefix, old), ends(after, prefix, new));
    let place = |ends: &[usize], at: usize| ends.get(at).copied().unwrap_or_default();
    let bytes = |ends: &[usize], range: &Range<usize>| place(ends, range.start)..place(ends, range.end);
    found.iter().map(|(from, to)| (bytes(&old_ends, from), bytes(&new_ends, to))).collect()
}

/// The number of equal items at the beginning.
fn common<'a>(one: impl Iterator<Item = &'a &'a str>, other: impl Iterator<Item = &'a &'a str>) -> usize {
    one.zip(other).take_while(|(one, other)| one == other).count()
}

/// Where each of `tokens` begins in the text of `all`, before which there are `skipped` others; and where the last ends.
fn ends(all: &[&str], skipped: usize, tokens: &[&str]) -> Vec<usize> {
    let start = all.iter().take(skipped).map(|token| token.len()).sum();
    let ends = tokens.iter().scan(start, |end, token| {
        *end += token.len();
        Some(*end)
    });
    std::iter::once(start).chain(ends).collect()
}

/// The changes between two lists of tokens, by their places in the lists.
fn compare(before: &[&str], after: &[&str]) -> Vec<Change> {
    let mut input = InternedInput::default();
    input.update_before(before.iter().copied());
    input.update_after(after.iter().copied());
    let mut diff = Diff::compute(Algorithm::Histogram, &input);
    diff.postprocess_no_heuristic(&input);
    let range = |range: Range<u32>| range.start as usize..range.end as usize;
    diff.hunks().map(|hunk| (range(hunk.before), range(hunk.after))).collect()
}

/// Joins changes between which there are only spaces: "red fox" became "blue dog", not "red" "blue" and "fox" "dog".
fn joined(before: &str, changes: Vec<Change>) -> Vec<Change> {
    let mut out: Vec<Change> = Vec::new();
    for (old, new) in changes {
        match out.last_mut() {
            Some((last_old, last_new))
                if before.get(last_old.end..old.start).is_some_and(|gap| gap.chars().all(|c| c == ' ')) =>
            {
                last_old.end = old.end;
                last_new.end = new.end;
            }
            _ => out.push((old, new)),
        }
    }
    out
}
