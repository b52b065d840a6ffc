//! Text: what articles are made of, as pure functions. Nothing here does I/O or knows of HTTP or the database.
//!
//! [`front_matter`] and [`outline`] take a Markdown document apart and put it together again, [`markdown`]
//! renders its bodies, [`html`] brings foreign HTML in, [`absolute`] makes it fit to leave its page, [`slug`] names
//! things, [`excerpt`] measures them, and [`words`] are what they are searched by.
//! All of it takes hostile input: no panics, no unbounded recursion, no quadratic time.

pub mod absolute;
mod boundaries;
mod definitions;
pub mod excerpt;
mod footnotes;
pub mod front_matter;
pub mod html;
mod locale;
pub mod markdown;
mod nesting;
pub mod outline;
mod plain;
mod raw_html;
mod sanitise;
pub mod slug;
mod tokens;
pub mod words;
mod writer;

pub use locale::Locale;
pub use tokens::escape as escape_html;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn nothing_panics_whatever_comes_in(text in "([<>/&\\[\\]()!*_`~#{}|:=\"'a-c \n\t0-9-]|\\PC|\\u{0}|<!--|-->|<b |</|```|\\[\\^a\\]:? |---\n){0,60}") {
            let policy = markdown::Policy::default();
            let (_, markdown) = front_matter::split(&text).unwrap_or_default();
            for rendered in markdown::render(&[markdown, &text], &policy) {
                let again = sanitise::Sanitiser::new(Some(&policy)).clean(&rendered.html);
                prop_assert_eq!(again, rendered.html);
                let _ = excerpt::word_count(&excerpt::excerpt(&rendered.text));
            }
            let document = outline::parse(&html::to_markdown(&text));
            prop_assert_eq!(outline::parse(&outline::write(&document)), document);
            let slug = slug::Slug::from_title(&text);
            prop_assert_eq!(slug::Slug::parse(slug.as_str()), Ok(slug.clone()));
            let anchor = slug::Anchor::from_heading(&text);
            prop_assert_eq!(slug::Anchor::parse(anchor.numbered(7).as_str()), Ok(anchor.numbered(7)));
            let _ = markdown::render_heading(&text);
        }
    }
}
