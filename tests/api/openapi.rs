//! The contract's document: it is the one that is committed, its examples are real, and it is whole.
//!
//! After a change of the API, this writes `openapi/examples.json` and `openapi/openapi.json` anew:
//!
//! ```text
//! LEDE_WRITE=1 cargo test --test api openapi
//! ```

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use lede::server::openapi;
use serde_json::{Map, Value};

use crate::contract::{self, API, DOCUMENT};
use crate::schemas::{Strictness, assert_valid};
use crate::server::Server;
use crate::test_database::setting;
use crate::tour;

#[tokio::test]
async fn the_committed_document_and_examples_are_what_the_server_says_and_answers() {
    let mut examples = serde_json::to_string_pretty(&Box::pin(tour::record()).await).expect("JSON");
    examples.push('\n');
    let document = openapi::generate(&examples).expect("a document");
    let older = openapi::convert_to_3_0(&document).expect("a document");
    for (name, text) in
        [("examples.json", &examples), ("openapi.json", &document), ("openapi-3.0.json", &older)]
    {
        let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi").join(name);
        if setting("LEDE_WRITE").is_some() {
            std::fs::write(&path, text).expect("the file is written");
        }
        assert_same(&path, text);
    }
}

#[track_caller]
fn assert_same(path: &PathBuf, wanted: &str) {
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let line = committed.lines().zip(wanted.lines()).position(|(a, b)| a != b);
    let line = line.unwrap_or_else(|| committed.lines().count().min(wanted.lines().count()));
    assert!(
        committed == wanted,
        "{} is not up to date; the first difference is in line {}:\n- {}\n+ {}\nLEDE_WRITE=1 cargo test --test api openapi",
        path.display(),
        line + 1,
        committed.lines().nth(line).unwrap_or_default(),
        wanted.lines().nth(line).unwrap_or_default(),
    );
}

#[tokio::test]
async fn the_server_serves_the_document_and_knows_who_has_it() {
    if setting("LEDE_WRITE").is_some() {
        // The server contains the document that was there when it was compiled.
        return;
    }
    let server = Server::start().await;
    let answer = server.client().get("/openapi.json").await;
    assert_eq!(answer.expect(200), *API);
    let again = server.client().get("/openapi.json").header("if-none-match", answer.etag()).await;
    assert_eq!(again.is(304).etag(), answer.etag());
    let weak = format!("\"other\", W/{}", answer.etag());
    server.client().get("/openapi.json").header("if-none-match", &weak).await.is(304);
    server.client().get("/openapi.json").header("if-none-match", "\"other\"").await.is(200);
}

#[test]
fn the_list_says_what_the_handlers_documentation_says() {
    for endpoint in lede::server::routes::endpoints() {
        let (methods, path) = (endpoint.documented_at)();
        assert_eq!(path, endpoint.path);
        assert_eq!(serde_json::to_value(methods).expect("JSON"), serde_json::json!([endpoint.method]));
    }
}

#[test]
fn malformed_examples_make_no_document() {
    assert!(openapi::generate("{\"list_articles\":").is_err());
}

#[test]
fn every_reference_leads_somewhere_and_every_component_is_used() {
    let mut used = BTreeSet::new();
    visit(&API, "", &mut |_, value| {
        if let Some(reference) = value.get("$ref").and_then(Value::as_str) {
            assert!(API.pointer(reference.trim_start_matches('#')).is_some(), "{reference}");
            used.insert(reference.to_owned());
        }
    });
    let kinds = API["components"].as_object().expect("components");
    for (kind, components) in kinds.iter().filter(|(kind, _)| *kind != "securitySchemes") {
        for name in components.as_object().expect("components").keys() {
            assert!(used.contains(&format!("#/components/{kind}/{name}")), "the {kind} {name} is not used");
        }
    }
}

#[test]
fn pages_for_people_are_no_part_of_the_document() {
    let paths = API["paths"].as_object().expect("paths");
    let pages: Vec<_> = paths.keys().filter(|path| path.starts_with("/subscribe")).collect();
    assert!(pages.is_empty(), "{pages:?}");
    visit(&API, "", &mut |place, value| {
        let is_media =
            place.ends_with("/content") && value.get("application/x-www-form-urlencoded").is_some();
        assert!(!is_media, "{place} is a form");
    });
}

