//! Numbers footnotes across the whole article in order of first reference. Each is listed at the end of the body that
//! refers to it first, so that a section served alone is complete.

use std::collections::HashMap;

use pulldown_cmark::{Event, TagEnd};

use super::steps;

struct Note<'s> {
    /// Index of the body with the definition; references inside the note are resolved from there.
    home: usize,
    events: Vec<Event<'s>>,
    number: Option<usize>,
    references: usize,
}

#[derive(Default)]
pub(super) struct Footnotes<'s> {
    notes: Vec<Note<'s>>,
    by_body: HashMap<(usize, String), usize>,
    by_name: HashMap<String, usize>,
    numbered: usize,
}

/// A resolved footnote reference.
pub(super) struct Reference {
    pub(super) note: usize,
    pub(super) is_first: bool,
    pub(super) html: String,
}

impl<'s> Footnotes<'s> {
    /// Adds a definition. If a label is defined twice, the first definition counts.
    pub(super) fn define(&mut self, home: usize, name: String, events: Vec<Event<'s>>) {
        let note = self.notes.len();
        self.by_name.entry(name.clone()).or_insert(note);
        self.by_body.entry((home, name)).or_insert(note);
        self.notes.push(Note { home, events, number: None, references: 0 });
    }

    /// Resolves a reference in a body. The first reference to a note assigns its number. `None` if the label is not
    /// defined.
    pub(super) fn refer(&mut self, body: usize, name: String) -> Option<Reference> {
        let by_name = self.by_name.get(&name).copied();
        let note = self.by_body.get(&(body, name)).copied().or(by_name)?;
        let entry = self.notes.get_mut(note)?;
        let is_first = entry.number.is_none();
        if is_first {
            self.numbered += 1;
        }
        let number = *entry.number.get_or_insert(self.numbered);
        entry.references += 1;
        let id = reference_id(number, entry.references);
        let html = format!(
            r##"<sup class="footnote-ref"><a href="#fn-{number}" id="{id}" class="footnote-ref" role="doc-noteref">{number}</a></sup>"##
        );
        Some(Reference { note, is_first, html })
    }

    /// Takes the events of a note and the index of its body. A second call for the same note returns no events.
    pub(super) fn take(&mut self, note: usize) -> (Vec<Event<'s>>, usize) {
        self.notes.get_mut(note).map_or((Vec::new(), 0), |note| (std::mem::take(&mut note.events), note.home))
    }

    /// The list of notes at the end of a body. Call it only after all bodies are written, because back links need the
    /// number of references in the whole article.
    pub(super) fn list(&self, notes: Vec<(usize, Vec<Event<'s>>)>) -> Vec<Event<'s>> {
        let numbers =
            |note: usize| self.notes.get(note).map_or((0, 0), |n| (n.number.unwrap_or(0), n.references));
        let Some((first, _)) = notes.first() else {
            return Vec::new();
        };
        let opening = match numbers(*first).0 {
            1 => "<ol>\n".to_owned(),
            start => format!("<ol start=\"{start}\">\n"),
        };
        let mut out = vec![html(format!("<section class=\"footnotes\" role=\"doc-endnotes\">\n{opening}"))];
        for (note, mut events) in notes {
            let (number, references) = numbers(note);
            out.push(html(format!("<li id=\"fn-{number}\">\n")));
            let last =
                matches!(events.last(), Some(Event::End(TagEnd::Paragraph))).then(|| events.pop()).flatten();
            out.append(&mut events);
            steps::count(references);
            out.extend((1..=references).map(|nth| html(back_link(number, nth))));
            out.extend(last);
            out.push(html("</li>\n".to_owned()));
        }
        out.push(html("</ol>\n</section>\n".to_owned()));
        out
    }
}

fn reference_id(number: usize, nth: usize) -> String {
    if nth == 1 { format!("fnref-{number}") } else { format!("fnref-{number}-{nth}") }
}

fn back_link(number: usize, nth: usize) -> String {
    let id = reference_id(number, nth);
    let label = if nth == 1 {
        format!("Back to reference {number}")
    } else {
        format!("Back to reference {number}-{nth}")
    };
    format!(r##" <a href="#{id}" class="footnote-backref" role="doc-backlink" aria-label="{label}">↩</a>"##)
}

fn html<'s>(markup: String) -> Event<'s> {
    Event::Html(markup.into())
}
