use std::time::Duration;

use lede::base::clock::Timestamp;
use lede::base::random::Random;
use lede::subscribers::form_tokens::{Stamps, Verdict};

use super::keys;

#[test]
fn a_stamp_is_good_for_one_address_after_two_seconds_and_for_a_day() {
    let (stamps, random) = (Stamps::default(), Random::seeded(1));
    let (ours, theirs) = (keys(1), keys(2));
    let second = |n| Timestamp::default().plus(Duration::from_secs(n));
    let stamp = stamps.make(&ours, &random, second(0)).unwrap();
    let judge = |key: &str, at| stamps.judge(&ours, Some(&stamp), key, second(at));
    assert_eq!(stamps.judge(&theirs, Some(&stamp), "a", second(9)), Verdict::Stale);
    assert_eq!(judge("a", 1), Verdict::Hasty);
    assert_eq!(judge("a", 2), Verdict::Good);
    assert_eq!(judge("a", 3), Verdict::Twice);
    assert_eq!(judge("b", 3), Verdict::Stale);
    assert_eq!(judge("a", 24 * 3600), Verdict::Stale);
    for forged in [None, Some(""), Some("AAAA"), Some(&stamp[1..]), Some("\u{e9}")] {
        assert_eq!(stamps.judge(&ours, forged, "a", second(9)), Verdict::Stale, "{forged:?}");
    }
    let again = stamps.make_good(&ours, &random, second(100)).unwrap();
    assert_eq!(stamps.judge(&ours, Some(&again), "a", second(100)), Verdict::Good);
}
