//! What the cache of public responses holds and evicts, and who computes what is missing.

use std::sync::Arc;
use std::time::Duration;

use actix_web::web::Bytes;
use clap::Parser as _;
use futures_util::FutureExt as _;
use futures_util::future::join_all;
use lede::base::clock::Timestamp;
use lede::base::config::Config;
use lede::base::db::Generation;
use lede::base::error::Error;
use lede::base::http::Response;
use lede::base::http::cache::{Cache, Lookup, PendingResponse};
use lede::base::http::memory::Memory;
use lede::base::http::public::PublicHeaders;
use lede::base::http::representation::Representation;

use super::sliced::budget;

const MEGABYTE: u64 = 1024 * 1024;

#[derive(clap::Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

/// A response with a body of that many bytes.
pub fn representation(body: Vec<u8>, memory: &Memory) -> Representation {
    let headers = PublicHeaders::new(&Settings::parse_from(["test"]).config);
    let (response, now) = (Response::public("application/json", body.into()), Timestamp::default());
    Representation::new(response, "/", &headers, now, now, memory).expect("memory")
}

fn made(size: usize) -> Representation {
    representation(vec![b'x'; size], &budget(1 << 30, &[]))
}

fn cache(bytes: u64) -> (Cache, Arc<Generation>) {
    let generation = Arc::<Generation>::default();
    (Cache::new(bytes, Duration::from_secs(3600), &generation), generation)
}

async fn pending<'a>(cache: &'a Cache, address: &str) -> PendingResponse<'a> {
    match cache.lookup(address).await {
        Lookup::Compute(pending) => pending,
        Lookup::Cached(_) | Lookup::Failed(_) => panic!("{address} is there"),
    }
}

async fn put(cache: &Cache, address: &str, size: usize) {
    pending(cache, address).await.store(made(size));
}

/// Puts a response into the main part.
async fn establish(cache: &Cache, address: &str, size: usize) {
    put(cache, address, size).await;
    assert!(cache.get(address).is_some(), "{address}");
}

#[tokio::test]
async fn other_spellings_evict_each_other_and_no_response() {
    let (cache, _) = cache(MEGABYTE);
    establish(&cache, "/large", 150_000).await;
    establish(&cache, "/small", 1_000).await;
    for n in 0..5_000 {
        let (large, small) = (format!("/large?spelling={n}"), format!("/small?spelling={n}"));
        cache.alias(&large, "/large");
        cache.alias(&small, "/small");
        assert!(cache.get(&large).is_some() && cache.get(&small).is_some());
    }
    assert!(cache.get("/large").is_some() && cache.get("/small").is_some());
    assert!(cache.get("/large?spelling=0").is_none(), "they have a bound of their own");
}

#[tokio::test]
async fn a_spelling_is_of_the_response_that_is_current() {
    let (cache, generation) = cache(MEGABYTE);
    put(&cache, "/a", 10).await;
    cache.alias("/%61", "/a");
    generation.raise((1, Timestamp::default()));
    assert!(cache.get("/%61").is_none());
    put(&cache, "/a", 20).await;
    assert!(Arc::ptr_eq(&cache.get("/%61").expect("an alias"), &cache.get("/a").expect("a response")));
}

#[tokio::test]
async fn large_responses_that_are_requested_again_never_take_more_than_there_is() {
    let (cache, _) = cache(4 * MEGABYTE);
    let memory = budget(1 << 30, &[]);
    let mut kept = Vec::new();
    for n in 0..100 {
        let address = format!("/{n}");
        let made = pending(&cache, &address).await.store(representation(vec![b'x'; 200_000], &memory));
        assert!(cache.get(&address).is_some());
        kept.push(Arc::downgrade(&made));
        drop(made);
        // Six fit, since each counts as three times its body: its variants could be as long. moka frees what was evicted a
        // little later.
        let alive = kept.iter().filter(|kept| kept.strong_count() > 0).count();
        assert!(alive <= 16, "{alive} after {n}");
    }
}

#[test]
fn a_response_weighs_what_it_can_come_to_hold() {
    let memory = budget(1 << 30, &[]);
    let noise: Vec<u8> =
        (0..100_000_u32).flat_map(|n| (n.wrapping_mul(2_654_435_761) >> 7).to_le_bytes()).collect();
    for body in [Vec::new(), vec![b'x'; 5_000], noise] {
        let encoded: usize =
            [lede::base::http::encoding::Encoding::Gzip, lede::base::http::encoding::Encoding::Brotli]
                .iter()
                .map(|coding| coding.encode(&Bytes::from(body.clone())).expect("bytes").len())
                .sum();
        let length = body.len();
        assert!(representation(body, &memory).weight() >= length + encoded + size_of::<Representation>());
    }
}

#[tokio::test]
async fn those_who_wait_share_a_response_and_a_failure() {
    let (cache, generation) = cache(MEGABYTE);
    for fails in [false, true] {
        let producer = pending(&cache, "/a").await;
        let waiting = join_all((0..50).map(|_| cache.lookup("/a")));
        let mut waiting = std::pin::pin!(waiting);
        assert!((&mut waiting).now_or_never().is_none());
        // Also if it is outdated by then.
        generation.raise((1, Timestamp::default()));
        if fails {
            producer.fail(&Error::unavailable("no memory"));
            drop(producer);
        } else {
            producer.store(made(10));
        }
        for outcome in waiting.await {
            match outcome {
                Lookup::Cached(_) => assert!(!fails),
                Lookup::Failed(Error::Unavailable(why)) => assert!(fails && why.to_string() == "no memory"),
                _ => panic!("each computes it again"),
            }
        }
        generation.raise((2, Timestamp::default()));
    }
}

#[tokio::test]
async fn one_of_those_who_wait_takes_over_from_a_request_that_is_gone() {
    let (cache, _) = cache(MEGABYTE);
    {
        let producer = pending(&cache, "/a").await;
        let mut waiting: Vec<_> = (0..50).map(|_| Box::pin(cache.lookup("/a"))).collect();
        assert!(waiting.iter_mut().all(|one| one.as_mut().now_or_never().is_none()));
        drop(producer);
        let mut ready: Vec<_> = waiting.iter_mut().filter_map(|one| one.as_mut().now_or_never()).collect();
        assert_eq!(ready.len(), 1);
        let Some(Lookup::Compute(next)) = ready.pop() else { panic!("none computes it") };
        next.store(made(10));
    }
    assert!(cache.get("/a").is_some());
}