#[test]
fn names_are_those_that_generators_can_use() {
    // Keywords of languages that clients are written in, and names that these or their libraries have already.
    const TAKEN: &[&str] =
        &["import", "type", "class", "default", "package", "from", "in", "for", "enum", "func"];
    const GENERIC: &[&str] = &[
        "Body", "Change", "Cover", "Data", "Date", "Day", "Item", "Items", "Kind", "Label", "List", "Locale",
        "Object", "Option", "Owner", "Page", "Request", "Response", "Result", "Role", "Row", "State",
        "Status", "Time", "Value", "Warning",
    ];
    for name in API["components"]["schemas"].as_object().expect("schemas").keys() {
        assert!(!GENERIC.contains(&name.as_str()), "the schema {name} says nothing of what it is of");
    }
    for operation in contract::operations() {
        for parameter in operation.parameters() {
            let name = parameter["name"].as_str().expect("a name");
            assert!(parameter["in"] != "path" || !TAKEN.contains(&name), "{}: {{{name}}}", operation.path);
        }
        let verb = operation.id.split('_').next().unwrap_or_default();
        if operation.method == "delete" {
            assert_eq!(verb, "delete", "{}", operation.id);
        }
        assert!(!["add", "erase", "fetch", "make", "remove", "trash"].contains(&verb), "{}", operation.id);
    }
}

#[test]
fn texts_are_not_of_the_code() {
    visit(&API, "", &mut |place, value| {
        let is_text = place.ends_with("/description") || place.ends_with("/summary");
        if let Some(text) = value.as_str().filter(|_| is_text && !place.contains("/example/")) {
            assert!(!text.contains("[`") && !text.contains("::"), "{place}: {text}");
        }
        if place.ends_with("/content") {
            for media in value.as_object().into_iter().flat_map(|content| content.keys()) {
                assert!(!media.contains(';'), "{place}: {media} has parameters");
            }
        }
    });
}

#[test]
fn enums_that_may_grow_say_so() {
    for (name, schema) in API["components"]["schemas"].as_object().expect("schemas") {
        let text = schema["description"].as_str().unwrap_or_default();
        let is_input = ["Input", "Create", "Update", "SuppressReason", "LogoutScope"]
            .iter()
            .any(|part| name.contains(part));
        if schema.get("enum").is_some() && !is_input {
            assert!(text.contains("Further values may be added."), "{name}: {text}");
        }
    }
}

/// Generators take a property with a default for one that is always there, in requests, too.
#[test]
fn properties_that_may_be_left_out_have_no_default() {
    for (name, schema) in API["components"]["schemas"].as_object().expect("schemas") {
        for (property, value) in schema["properties"].as_object().into_iter().flatten() {
            assert!(value.get("default").is_none(), "{name}/{property}");
        }
    }
}

#[test]
fn recorded_times_have_six_digits_of_the_second() {
    let examples: Value = serde_json::from_str(include_str!("../../openapi/examples.json")).expect("JSON");
    let mut seen = 0;
    visit(&examples, "", &mut |place, value| {
        let Some(text) = value.as_str().filter(|_| place.contains("/responses/")) else { return };
        for (at, _) in
            text.match_indices('Z').filter(|(at, _)| text[..*at].ends_with(|c: char| c.is_ascii_digit()))
        {
            let begin = text[..at].rfind('T').map_or(0, |t| t.saturating_sub(10));
            if lede::base::clock::Timestamp::parse(&text[begin..=at]).is_some() {
                seen += 1;
                assert_eq!(
                    at + 1 - begin,
                    "2026-01-05T09:00:00.000000Z".len(),
                    "{place}: {}",
                    &text[begin..=at]
                );
            }
        }
    });
    assert!(seen > 100, "{seen}");
}

#[test]
fn every_operation_is_described() {
    let tags: Vec<&str> =
        DOCUMENT["tags"].as_array().expect("tags").iter().filter_map(|tag| tag["name"].as_str()).collect();
    let mut ids = BTreeSet::new();
    for operation in contract::operations() {
        let (id, value) = (operation.id, operation.value);
        assert!(ids.insert(id), "{id} comes twice");
        let summary = value["summary"].as_str().unwrap_or_default();
        assert!((3..=60).contains(&summary.chars().count()), "{id}: the summary is {summary:?}");
        assert!(
            value["description"].as_str().is_some_and(|text| text.len() >= 10),
            "{id} has no description"
        );
        let [tag] = value["tags"].as_array().expect("tags").as_slice() else {
            panic!("{id} has not one tag")
        };
        assert!(tags.contains(&tag.as_str().unwrap_or_default()), "{id}: {tag} is not a tag");
        assert!(
            value["security"].as_array().is_some_and(|all| !all.is_empty()),
            "{id} says nothing of tokens"
        );
        for parameter in operation.parameters() {
            assert!(
                parameter["description"].as_str().is_some_and(|text| text.len() >= 5),
                "{id}: {parameter}"
            );
        }
    }
}

