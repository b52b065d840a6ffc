use std::time::Duration;

use lede::base::clock::Timestamp;
use lede::subscribers::Status::{self, Bounced, Complained, Confirmed, Pending, Unsubscribed};
use lede::subscribers::consent::{self, Reason};

fn hour(n: u64) -> Timestamp {
    Timestamp::parse("2026-01-31T00:00:00Z").unwrap().plus(Duration::from_secs(n * 3600))
}

fn may_request(status: Status, unanswered: &[Timestamp], now: Timestamp) -> bool {
    consent::may_request(status, None, unanswered, now)
}

#[test]
fn confirmed_subscribers_are_sent_no_request() {
    for status in Status::ALL.iter().copied() {
        assert_eq!(may_request(status, &[], hour(0)), status != Confirmed, "{status:?}");
    }
}

#[test]
fn an_address_that_bounced_or_complained_is_sent_one_request() {
    for status in [Bounced, Complained] {
        assert!(!may_request(status, &[hour(0)], hour(48)), "{status:?}");
    }
    for (reason, is_sent) in [
        (Reason::Erased, true),
        (Reason::Unsubscribed, true),
        (Reason::Bounced, false),
        (Reason::Complained, false),
    ] {
        assert_eq!(consent::may_request(Pending, Some(reason), &[hour(0)], hour(48)), is_sent, "{reason:?}");
    }
}

#[test]
fn one_request_a_day_and_three_in_all() {
    assert!(!may_request(Pending, &[hour(0)], hour(23)));
    assert!(may_request(Pending, &[hour(0)], hour(24)));
    assert!(may_request(Pending, &[hour(0), hour(24)], hour(48)));
    assert!(!may_request(Pending, &[hour(0), hour(24), hour(48)], hour(1000)));
}

#[test]
fn a_graver_reason_replaces_a_lighter_one() {
    for (status, confirmed, unsubscribed, complained) in [
        (Pending, Some(Confirmed), Some(Unsubscribed), Some(Complained)),
        (Confirmed, None, Some(Unsubscribed), Some(Complained)),
        (Unsubscribed, Some(Confirmed), None, Some(Complained)),
        (Bounced, Some(Confirmed), None, Some(Complained)),
        (Complained, Some(Confirmed), None, None),
    ] {
        assert_eq!(status.confirm(), confirmed);
        assert_eq!(status.suppress(Reason::Unsubscribed), unsubscribed);
        assert_eq!(status.suppress(Reason::Complained), complained);
        assert_eq!(Status::parse(status.as_str()), Some(status));
    }
    assert_eq!(Unsubscribed.suppress(Reason::Bounced), Some(Bounced));
    assert_eq!(Pending.suppress(Reason::Erased), Some(Unsubscribed));
    for reason in Reason::ALL {
        assert_eq!(Reason::parse(reason.as_str()), Some(*reason));
    }
}
