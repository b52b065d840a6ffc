use actix_web::http::header::{ACCEPT_ENCODING, HeaderMap, HeaderValue};
use lede::base::http::encoding::{Encoding, Preference};

/// What a client prefers whose request has these header lines.
fn preferred(lines: &[&'static str]) -> Preference {
    let mut headers = HeaderMap::new();
    for line in lines {
        headers.append(ACCEPT_ENCODING, HeaderValue::from_static(line));
    }
    Encoding::preferred(&headers)
}

#[test]
fn the_client_chooses() {
    use Encoding::{Brotli, Gzip, Identity};
    for (accepted, encoding) in [
        ("gzip, deflate, br, zstd", Brotli),
        ("br, gzip", Brotli),
        ("GZIP", Gzip),
        ("x-gzip", Gzip),
        ("gzip;q=1.0, br;q=0.8", Gzip),
        ("br;q=0, gzip;q=0.1", Gzip),
        ("br;q=0.000, gzip;q=0.001", Gzip),
        ("gzip;q=0", Identity),
        ("gzip ; Q=0.5 , BR;q=0.4", Gzip),
        ("br; q=nonsense", Identity),
        ("br;q=1.001", Identity),
        ("br;q=+.5", Identity),
        ("br;q=1.", Brotli),
        ("", Identity),
        // A weight of identity counts as any other.
        ("gzip;q=0.5, identity;q=1", Identity),
        ("gzip;q=0.5, identity", Identity),
        ("IDENTITY;q=0.6, br;q=0.5, gzip;q=0.7", Gzip),
        ("gzip;q=0.5, identity;q=0.5", Gzip),
        ("identity;q=0.001, br;q=0.002", Brotli),
        ("identity, gzip, br", Brotli),
        // `*` stands for what is not listed.
        ("*", Identity),
        ("identity, deflate, *", Identity),
        ("gzip;q=0.5, *", Identity),
        ("gzip;q=0.5, *;q=0.1", Gzip),
        ("*;q=0", Identity),
        ("deflate, zstd;q=0.9, compress", Identity),
    ] {
        assert_eq!(preferred(&[accepted]), Preference { encoding, required: false }, "{accepted}");
    }
}

#[test]
fn identity_can_be_refused() {
    use Encoding::{Brotli, Gzip, Identity};
    for (accepted, encoding, required) in [
        ("identity;q=0, gzip", Gzip, true),
        ("identity;q=0.000, gzip;q=0.1", Gzip, true),
        ("identity;q=0, *", Brotli, true),
        ("gzip;q=0.5, *;q=0", Gzip, true),
        ("*;q=0, br;q=0.1", Brotli, true),
        ("identity;q=0, br;q=0, *;q=0.3", Gzip, true),
        // Nothing that we have is acceptable: the response comes without a coding.
        ("identity;q=0", Identity, false),
        ("identity;q=0, zstd", Identity, false),
    ] {
        assert_eq!(preferred(&[accepted]), Preference { encoding, required }, "{accepted}");
    }
}

#[test]
fn several_header_lines_are_one_list() {
    let encoding = |lines: &[&'static str]| preferred(lines).encoding;
    assert_eq!(Encoding::preferred(&HeaderMap::new()).encoding, Encoding::Identity);
    assert_eq!(encoding(&["gzip;q=0.5", "identity;q=1"]), Encoding::Identity);
    assert_eq!(encoding(&["identity", "br;q=0.1, gzip"]), Encoding::Gzip);
    assert_eq!(encoding(&["*;q=0", "gzip;q=0.2"]), Encoding::Gzip);
}
