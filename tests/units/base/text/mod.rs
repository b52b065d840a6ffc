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
mod sanitise;
mod size;
mod slug;
mod tokens;
mod validate;
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
