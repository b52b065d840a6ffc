//! Which bytes of a public response leave.

use std::sync::Arc;

use actix_web::HttpResponse;
use actix_web::body::MessageBody as _;
use actix_web::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, ETAG};
use actix_web::test::TestRequest;
use actix_web::web::Bytes;
use lede::base::compute::Compute;
use lede::base::http::representation::Representation;

use super::cache::representation;
use super::sliced::budget;

async fn respond(made: &Arc<Representation>, accepted: &'static str) -> HttpResponse {
    let req = TestRequest::default().insert_header((ACCEPT_ENCODING, accepted)).to_http_request();
    made.respond(&req, &Compute::default()).await.expect("room")
}

fn coding(response: &HttpResponse) -> Option<&str> {
    response.headers().get(CONTENT_ENCODING).map(|coding| coding.to_str().expect("ASCII"))
}

#[tokio::test]
async fn what_could_not_be_encoded_once_is_encoded_the_next_time() {
    let memory = budget(1_000_000, &[]);
    // Does not get much shorter, so that its variant is counted, too.
    let noise = (0..100_000_u32).flat_map(|n| (n.wrapping_mul(2_654_435_761) >> 7).to_le_bytes()).collect();
    let made = Arc::new(representation(noise, &memory));
    let other = memory.hold(Bytes::from(vec![0; 450_000])).expect("memory");
    let plain = respond(&made, "gzip").await;
    assert_eq!(coding(&plain), None);
    // Both are more than one network may be sent at a time.
    let plain = plain.drop_body();
    drop(other);
    let encoded = respond(&made, "gzip").await;
    assert_eq!(coding(&encoded), Some("gzip"));
    assert_ne!(encoded.headers().get(ETAG), plain.headers().get(ETAG));
}

#[tokio::test]
async fn a_short_body_is_encoded_only_for_those_who_refuse_it_otherwise() {
    let made = Arc::new(representation(b"{\"short\":true}".to_vec(), &budget(0, &[])));
    for (accepted, wanted) in
        [("gzip", None), ("identity;q=0, gzip", Some("gzip")), ("*;q=0, br", Some("br")), ("*;q=0", None)]
    {
        let response = respond(&made, accepted).await;
        assert_eq!(coding(&response), wanted, "{accepted}");
        assert!(response.into_body().try_into_bytes().is_ok_and(|body| !body.is_empty()));
    }
}
