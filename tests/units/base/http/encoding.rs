use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use lede::base::http::encoding::Encoding;

fn preferred(accepted: &'static str) -> Encoding {
    let mut headers = HeaderMap::new();
    headers.insert(ACCEPT_ENCODING, HeaderValue::from_static(accepted));
    Encoding::preferred(&headers)
}

#[test]
fn the_client_chooses() {
    assert_eq!(Encoding::preferred(&HeaderMap::new()), Encoding::Identity);
    for (accepted, encoding) in [
        ("gzip, deflate, br, zstd", Encoding::Brotli),
        ("br, gzip", Encoding::Brotli),
        ("GZIP", Encoding::Gzip),
        ("gzip;q=1.0, br;q=0.8", Encoding::Gzip),
        ("br;q=0, gzip;q=0.1", Encoding::Gzip),
        ("gzip;q=0", Encoding::Identity),
        ("br; q=nonsense", Encoding::Identity),
        ("identity, deflate, *", Encoding::Identity),
        ("", Encoding::Identity),
    ] {
        assert_eq!(preferred(accepted), encoding, "{accepted}");
    }
}
