use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use futures_util::future::join_all;

use lede::base::compute::{Compute, cores};
use lede::base::error::{Error, Result};

#[tokio::test]
async fn no_more_runs_at_a_time_than_there_are_cores() {
    let compute = Compute::default();
    let (running, max) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let work = |number: usize| {
        let (running, max) = (running.clone(), max.clone());
        compute.run(move || {
            max.fetch_max(running.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            std::thread::yield_now();
            running.fetch_sub(1, Ordering::SeqCst);
            Ok(number)
        })
    };
    let done: Result<Vec<usize>> = join_all((0..200).map(work)).await.into_iter().collect();
    assert_eq!(done.unwrap(), (0..200).collect::<Vec<_>>());
    assert!((1..=cores()).contains(&max.load(Ordering::SeqCst)));
}

#[tokio::test]
async fn work_that_panics_fails_alone() {
    let compute = Compute::default();
    for _ in 0..=cores() {
        let panicked: Result<()> = compute.run(|| panic!("a defect")).await;
        assert!(matches!(panicked, Err(Error::Internal(_))));
    }
    assert_eq!(compute.run(|| Ok(1)).await.unwrap(), 1);
}
