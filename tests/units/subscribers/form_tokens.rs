use std::time::Duration;

use lede::auth::{FormCheck, FormTokens};
use lede::base::clock::Timestamp;
use lede::base::random::Random;

use super::keys;

#[test]
fn a_token_is_good_for_one_address_after_two_seconds_and_for_a_day() {
    let (tokens, random) = (FormTokens::default(), Random::seeded(1));
    let (ours, theirs) = (keys(1), keys(2));
    let second = |n| Timestamp::default().plus(Duration::from_secs(n));
    let token = tokens.issue(&ours, &random, second(0)).unwrap();
    let check = |key: &str, at| tokens.check(&ours, Some(&token), key, second(at));
    assert_eq!(tokens.check(&theirs, Some(&token), "a", second(9)), FormCheck::Stale);
    assert_eq!(check("a", 1), FormCheck::TooFast);
    assert_eq!(check("a", 2), FormCheck::Good);
    assert_eq!(check("a", 3), FormCheck::Replayed);
    assert_eq!(check("b", 3), FormCheck::Stale);
    assert_eq!(check("a", 24 * 3600), FormCheck::Stale);
    for forged in [None, Some(""), Some("AAAA"), Some(&token[1..]), Some("\u{e9}")] {
        assert_eq!(tokens.check(&ours, forged, "a", second(9)), FormCheck::Stale, "{forged:?}");
    }
    let again = tokens.issue_ready(&ours, &random, second(100)).unwrap();
    assert_eq!(tokens.check(&ours, Some(&again), "a", second(100)), FormCheck::Good);
}
