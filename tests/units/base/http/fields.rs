use lede::base::http::Fields;
use lede::base::http::query::{self, FromParams, Params};
use serde_json::json;

lede::fields! {
    /// Three members.
    Letter { B = "b", A = "a", C = "c", }
}

struct Wanted(Fields<Letter>);
impl FromParams for Wanted {
    fn from_params(params: &mut Params) -> Self {
        Self(Fields::from_params(params))
    }
}

#[test]
fn members_are_chosen_in_the_order_of_the_answer() {
    let value = json!({"a": 1, "b": {"x": [1.50]}, "d": 2});
    for (query, wanted) in [
        ("", r#"{"a":1,"b":{"x":[1.5]},"d":2}"#),
        ("fields=a,b", r#"{"b":{"x":[1.5]},"a":1}"#),
        ("fields=c&fields=a", r#"{"a":1}"#),
    ] {
        let fields = query::read::<Wanted>(query).unwrap().0;
        assert_eq!(fields.choose(&value).unwrap().get(), wanted, "{query}");
        assert_eq!(fields.name(Letter::C), query.contains('c'));
    }
}

#[test]
fn an_unknown_member_is_refused() {
    assert!(query::read::<Wanted>("fields=a,z").is_err());
    assert!(query::read::<Wanted>("fields=").is_err());
}
