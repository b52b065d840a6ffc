use lede::base::http::canonical::{Kind, Parameter, Shape, path, query};

fn canonical(given: &str) -> (String, bool) {
    let parameter = |name: &str, shape, kind| Parameter { name: name.to_owned(), shape, kind };
    let known = [
        parameter("topic", Shape::List { unique: false }, Kind::Text),
        parameter("custom", Shape::Object, Kind::Text),
        parameter("locale", Shape::Single, Kind::Locale),
        parameter("limit", Shape::Single, Kind::Number),
        parameter("q", Shape::Single, Kind::Text),
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
        ("limit=5&custom[b]=1,2&custom%5Ba%5D=x", "custom%5Ba%5D=x&custom%5Bb%5D=1,2&limit=5", true),
        ("custom[a]=2&custom[a]=1", "custom%5Ba%5D=1&custom%5Ba%5D=2", true),
        ("custom[a=&custom[]=&custom=&customs[a]=", "custom=&custom%5B%5D=&custom%5Ba=", false),
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
