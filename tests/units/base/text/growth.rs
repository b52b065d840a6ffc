//! Work and output grow no faster than input, whatever is written. Steps are counted, so that no clock and no other
//! work on the machine can decide a test.

use lede::base::text::markdown::{Policy, check_body, render, warnings};
use lede::base::text::size::html_bound;
use lede::base::text::{excerpt, front_matter, html, outline, slug, steps, words};

use super::kinds::{CONSTRUCTS, DEFINED, FRONT_MATTER, HTML, Kind};
use super::render_heading;

/// How much more work twice the input may take.
const MOST: f64 = 2.2;

/// Checks the steps of `work` for texts of 2,000 and 4,000 bytes of each kind.
fn check(kinds: &[Kind], work: impl Fn(&str)) {
    check_up_to(4_000, kinds, work);
}

fn check_up_to(length: usize, kinds: &[Kind], work: impl Fn(&str)) {
    for kind in kinds {
        let (half, whole) = (kind.text(length / 2), kind.text(length));
        let (one, two) = (steps::of(|| work(&half)), steps::of(|| work(&whole)));
        // Small numbers are of one step, such as that a tag has too many attributes.
        #[allow(clippy::cast_precision_loss, reason = "steps are far below 2^52")]
        let ratio = two.max(2_000) as f64 / one.max(1_000) as f64;
        assert!(ratio <= MOST, "{kind:?}: {one} steps, then {two}");
    }
}

#[test]
fn rendering_grows_with_its_input() {
    let policy = Policy::default();
    let work = |body: &str| drop(render(&[body, "[a] [^a]", body], &policy));
    check(CONSTRUCTS, work);
    check(HTML, work);
    check(DEFINED, work);
}

#[test]
fn checking_and_warning_grow_with_their_input() {
    for kinds in [CONSTRUCTS, HTML, DEFINED] {
        check(kinds, |body| {
            let _ = check_body(body);
            let _ = warnings(&[body, body], &Policy::default());
            let _ = html_bound([body, body]);
        });
    }
}

#[test]
fn outlines_grow_with_their_input() {
    for kinds in [CONSTRUCTS, HTML, DEFINED] {
        check(kinds, |text| drop(outline::write(&outline::parse(text))));
    }
}

#[test]
fn imported_html_grows_with_its_input() {
    check(HTML, |text| drop(html::to_markdown(text)));
    check(CONSTRUCTS, |text| drop(html::to_markdown(text)));
}

#[test]
fn headings_titles_and_words_grow_with_their_input() {
    check(CONSTRUCTS, |text| {
        let _ = render_heading(text);
        let _ = slug::Anchor::from_heading(text);
        let _ = slug::Slug::from_title(text);
        let _ = words::folded(text);
        let _ = excerpt::excerpt(text);
    });
}

#[test]
fn front_matter_grows_with_its_input() {
    check(FRONT_MATTER, |text| drop(front_matter::split(text)));
}

#[test]
fn a_document_of_the_largest_size_takes_no_more_steps_a_byte_than_a_small_one() {
    let kinds = [Kind::of("<!-- closed -->\n"), Kind::of("a\n-->\n<!-- closed -->\n")];
    check_up_to(1_000_000, &kinds, |text| drop(outline::parse(text)));
    check_up_to(1_000_000, &[Kind::of("<a <b "), Kind::after("<p ", "a%d ")], |text| {
        drop(html::to_markdown(text));
    });
    let body = |text: &str| drop(render(&[text], &Policy::default()));
    check_up_to(
        200_000,
        &[Kind::of("[^1]: "), Kind::after("<b>", "&"), Kind::after("<table>", "a<tr>")],
        body,
    );
}

#[test]
fn usual_text_is_far_below_the_bound() {
    let text = "Tides **turn** twice a day: [boats](https://a.example/boats) swing, and \"ropes\" creak.\n\n- one\n- two\n\n";
    let usual = text.repeat(100);
    assert!(html_bound([usual.as_str()]) < 5 * usual.len());
}
