//! The document as generated clients read it: what the compiler takes from a schema holds for every response, and what
//! a client may send is what its types allow.

use std::collections::BTreeSet;

use lede::auth::Role;
use serde_json::{Map, Value, json};

use crate::contract::{self, DOCUMENT};
use crate::schemas::is_valid;
use crate::server::Server;

/// Calls `look` with every object in `value` and its place.
fn each(value: &Value, place: &str, look: &mut impl FnMut(&str, &Map<String, Value>)) {
    match value {
        Value::Object(members) => {
            look(place, members);
            members.iter().for_each(|(key, value)| each(value, &format!("{place}/{key}"), look));
        }
        Value::Array(items) => items.iter().for_each(|value| each(value, place, look)),
        _ => {}
    }
}

/// The names of the components that `value` refers to, directly or through others.
fn components(value: &Value, found: &mut BTreeSet<String>) {
    each(value, "", &mut |_, members| {
        let name = members
            .get("$ref")
            .and_then(Value::as_str)
            .and_then(|to| to.strip_prefix("#/components/schemas/"));
        if let Some(name) = name
            && found.insert(name.to_owned())
        {
            components(&DOCUMENT["components"]["schemas"][name], found);
        }
    });
}

#[test]
fn a_response_requires_nothing_that_fields_can_leave_out() {
    let mut seen = 0;
    for operation in contract::operations() {
        let Some(fields) = operation.parameters().find(|parameter| parameter["name"] == "fields") else {
            continue;
        };
        // What can be included is no field, and is no more required than one.
        let included = operation.parameters().find(|parameter| parameter["name"] == "include");
        let names =
            |parameter: &'static Value| parameter["schema"]["items"]["enum"].as_array().expect("names");
        let fields: BTreeSet<&str> =
            std::iter::once(fields).chain(included).flat_map(names).filter_map(Value::as_str).collect();
        let mut found = BTreeSet::new();
        components(&operation.value["responses"]["200"], &mut found);
        let partial: Vec<&String> = found.iter().filter(|name| name.starts_with("Partial")).collect();
        let [partial] = partial.as_slice() else { panic!("{}: {partial:?}", operation.id) };
        let schema = &DOCUMENT["components"]["schemas"][partial.as_str()];
        let members: BTreeSet<&str> =
            schema["properties"].as_object().expect("members").keys().map(String::as_str).collect();
        assert_eq!(members, fields, "{}: {partial}", operation.id);
        assert_eq!(schema.get("required"), None, "{partial}");
        assert!(!found.contains(&partial["Partial".len()..]), "{}: whole and partial", operation.id);
        seen += 1;
    }
    assert_eq!(seen, 12);
}

#[test]
fn what_no_fields_can_shorten_requires_every_nullable_member() {
    for name in ["Edition", "EditionItem", "Topic", "EditedAuthor", "Subscriber", "Draft", "Revision"] {
        let schema = &DOCUMENT["components"]["schemas"][name];
        let required: BTreeSet<&str> =
            schema["required"].as_array().expect("required").iter().filter_map(Value::as_str).collect();
        let on_request = ["article_count", "unsubscribe_url"];
        for member in schema["properties"].as_object().expect("members").keys() {
            assert!(
                required.contains(member.as_str()) || on_request.contains(&member.as_str()),
                "{name}/{member}"
            );
        }
    }
}

#[test]
fn whole_numbers_that_fit_into_32_bits_are_int32() {
    let fits =
        |bound: Option<&Value>| bound.and_then(Value::as_i64).is_some_and(|n| i32::try_from(n).is_ok());
    let mut seen = 0;
    each(&DOCUMENT, "", &mut |place, members| {
        let Some(kind) = members.get("type").filter(|kind| kind.is_string() || kind.is_array()) else {
            return;
        };
        if kind == "integer"
            || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "integer"))
        {
            let fits = fits(members.get("minimum")) && fits(members.get("maximum"));
            assert_eq!(members.get("format").is_some_and(|format| format == "int32"), fits, "{place}");
            seen += 1;
        }
    });
    assert!(seen > 50, "{seen}");
}

#[test]
fn json_that_is_sent_is_closed_and_what_is_received_is_open_and_one_object() {
    let mut sent = BTreeSet::new();
    for operation in contract::operations() {
        for (media, content) in operation.value["requestBody"]["content"].as_object().into_iter().flatten() {
            if media.ends_with("json") {
                components(content, &mut sent);
            }
        }
    }
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().expect("schemas") {
        assert_eq!(schema.get("allOf"), None, "{name}");
        if schema.get("properties").is_some() {
            let closed = schema.get("additionalProperties").is_some_and(|value| value == false);
            assert_eq!(closed, sent.contains(name), "{name}");
        }
    }
}

#[test]
fn the_members_of_problems_are_declared() {
    let problem = &DOCUMENT["components"]["schemas"]["Problem"];
    for member in ["version", "changed", "id", "slug", "into", "errors"] {
        assert!(problem["properties"].get(member).is_some(), "{member}");
        let required = problem["required"].as_array().expect("required");
        assert!(!required.contains(&member.into()), "{member} is required");
    }
}

