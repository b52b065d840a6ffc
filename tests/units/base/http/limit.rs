use std::net::IpAddr;
use std::time::Duration;

use lede::base::clock::{Clock, Timestamp};
use lede::base::http::limit::{Budget, Key, SWEEP};

#[test]
fn whoever_has_a_full_budget_again_is_forgotten() {
    let clock = Clock::fixed(Timestamp::default());
    let budget = Budget::new("read", 5, Duration::from_secs(60), &clock).unwrap();
    let key = |n: u32| Key::Network(IpAddr::V4(n.into()));
    for n in 1..SWEEP {
        assert!(budget.take(&key(n)).1);
    }
    assert_eq!(budget.remembered(), SWEEP as usize - 1);
    clock.advance(Duration::from_secs(61));
    budget.take(&key(0));
    assert_eq!(budget.remembered(), 1);
}
