use std::task::Poll;

use futures_util::poll;
use lede::base::error::Error;
use lede::base::permits::Permits;

#[tokio::test]
async fn who_comes_when_the_queue_is_full_is_refused_at_once() {
    let permits = Permits::new(1, 1, "full");
    let held = permits.acquire().await.unwrap();
    let mut first = Box::pin(permits.acquire());
    assert!(poll!(&mut first).is_pending());
    assert!(matches!(permits.acquire().await, Err(Error::Unavailable(why)) if why.to_string() == "full"));
    drop(held);
    let Poll::Ready(Ok(held)) = poll!(&mut first) else { panic!("the permit was given back") };
    // Who stops waiting leaves room for another.
    drop(Box::pin(permits.acquire()));
    let mut second = Box::pin(permits.acquire());
    assert!(poll!(&mut second).is_pending());
    drop(held);
    assert!(second.await.is_ok());
}

#[tokio::test]
async fn who_has_a_reserved_place_waits_where_others_are_refused() {
    let permits = Permits::new(1, 1, "full");
    let held = permits.acquire().await.unwrap();
    let mut stranger = Box::pin(permits.acquire());
    assert!(poll!(&mut stranger).is_pending());
    let mut known = Box::pin(permits.acquire_with(1));
    assert!(poll!(&mut known).is_pending());
    assert!(permits.acquire().await.is_err());
    assert!(permits.acquire_with(1).await.is_err());
    drop(held);
    assert!(stranger.await.is_ok());
    assert!(known.await.is_ok());
}
