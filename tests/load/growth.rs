//! How processor time grows with hostile text: every kind of construct at half of the largest length and at the
//! largest. A ratio above 2 says that work grows faster than input. Tests count steps instead; this sees what libraries
//! do, too.

use std::time::Duration;

use lede::base::text::markdown::{Policy, render};
use lede::base::text::size::{MAX_HTML, html_bound};
use lede::base::text::{front_matter, html, outline};

use crate::kinds::{CONSTRUCTS, DEFINED, FRONT_MATTER, HTML, Kind};

/// The longest body and the longest document, in bytes.
const LENGTHS: (usize, usize) = (200_000, 1_000_000);

pub fn measure() {
    let body = |text: &str| {
        // As a write does: text that could make too much HTML is not rendered.
        if html_bound([text]) <= MAX_HTML {
            drop(render(&[text], &Policy::default()));
        }
    };
    let outline = |text: &str| drop(outline::write(&outline::parse(text)));
    let import = |text: &str| drop(html::to_markdown(text));
    for kind in CONSTRUCTS.iter().chain(HTML).chain(DEFINED) {
        report("render", kind, LENGTHS.0, body);
        report("outline", kind, LENGTHS.1, outline);
        report("import", kind, LENGTHS.1, import);
    }
    for kind in FRONT_MATTER {
        report("front", kind, front_matter::MAX_LENGTH, |text| drop(front_matter::split(text)));
    }
}

fn report(work: &str, kind: &Kind, length: usize, run: impl Fn(&str)) {
    let time = |length: usize| {
        let text = kind.text(length);
        let before = processor_time();
        run(&text);
        processor_time().saturating_sub(before).as_secs_f64() * 1e3
    };
    let (half, whole) = (time(length / 2), time(length));
    println!("{work:8} {half:8.1} ms {whole:8.1} ms {:5.1} {kind:?}", whole / half.max(0.001));
}

/// How long this thread has been running on a processor (Linux).
fn processor_time() -> Duration {
    let text = std::fs::read_to_string("/proc/thread-self/schedstat").expect("Linux");
    Duration::from_nanos(text.split(' ').next().and_then(|nanos| nanos.parse().ok()).expect("a number"))
}
