//! One-time codes against the vectors of RFC 6238, and codes as people type them.

use lede::accounts::second_factor::{Code, RecoveryCode, Secret};
use lede::base::clock::Timestamp;
use lede::base::random::Random;

/// RFC 6238, appendix B: seconds since 1970, and the last six of the eight digits for SHA-1.
const VECTORS: [(i64, &str); 6] = [
    (59, "287082"),
    (1_111_111_109, "081804"),
    (1_111_111_111, "050471"),
    (1_234_567_890, "005924"),
    (2_000_000_000, "279037"),
    (20_000_000_000, "353130"),
];

fn secret() -> Secret {
    Secret::of(b"12345678901234567890").expect("20 bytes")
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_micros(second * 1_000_000).expect("a time")
}

#[test]
fn codes_are_those_of_rfc_6238() {
    for (second, code) in VECTORS {
        assert_eq!(secret().step_of(code, at(second)), Some(second / 30), "{second}");
    }
}

#[test]
fn a_code_is_right_in_its_step_and_the_two_beside_it() {
    for (second, code) in VECTORS {
        let step = second / 30;
        for (now, expected) in [
            (step * 30 - 31, None),
            (step * 30 - 30, Some(step)),
            (step * 30 + 29, Some(step)),
            (step * 30 + 59, Some(step)),
            (step * 30 + 60, None),
        ] {
            assert_eq!(secret().step_of(code, at(now)), expected, "{code} at {now}");
        }
    }
    for wrong in ["", "28708", "2870822", "+87082", "28708a", "２８７０８２"] {
        assert_eq!(secret().step_of(wrong, at(59)), None, "{wrong}");
    }
}

#[test]
fn a_secret_is_written_as_apps_read_it() {
    assert_eq!(secret().base32(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
    let url = secret().url("Tides & Co: News", "ada+x@lede.example").expect("a URL");
    let read = url::Url::parse(&url).expect("a URL");
    let pairs: Vec<(String, String)> = read.query_pairs().into_owned().collect();
    let pair = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let expected = [pair("secret", &secret().base32()), pair("issuer", "Tides & Co News")];
    assert_eq!(pairs, expected, "{url}");
    assert!(url.starts_with("otpauth://totp/") && !url.contains(' ') && !url.contains('+'), "{url}");
    assert_eq!(Secret::of(&[0; 19]), None);
}

#[test]
fn codes_are_read_as_people_type_them() {
    let is_one_time = |text: &str| matches!(Code::typed(text), Some(Code::OneTime(code)) if code == "012345");
    for text in ["012345", "012 345", " 012-345\n"] {
        assert!(is_one_time(text), "{text}");
    }
    let code = RecoveryCode::make(&Random::seeded(1)).expect("a code");
    let shown = code.expose();
    assert_eq!(shown.split('-').map(str::len).collect::<Vec<_>>(), [6, 6, 6, 6], "{shown}");
    for text in [shown.clone(), shown.to_uppercase(), shown.replace('-', ""), shown.replace('-', " ")] {
        assert_eq!(Code::typed(&text), Some(Code::Recovery(code.clone())), "{text}");
    }
    for text in ["", " ", "-"] {
        assert_eq!(Code::typed(text), None, "{text}");
    }
    for text in ["12345", "1234567", "abcdef", "١٢٣٤٥٦", &shown[1..], &shown.replace(&shown[..1], "1")]
    {
        assert_eq!(Code::typed(text), Some(Code::Malformed), "{text}");
    }
}

#[test]
fn debug_shows_neither_secrets_nor_codes() {
    let code = RecoveryCode::make(&Random::seeded(1)).expect("a code");
    let shown =
        format!("{:?} {:?} {:?} {:?}", secret(), code, Code::typed("123456"), Code::typed(&code.expose()));
    assert_eq!(shown, "*** *** Some(***) Some(***)");
}
