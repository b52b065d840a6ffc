//! Which transfers are cut off when memory is used up: one body at a time, the one that has taken longest.

use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use lede::base::clock::{Clock, Timestamp};
use lede::base::http::cut_off::{Transfer, Transfers};

const GRACE: Duration = Duration::from_secs(5);

fn transfers() -> (Transfers, Clock) {
    let clock = Clock::fixed(Timestamp::default());
    (Transfers::new(&clock), clock)
}

fn is_cut_off(transfer: &Transfer) -> bool {
    transfer.ongoing.is_cut_off(&Context::from_waker(Waker::noop()))
}

#[test]
fn the_longest_is_cut_off_and_no_other_until_its_memory_is_free() {
    let (transfers, clock) = transfers();
    let first = transfers.begin();
    clock.advance(Duration::from_secs(1));
    let second = transfers.begin();
    transfers.cut_off_longest();
    assert!(!is_cut_off(&first), "it has begun a moment ago");
    clock.advance(GRACE);
    for _ in 0..3 {
        transfers.cut_off_longest();
        assert!(is_cut_off(&first) && !is_cut_off(&second));
    }
    drop(first);
    transfers.cut_off_longest();
    assert!(is_cut_off(&second));
}

#[test]
fn what_stays_in_memory_anyway_is_spared() {
    let (transfers, clock) = transfers();
    let cached = Arc::new("a cached response");
    let keeper = Arc::downgrade(&cached);
    let of_cached = transfers.begin_of(keeper);
    clock.advance(GRACE);
    transfers.cut_off_longest();
    assert!(!is_cut_off(&of_cached));
    drop(cached);
    transfers.cut_off_longest();
    assert!(is_cut_off(&of_cached));
}

#[test]
fn all_transfers_of_a_body_are_cut_off_together_but_those_that_have_just_begun() {
    let (transfers, clock) = transfers();
    let cached = Arc::new("a cached response");
    let keeper = Arc::downgrade(&cached);
    let of_cached = || transfers.begin_of(keeper.clone());
    let (first, other, second) = (of_cached(), transfers.begin(), of_cached());
    clock.advance(GRACE);
    let just_begun = of_cached();
    drop(cached);
    transfers.cut_off_longest();
    assert!(is_cut_off(&first) && is_cut_off(&second));
    assert!(!is_cut_off(&other) && !is_cut_off(&just_begun));
    drop(first);
    transfers.cut_off_longest();
    assert!(!is_cut_off(&other), "the body is still sent to the second");
    drop(second);
    transfers.cut_off_longest();
    assert!(is_cut_off(&other));
}
