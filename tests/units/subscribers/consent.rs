use std::time::Duration;

use lede::base::clock::Timestamp;
use lede::subscribers::Status::{self, Bounced, Complained, Confirmed, Pending, Unsubscribed};
use lede::subscribers::consent::{self, Reason};

fn hour(n: u64) -> Timestamp {
    Timestamp::parse("2026-01-31T00:00:00Z").unwrap().plus(Duration::from_secs(n * 3600))
}

fn may_ask(status: Status, unanswered: &[Timestamp], now: Timestamp) -> bool {
    consent::may_ask(status, None, unanswered, now)
}

#[test]
fn those_who_get_mail_are_not_asked() {
    for status in Status::ALL {
        assert_eq!(may_ask(status, &[], hour(0)), status != Confirmed, "{status:?}");
    }
}

#[test]
fn who_bounced_or_complained_is_asked_once() {
    for status in [Bounced, Complained] {
        assert!(!may_ask(status, &[hour(0)], hour(48)), "{status:?}");
    }
    for (reason, asks) in [
        (Reason::Erased, true),
        (Reason::Unsubscribed, true),
        (Reason::Bounced, false),
        (Reason::Complained, false),
    ] {
        assert_eq!(consent::may_ask(Pending, Some(reason), &[hour(0)], hour(48)), asks, "{reason:?}");
    }
}

#[test]
fn one_question_a_day_and_three_in_all() {
    assert!(!may_ask(Pending, &[hour(0)], hour(23)));
    assert!(may_ask(Pending, &[hour(0)], hour(24)));
    assert!(may_ask(Pending, &[hour(0), hour(24)], hour(48)));
    assert!(!may_ask(Pending, &[hour(0), hour(24), hour(48)], hour(1000)));
}

#[test]
fn a_graver_reason_stands_over_a_lighter_one() {
    for (status, confirmed, left, complained) in [
        (Pending, Some(Confirmed), Some(Unsubscribed), Some(Complained)),
        (Confirmed, None, Some(Unsubscribed), Some(Complained)),
        (Unsubscribed, Some(Confirmed), None, Some(Complained)),
        (Bounced, Some(Confirmed), None, Some(Complained)),
        (Complained, Some(Confirmed), None, None),
    ] {
        assert_eq!(status.confirm(), confirmed);
        assert_eq!(status.end(Reason::Unsubscribed), left);
        assert_eq!(status.end(Reason::Complained), complained);
        assert_eq!(Status::parse(status.as_str()), Some(status));
    }
    assert_eq!(Unsubscribed.end(Reason::Bounced), Some(Bounced));
    for reason in Reason::ALL {
        assert_eq!(Reason::parse(reason.as_str()), Some(reason));
    }
}
