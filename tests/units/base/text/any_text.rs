use proptest::prelude::*;

use lede::base::text::sanitise::Sanitiser;
use lede::base::text::{excerpt, front_matter, html, markdown, outline, slug};

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_panics_whatever_comes_in(text in "([<>/&\\[\\]()!*_`~#{}|:=\"'a-c \n\t0-9-]|\\PC|\\u{0}|<!--|-->|<b |</|```|\\[\\^a\\]:? |---\n){0,60}") {
        let policy = markdown::Policy::default();
        let (_, markdown) = front_matter::split(&text).unwrap_or_default();
        for rendered in markdown::render(&[markdown, text.as_str()], &policy) {
            let again = Sanitiser::new(Some(&policy)).clean(&rendered.html);
            prop_assert_eq!(again, rendered.html);
            let _ = excerpt::word_count(&excerpt::excerpt(&rendered.text));
        }
        let document = outline::parse(&html::to_markdown(&text).unwrap().markdown);
        prop_assert_eq!(outline::parse(&outline::write(&document)), document);
        let slug = slug::Slug::from_title(&text);
        prop_assert_eq!(slug::Slug::parse(slug.as_str()), Ok(slug.clone()));
        let anchor = slug::Anchor::from_heading(&text);
        prop_assert_eq!(slug::Anchor::parse(anchor.numbered(7).as_str()), Ok(anchor.numbered(7)));
        let _ = super::render_heading(&text);
    }
}
