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