#[test]
fn every_string_number_and_array_has_bounds() {
    let mut without = Vec::new();
    visit(&DOCUMENT["components"]["schemas"], "schemas", &mut |place, value| {
        bounds(place, value, &mut without);
    });
    for operation in contract::operations() {
        for parameter in operation.parameters() {
            let schema = &parameter["schema"];
            let place = format!("{}/{}", operation.id, parameter["name"].as_str().unwrap_or_default());
            visit(schema, &place, &mut |place, value| bounds(place, value, &mut without));
        }
    }
    assert!(without.is_empty(), "without bounds:\n{}", without.join("\n"));
}

fn bounds(place: &str, value: &Value, without: &mut Vec<String>) {
    // Conditions are about fields whose schemas stand beside them.
    let is_no_schema = ["/example", "/if/", "/then/", "/else/"].iter().any(|part| place.contains(part));
    let Some(kind) = value.get("type").filter(|_| !is_no_schema) else { return };
    let is = |name: &str| {
        kind == name || kind.as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == name))
    };
    let has = |name: &str| value.get(name).is_some();
    let is_bounded = (!is("string") || has("maxLength") || has("enum") || has("const"))
        && (!is("array") || has("maxItems"))
        && (!(is("integer") || is("number")) || (has("maximum") && has("minimum")));
    if !is_bounded {
        without.push(format!("{place}: {kind}"));
    }
}

#[tokio::test]
async fn every_operation_has_a_recorded_example_that_is_valid() {
    let examples = Box::pin(tour::record()).await;
    let document = openapi::generate_with_pages(&examples.to_string()).expect("a document");
    let document: &'static Value = Box::leak(document.into());
    for operation in contract::operations() {
        let recorded = examples[operation.id]["responses"].as_object();
        let succeeded = recorded.is_some_and(|all| all.keys().any(|status| status.starts_with(['2', '3'])));
        assert!(succeeded, "tests/api/tour.rs does not call {} with success", operation.id);
        let value = &document["paths"][operation.path][operation.method];
        if let Some(body) = value.get("requestBody") {
            check_examples(&format!("{} request", operation.id), &contract::resolve(body)["content"]);
        }
        for (status, response) in value["responses"].as_object().expect("responses") {
            check_examples(&format!("{} {status}", operation.id), &contract::resolve(response)["content"]);
        }
    }
}

fn check_examples(told: &str, content: &'static Value) {
    for (media, content) in content.as_object().into_iter().flatten() {
        let named = content.get("examples").and_then(Value::as_object).into_iter().flat_map(Map::values);
        let examples: Vec<&Value> =
            content.get("example").into_iter().chain(named.map(|example| &example["value"])).collect();
        assert!(!examples.is_empty(), "{told}: {media} has no example");
        for example in examples.into_iter().filter(|_| media.ends_with("json")) {
            assert_valid(&content["schema"], Strictness::Open, example, &format!("{told} {media}"));
        }
    }
}

/// Shows every value below `value` to `look`, and where it is.
fn visit(value: &Value, place: &str, look: &mut impl FnMut(&str, &Value)) {
    look(place, value);
    match value {
        Value::Object(members) => {
            members.iter().for_each(|(key, value)| visit(value, &format!("{place}/{key}"), look));
        }
        Value::Array(items) => items.iter().for_each(|value| visit(value, place, look)),
        _ => {}
    }
}

#[test]
fn every_type_of_event_is_among_the_webhooks_with_a_recorded_example() {
    let webhooks = API["webhooks"].as_object().expect("webhooks");
    for kind in lede::base::events::public_types().chain(["batch", "webhook.test"]) {
        let media = &webhooks[kind]["post"]["requestBody"]["content"]["application/json"];
        assert_eq!(media["example"]["type"], kind);
        assert_valid(&media["schema"], Strictness::Closed, &media["example"], kind);
    }
}
