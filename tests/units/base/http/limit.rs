use std::net::IpAddr;
use std::time::Duration;

use lede::base::clock::{Clock, Timestamp};
use lede::base::http::budget::{Budget, Key, SWEEP};

#[test]
fn whoever_has_a_full_budget_again_is_forgotten() {
    let clock = Clock::fixed(Timestamp::default());
    let budget = Budget::new("read", 5, Duration::from_secs(60), &clock).unwrap();
    let key = |n: u32| Key::Network(IpAddr::V4(n.into()));
    for n in 1..SWEEP {
        assert!(budget.take(key(u32::try_from(n).unwrap())).1);
    }
    assert_eq!(budget.remembered(), SWEEP - 1);
    clock.advance(Duration::from_secs(61));
    budget.take(key(0));
    assert_eq!(budget.remembered(), 1);
}

#[test]
fn what_is_counted_beyond_a_budget_lengthens_the_wait_and_checking_does_not() {
    let clock = Clock::fixed(Timestamp::default());
    let budget = Budget::new("login", 5, Duration::from_secs(60), &clock).unwrap();
    for _ in 0..8 {
        budget.count(Key::Everyone);
    }
    for _ in 0..8 {
        let (status, admits) = budget.check(&Key::Everyone);
        assert_eq!((status.reset, admits), (48, false));
    }
    clock.advance(Duration::from_secs(47));
    assert!(!budget.check(&Key::Everyone).1);
    clock.advance(Duration::from_secs(1));
    assert!(budget.take(Key::Everyone).1);
    assert!(!budget.take(Key::Everyone).1);
}
