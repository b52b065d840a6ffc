use lede::base::http::canonical::{Kind, Parameter, path, query};

fn canonical(given: &str) -> (String, bool) {
    let parameter = |name: &str, is_list, kind| Parameter { name: name.to_owned(), is_list, kind };
    let known = [
        parameter("topic", true, Kind::Text),
        parameter("locale", false, Kind::Locale),
        parameter("limit", false, Kind::Number),
        parameter("q", false, Kind::Text),
    ];
    query(given, &known)
}

#[test]
fn a_query_has_one_spelling() {
    for (given, spelled, is_whole) in [
        ("", "", true),
        ("&&", "", true),
        ("x=1", "", false),
        ("limit=5&topic=sea", "topic=sea&limit=5", true),
        ("topic=sea,land&topic=sea", "topic=land,sea", true),
        ("topic=,sea,", "topic=,sea", true),
        ("locale=de_at&locale=en", "locale=de-AT", false),
        ("limit=%2B007", "limit=7", true),
        ("limit=many&locale=?", "locale=%3F&limit=many", true),
        ("q=a%20b%2Bc&x", "q=a%20b%2Bc", false),
        ("q=a+b%26c%3D%23", "q=a%20b%26c%3D%23", true),
        ("q=%FF", "q=%EF%BF%BD", true),
    ] {
        assert_eq!(canonical(given), (spelled.to_owned(), is_whole), "{given}");
        assert_eq!(canonical(spelled).0, spelled);
    }
}

#[test]
fn a_path_that_no_route_has_stays_as_it_is() {
    assert_eq!(path("/v1/articles/tides", "/v1/articles/%74ides"), "/v1/articles/tides");
    assert_eq!(path("/v1/articles/a?b", "/v1/articles/a%3Fb"), "/v1/articles/a%3Fb");
}
