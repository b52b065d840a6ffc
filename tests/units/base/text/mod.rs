mod absolute;
mod anchors;
mod any_text;
mod dates;
mod email;
mod excerpt;
mod front_matter;
mod growth;
mod html;
mod kinds;
mod locale;
mod markdown;
mod nesting;
mod outline;
mod raw_html;
mod round_trip;
mod sanitise;
mod size;
mod slug;
mod tokens;
mod validate;
mod word_diff;
mod words;

use lede::base::text::markdown::{Heading, Passage, Policy, Rendered, render};

/// A heading, rendered alone.
fn render_heading(text: &str) -> Heading {
    passage(text, "").heading.unwrap()
}

/// The only section of an article.
fn passage(heading: &str, body: &str) -> Rendered {
    render(&[Passage { heading: Some(heading), body }], &Policy::default()).remove(0)
}

/// A text, rendered alone.
fn one(markdown: &str) -> Rendered {
    render(&[markdown], &Policy::default()).pop().unwrap()
}

/// Insists on the HTML of a text.
fn check(markdown: &str, html: &str) {
    assert_eq!(one(markdown).html.trim(), html, "{markdown}");
}

/// The warnings that a text gives, as `code: detail`.
fn warnings(markdown: &str) -> Vec<String> {
    one(markdown)
        .warnings
        .into_iter()
        .map(|warning| format!("{}: {}", warning.code, warning.detail))
        .collect()
}