#[tokio::test]
async fn schemas_of_requests_allow_what_the_server_accepts() {
    let server = Server::start_with(|config| config.limits.sign_up = 0).await;
    let client = server.login(Role::Admin).await;
    let texts = [
        "A",
        " A ",
        "\tA\n",
        "",
        " ",
        "\u{3000}",
        "A\u{3000}B",
        "A\nB",
        "A\u{2028}B",
        "A\u{85}B",
        "A\u{7f}",
        "\u{1}A",
        "é",
        "名前",
    ];
    let urls = [
        "https://a.example",
        "http://a.example:8080/b?c#d",
        "/a",
        "/",
        "//a.example",
        "a",
        "",
        "ftp://a.example",
        "https://",
        "https://a@b.example",
        "https://a.example/b c",
        "javascript:alert(1)",
    ];
    let languages =
        ["en", "EN", "de-AT", "zh_hant_tw", "e", "english", "de-", "de-A", "en-US-x", "es-419", "12"];
    let emails = [
        "a@b.example",
        "a",
        "a@",
        "@b.example",
        "a b@c.example",
        "ä@b.example",
        "a@bücher.example",
        "a..b@c.example",
        "a@b.1",
        "a@b@c.example",
    ];
    let anchors = ["a", "Größe", "名前", "a_b.c-d", "-a", "a b", "#a", "", "a#b", "a/b", "1"];
    let ips = [
        "192.0.2.1",
        "::1",
        "2001:db8::1",
        "::ffff:192.0.2.1",
        "192.0.2.256",
        "1.2.3",
        "x",
        "",
        ":::",
        "1:2:3:4:5:6:7:8:9",
    ];
    let paths = ["/a", "/a b", "//a", "a", "/", "/2019/a?b=c", "https://a.example", ""];
    for (path, body, field, values) in [
        ("/v1/articles", json!({}), "title", &texts[..]),
        ("/v1/articles", json!({"title": "A"}), "subtitle", &texts[..]),
        ("/v1/articles", json!({"title": "A"}), "locale", &languages[..]),
        ("/v1/articles", json!({"title": "A"}), "aliases/0", &paths[..]),
        ("/v1/articles", json!({"title": "A", "cover": {}}), "cover/url", &urls[..]),
        ("/v1/articles", json!({"title": "A", "seo": {}}), "seo/canonical_url", &urls[..]),
        ("/v1/articles", json!({"title": "A", "seo": {}}), "seo/image_url", &urls[..]),
        ("/v1/articles", json!({"title": "A", "sections": [{}]}), "sections/0/heading", &texts[..]),
        ("/v1/articles", json!({"title": "A", "sections": [{}]}), "sections/0/anchor", &anchors[..]),
        ("/v1/topics", json!({}), "name", &texts[..]),
        ("/v1/authors", json!({}), "name", &texts[..]),
        ("/v1/authors", json!({"name": "A"}), "website_url", &urls[..]),
        ("/v1/subscribers", json!({}), "email", &emails[..]),
        ("/v1/subscribers", json!({"email": "a@b.example"}), "name", &texts[..]),
        ("/v1/subscribers", json!({"email": "a@b.example"}), "locale", &languages[..]),
        ("/v1/subscribers", json!({"email": "a@b.example"}), "ip", &ips[..]),
        ("/v1/subscribers", json!({"email": "a@b.example"}), "consent_text", &texts[..]),
        (
            "/v1/suppressions",
            json!({"email": "a@b.example"}),
            "reason",
            &["bounced", "complained", "unsubscribed", "erased", "bored"][..],
        ),
    ] {
        let operation = contract::operation(&reqwest::Method::POST, path).expect("an operation");
        let schema = &operation.value["requestBody"]["content"]["application/json"]["schema"];
        for value in values {
            let mut sent = body.clone();
            let place = format!("/{field}");
            let (above, last) = place.rsplit_once('/').expect("a place");
            if above == "/aliases" {
                sent["aliases"] = json!([value]);
            } else {
                sent.pointer_mut(above).expect("a parent")[last] = json!(value);
            }
            let response = client.post(path).json(sent.clone()).await;
            let is_refused = response.status() == 422;
            // Reserved paths and names that are taken are beyond a schema.
            let codes = if is_refused { response.violations() } else { Vec::new() };
            if codes.iter().all(|code| code.ends_with("-reserved")) && is_refused {
                continue;
            }
            assert_eq!(is_valid(schema, &sent), !is_refused, "{path} {field} {value:?}: {codes:?}");
        }
    }
}

#[tokio::test]
async fn conditions_of_requests_are_those_of_the_server() {
    let server = Server::start().await;
    let client = server.login(Role::Editor).await;
    let operation = contract::operation(&reqwest::Method::POST, "/v1/articles").expect("an operation");
    let schema = &operation.value["requestBody"]["content"]["application/json"]["schema"];
    let markdown = "# A";
    for body in [
        json!({}),
        json!({"title": null}),
        json!({"title": "A"}),
        json!({"markdown": markdown}),
        json!({"html": "<h1>A</h1>"}),
        json!({"title": null, "markdown": markdown}),
        json!({"markdown": markdown, "html": "<h1>A</h1>"}),
        json!({"markdown": markdown, "sections": []}),
        json!({"markdown": markdown, "intro": "A"}),
        json!({"markdown": markdown, "intro": null}),
        json!({"html": "<h1>A</h1>", "intro": "A"}),
        json!({"title": "A", "intro": "A", "sections": []}),
        json!({"title": "A", "markdown": null}),
        json!({"title": "A", "cover": {}}),
        json!({"title": "A", "cover": null}),
        json!({"title": "A", "cover": {"url": "/a"}}),
        json!({"title": "A", "unheard_of": 1}),
        json!({"title": "A", "cover": {"url": "/a", "unheard_of": 1}}),
        json!({"title": "A", "sections": [{"unheard_of": 1}]}),
    ] {
        let response = client.post("/v1/articles").json(body.clone()).await;
        assert_eq!(is_valid(schema, &body), response.status() == 201, "{body}: {}", response.json());
    }
}
