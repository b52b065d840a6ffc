//! A server that stops ends its streams at once.

use std::time::Instant;

use super::{Stream, ask};
use crate::executable::{Serving, lede_on};
use crate::given::seconds;
use crate::test_database::TestDatabase;

#[tokio::test]
async fn a_server_that_drains_ends_its_streams_within_a_second() {
    let database = TestDatabase::fresh();
    for drain in ["0", "2"] {
        let serving = Serving::start(lede_on(&database).env("LEDE_DRAIN_SECONDS", drain));
        let mut streams = Vec::new();
        for _ in 0..20 {
            streams.push(Stream::of(ask(&serving.address, "", &[]).await).await);
        }
        serving.terminate();
        let told = Instant::now();
        for stream in &mut streams {
            assert_eq!(stream.next().await, None);
        }
        assert!(told.elapsed() < seconds(1), "{:?}", told.elapsed());
        if drain != "0" {
            // Who comes now, before the listener closes, is told when to come back, too.
            let mut late = Stream::of(ask(&serving.address, "", &[]).await).await;
            assert_eq!(late.next().await, None);
        }
        let (code, log) = serving.ended();
        assert_eq!(code, Some(0), "{log:#?}");
    }
}
