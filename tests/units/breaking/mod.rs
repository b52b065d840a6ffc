//! The gate against breaking changes: compares the document with that of the last release, and demands that the
//! changelog names what breaks clients. A release copies `openapi/openapi.json` to `openapi/released.json`.

use serde_json::{Value, json};

use comparison::compare;

mod comparison;

const RELEASED: &str = include_str!("../../../openapi/released.json");
const CURRENT: &str = include_str!("../../../openapi/openapi.json");
const CHANGELOG: &str = include_str!("../../../CHANGELOG.md");

#[test]
fn breaking_changes_since_the_last_release_stand_in_the_changelog() {
    let parse = |text| serde_json::from_str::<Value>(text).expect("JSON");
    let broken = compare(&parse(RELEASED), &parse(CURRENT));
    let breaking = breaking_notes(CHANGELOG);
    let unnamed: Vec<&String> = broken.iter().filter(|change| !is_named(change, breaking)).collect();
    assert!(
        unnamed.is_empty(),
        "these break clients; CHANGELOG.md has to name each operation and field in a note under \"### Breaking\":\n{}",
        unnamed.iter().map(|change| format!("- {change}")).collect::<Vec<_>>().join("\n"),
    );
}

/// What the changelog says under "Breaking" of what is not released yet.
fn breaking_notes(changelog: &str) -> &str {
    let unreleased = changelog.split("\n## Unreleased").nth(1).unwrap_or_default();
    let unreleased = unreleased.split("\n## ").next().unwrap_or_default();
    unreleased
        .split("\n### Breaking")
        .nth(1)
        .map_or("", |notes| notes.split("\n### ").next().unwrap_or_default())
}

/// Whether one of the notes names the operation that a change begins with, and the field or parameter, if it is about
/// one.
fn is_named(change: &str, notes: &str) -> bool {
    let (place, _) = change.split_once(": ").unwrap_or((change, ""));
    let (operation, place) = place.split_once(' ').unwrap_or((place, ""));
    let field =
        place.rsplit('/').find(|part| part.starts_with(|c: char| c.is_ascii_alphabetic() && c != '('));
    notes.split("\n- ").any(|note| {
        let has =
            |name: &str| note.split(|c: char| !c.is_alphanumeric() && c != '_').any(|word| word == name);
        has(operation) && field.is_none_or(|field| field == "body" || has(field))
    })
}

/// What breaks when the current document is changed like this.
fn changed(change: impl FnOnce(&mut Value)) -> Vec<String> {
    let before: Value = serde_json::from_str(CURRENT).expect("JSON");
    let mut after = before.clone();
    change(&mut after);
    assert_ne!(before, after, "the change changes nothing");
    compare(&before, &after).into_iter().collect()
}

fn at<'a>(document: &'a mut Value, pointer: &str) -> &'a mut Value {
    document.pointer_mut(pointer).unwrap_or_else(|| panic!("nothing is at {pointer}"))
}

fn remove(document: &mut Value, pointer: &str, name: &str) {
    at(document, pointer).as_object_mut().expect("an object").remove(name).expect("a member");
}

const SCHEMAS: &str = "/components/schemas";

#[test]
fn what_is_removed_breaks() {
    let gone = changed(|document| remove(document, "/paths/~1v1~1topics", "post"));
    assert_eq!(gone, ["create_topic: post /v1/topics is removed"]);
    let gone = changed(|document| remove(document, &format!("{SCHEMAS}/HealthStatus/properties"), "status"));
    assert!(gone.contains(&"get_liveness 200/status: the field is removed".to_owned()), "{gone:?}");
    let gone = changed(|document| remove(document, "/paths/~1v1~1topics/post/responses", "201"));
    assert_eq!(gone, ["create_topic 201: the response is removed"]);
    let gone = changed(|document| {
        let parameters =
            at(document, "/paths/~1v1~1search/get/parameters").as_array_mut().expect("parameters");
        parameters.retain(|parameter| parameter["name"] != "q");
    });
    assert_eq!(gone, ["search_articles q: the parameter is removed"]);
    let renamed =
        changed(|document| *at(document, "/paths/~1v1~1topics/post/operationId") = "make_topic".into());
    assert_eq!(renamed, ["create_topic: renamed to \"make_topic\""]);
}

#[test]
fn what_is_narrowed_breaks() {
    let name = format!("{SCHEMAS}/CreateTopic/properties/name");
    let narrowed = changed(|document| at(document, &name)["maxLength"] = 10.into());
    assert_eq!(narrowed, ["create_topic body/name: maxLength is 10"]);
    let narrowed = changed(|document| at(document, &name)["pattern"] = "^a".into());
    assert_eq!(narrowed, ["create_topic body/name: pattern is narrower"]);
    let narrowed = changed(|document| at(document, &name)["type"] = "integer".into());
    assert_eq!(narrowed, ["create_topic body/name: takes only {\"integer\"}"]);
    let widened = changed(|document| {
        at(document, &format!("{SCHEMAS}/HealthStatus/properties/status"))["type"] =
            json!(["string", "null"]);
    });
    assert!(
        widened.iter().any(|change| change.starts_with("get_liveness 200/status: may be")),
        "{widened:?}"
    );
}

#[test]
fn what_is_newly_required_breaks() {
    let required = changed(|document| {
        at(document, &format!("{SCHEMAS}/CreateTopic"))["required"] = json!(["name", "slug"]);
    });
    assert_eq!(required, ["create_topic body/slug: the field is required"]);
    let required = changed(|document| {
        let parameters = at(document, "/paths/~1v1~1me/get");
        parameters["parameters"] =
            json!([{"in": "query", "name": "as", "required": true, "schema": {"type": "string"}}]);
    });
    assert_eq!(required, ["get_me as: the parameter is new and required"]);
    let optional =
        changed(|document| at(document, &format!("{SCHEMAS}/HealthStatus"))["required"] = json!([]));
    assert!(
        optional.contains(&"get_liveness 200/status: the field may be missing".to_owned()),
        "{optional:?}"
    );
}

#[test]
fn what_is_added_does_not_break() {
    let added = changed(|document| {
        let topic = at(document, &format!("{SCHEMAS}/Topic"));
        topic["properties"]["colour"] = json!({"type": "string"});
        let create = at(document, &format!("{SCHEMAS}/CreateTopic/properties"));
        create["colour"] = json!({"type": "string"});
        at(document, &format!("{SCHEMAS}/CreateTopic/properties/name"))["maxLength"] = 100_000.into();
        at(document, &format!("{SCHEMAS}/UserRole/enum"))
            .as_array_mut()
            .expect("values")
            .push("owner".into());
        at(document, "/paths")["/v1/colours"] = json!({"get": {"operationId": "list_colours"}});
    });
    assert_eq!(added, [""; 0]);
}

#[test]
fn the_changelog_names_the_operation_and_the_field() {
    let notes = breaking_notes(
        "# Changelog\n\n## Unreleased\n\n### Breaking\n\n- `create_topic` needs a `slug`,\n  always.\n- `get_site` is gone.\n\n\
         ### Added\n\n- `get_me`\n\n## 0.1.0\n\n### Breaking\n\n- `get_job`\n",
    );
    for named in [
        "create_topic body/slug: the field is required",
        "get_site: get /v1/site is removed",
        "get_site 200: the response is removed",
    ] {
        assert!(is_named(named, notes), "{named}");
    }
    for unnamed in [
        "create_topic body/name: maxLength is 10",
        "get_me: is removed",
        "get_job: is removed",
        "get_site q: the parameter is removed",
    ] {
        assert!(!is_named(unnamed, notes), "{unnamed}");
    }
}
