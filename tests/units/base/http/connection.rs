//! What cuts a connection off: its own response, while it is sent.

use std::task::{Context, Waker};
use std::time::Duration;

use lede::base::clock::{Clock, Timestamp};
use lede::base::http::connection::Connection;
use lede::base::http::cut_off::Transfers;

#[test]
fn a_response_that_has_ended_cuts_off_none_after_it() {
    let clock = Clock::fixed(Timestamp::default());
    let (transfers, connection) = (Transfers::new(&clock), Connection::default());
    let is_cut_off = || connection.is_cut_off(&Context::from_waker(Waker::noop()));
    let sent = transfers.begin();
    let busy = connection.sends(&sent);
    clock.advance(Duration::from_secs(5));
    assert!(!is_cut_off());
    transfers.cut_off_longest();
    assert!(is_cut_off());
    // The next may begin before the last is dropped.
    let next = transfers.begin();
    let next_busy = connection.sends(&next);
    drop((sent, busy));
    clock.advance(Duration::from_secs(5));
    assert!(!is_cut_off());
    transfers.cut_off_longest();
    assert!(is_cut_off());
    drop((next, next_busy));
    assert!(!is_cut_off());
}
