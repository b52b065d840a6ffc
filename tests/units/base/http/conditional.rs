use lede::base::error::Error;
use lede::base::http::IfMatch;

#[test]
fn only_a_number_in_quotes_or_a_star_is_a_version() {
    assert_eq!(IfMatch::parse("\"17\"").unwrap(), IfMatch::Version(17));
    assert_eq!(IfMatch::parse("W/\"17\"").unwrap(), IfMatch::Version(17));
    assert_eq!(IfMatch::parse("\"17-gzip\"").unwrap(), IfMatch::Version(17));
    assert_eq!(IfMatch::parse("W/\"17-br\"").unwrap(), IfMatch::Version(17));
    assert_eq!(IfMatch::parse("*").unwrap(), IfMatch::Any);
    for wrong in [
        "17",
        "W/17",
        "\"17\", \"18\"",
        "\"abc\"",
        "\"\"",
        "\"-gzip\"",
        "\"17-gzip-br\"",
        "\"17.gzip\"",
        "\"-1\"",
        "\"99999999999999999999\"",
    ] {
        assert!(matches!(IfMatch::parse(wrong), Err(Error::PreconditionFailed(_))), "{wrong}");
    }
}
