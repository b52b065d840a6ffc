//! The sections of a draft: added, changed, moved, removed, replaced as a whole.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::server::Server;
use crate::writing::{ARTICLES, at, create, flat, id, publish, section, shape, tides, version};

#[tokio::test]
async fn a_section_is_added_where_the_caller_says() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let (tides, ebb, flow) =
        (id(&section(&draft, "Tides")), id(&section(&draft, "Ebb")), id(&section(&draft, "Flow")));
    for (place, becomes) in [
        (json!({}), "Tides(Ebb Flow) Harbours N1"),
        (json!({"before": tides}), "N2 Tides(Ebb Flow) Harbours N1"),
        (json!({"after": tides}), "N2 Tides(Ebb Flow) N3 Harbours N1"),
        (json!({"parent_id": tides}), "N2 Tides(Ebb Flow N4) N3 Harbours N1"),
        (json!({"parent_id": tides, "before": flow}), "N2 Tides(Ebb N5 Flow N4) N3 Harbours N1"),
        (json!({"parent_id": ebb}), "N2 Tides(Ebb(N6) N5 Flow N4) N3 Harbours N1"),
    ] {
        let mut body = place;
        let number = becomes.matches('N').count();
        body["heading"] = json!(format!("N{number}"));
        let response = editor.post(at(&draft, "/draft/sections")).json(&body).await;
        let added = response.expect(201);
        assert_eq!(response.location(), at(&draft, &format!("/draft/sections/{}", id(&added["section"]))));
        assert_eq!(
            (response.version(), &added["version"]),
            (i64::try_from(number).unwrap() + 1, &json!(1 + number))
        );
        assert_eq!(added["section"]["revision"], added["version"]);
        assert_eq!(shape(&editor.get(at(&draft, "/draft")).await.expect(200)["sections"]), becomes);
    }
}

#[tokio::test]
async fn a_section_without_place_or_beside_one_elsewhere_is_refused() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (draft, other) = (tides(&editor).await, tides(&editor).await);
    let (ebb, foreign) = (id(&section(&draft, "Ebb")), id(&section(&other, "Ebb")));
    for (body, refusal) in [
        (json!({"parent_id": foreign}), "/parent_id section-unknown"),
        (json!({"before": foreign}), "/before section-unknown"),
        (json!({"before": ebb, "parent_id": null, "after": ebb}), "/after place-ambiguous"),
        (json!({"body": "# x", "heading": " "}), "/heading heading-empty, /body heading-in-body"),
        (json!({"sections": [{"id": ebb}]}), "/sections/0/id section-unknown"),
        (
            json!({"parent_id": foreign, "heading": " ", "sections": [{"id": ebb}]}),
            "/heading heading-empty, /sections/0/id section-unknown, /parent_id section-unknown",
        ),
    ] {
        let response = editor.post(at(&draft, "/draft/sections")).json(body).await;
        response.problem(422, "invalid");
        assert_eq!(response.violations().join(", "), refusal);
    }
    let body = json!({"sections": [{"id": foreign, "heading": " "}, {"id": ebb, "body": "# x"}]});
    let response = editor.put(at(&draft, "/draft/sections")).if_match(1).json(body).await;
    response.problem(422, "invalid");
    let told = [
        "/sections/0/heading heading-empty",
        "/sections/1/body heading-in-body",
        "/sections/0/id section-unknown",
    ];
    assert_eq!(response.violations(), told);
    let body = json!({"heading": " ", "parent_id": foreign, "custom": {"a": "x".repeat(66_000)}});
    let response = editor.patch(at(&draft, &format!("/draft/sections/{ebb}"))).if_match(1).json(body).await;
    response.problem(422, "invalid");
    let told = ["/heading heading-empty", "/custom custom-too-long", "/parent_id section-unknown"];
    assert_eq!(response.violations(), told);
    assert_eq!(version(&editor.get(at(&draft, "/draft")).await.expect(200)), 1);
}

#[tokio::test]
async fn an_added_section_brings_what_is_below_it() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let body = json!({"heading": "Ebb", "sections": [{"heading": "Neap"}, {"heading": "Neap"}]});
    let added = editor.post(at(&draft, "/draft/sections")).json(body).await.expect(201);
    let anchors: Vec<Value> =
        flat(&json!([added["section"]])).iter().map(|section| section["anchor"].clone()).collect();
    assert_eq!(anchors, ["ebb-2", "neap", "neap-2"]);
}

#[tokio::test]
async fn a_section_is_read_by_id_or_anchor() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (draft, other) = (tides(&editor).await, create(&editor, json!({"title": "Other"})).await);
    let ebb = section(&draft, "Ebb");
    for name in [id(&ebb), "ebb".to_owned()] {
        let response = editor.get(at(&draft, &format!("/draft/sections/{name}"))).await;
        assert_eq!(response.expect(200), ebb);
        assert_eq!(response.version(), 1);
        editor.get(at(&other, &format!("/draft/sections/{name}"))).await.problem(404, "not-found");
        let patch = editor.patch(at(&other, &format!("/draft/sections/{name}"))).if_match(1);
        patch.json(json!({"body": "Mine."})).await.problem(404, "not-found");
        editor
            .delete(at(&other, &format!("/draft/sections/{name}")))
            .if_match(1)
            .await
            .problem(404, "not-found");
    }
    editor.get(at(&draft, "/draft/sections/nothing")).await.problem(404, "not-found");
    let all = editor.get(at(&draft, "/draft/sections")).await;
    assert_eq!(all.expect(200)["items"], draft["sections"]);
}

#[tokio::test]
async fn a_change_leaves_alone_what_it_does_not_name() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let body = json!({"title": "T", "sections": [{"heading": "Ebb", "body": "Away.", "custom": {"a": 1, "b": {"c": 2, "d": 3}}}]});
    let draft = create(&editor, body).await;
    let path = at(&draft, "/draft/sections/ebb");
    let written = editor.patch(&path).if_match(1).json(json!({"body": "Gone."})).await.expect(200);
    let ebb = &written["section"];
    assert_eq!(
        (&ebb["heading"], &ebb["body"], &ebb["revision"]),
        (&json!("Ebb"), &json!("Gone."), &json!(2))
    );
    assert_eq!(ebb["custom"], json!({"a": 1, "b": {"c": 2, "d": 3}}));
    // A merge patch (RFC 7396) goes into objects, and null takes members out.
    let patch = json!({"custom": {"a": null, "b": {"c": 4}, "e": 5}});
    let written = editor.patch(&path).if_match(2).json(patch).await.expect(200);
    assert_eq!(written["section"]["custom"], json!({"b": {"c": 4, "d": 3}, "e": 5}));
    let written = editor
        .patch(&path)
        .if_match(3)
        .json(json!({"custom": null, "body": null, "heading": null}))
        .await
        .expect(200);
    let ebb = &written["section"];
    assert_eq!((&ebb["custom"], &ebb["body"], &ebb["heading"]), (&json!({}), &json!(""), &Value::Null));
    // Nothing changed, nothing written.
    let same = editor.patch(&path).if_match(4).json(json!({"body": ""})).await;
    assert_eq!((same.is(200).version(), &same.json()["section"]["revision"]), (4, &json!(4)));
}

#[tokio::test]
async fn an_anchor_is_made_once_and_then_kept() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let path = at(&draft, &format!("/draft/sections/{}", id(&section(&draft, "Ebb"))));
    let mut seen = 1;
    for (change, anchor) in [
        (json!({"heading": "Low water"}), json!("ebb")),
        (json!({"heading": null}), json!("ebb")),
        (json!({"anchor": "mine"}), json!("mine")),
        (json!({"heading": "Low *water*", "anchor": null}), json!("low-water")),
        (json!({"heading": "Flow", "anchor": null}), json!("flow-2")),
    ] {
        let response = editor.patch(&path).if_match(seen).json(&change).await;
        assert_eq!(response.expect(200)["section"]["anchor"], anchor, "{change}");
        seen = response.version();
    }
    let taken = editor.patch(&path).if_match(seen).json(json!({"anchor": "harbours"})).await;
    taken.problem(422, "invalid");
    assert_eq!(taken.violations(), ["/anchor anchor-taken"]);
}

#[tokio::test]
async fn a_section_is_moved_with_what_is_below_it() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let of = |heading: &str| id(&section(&draft, heading));
    let mut seen = 1;
    for (moved, place, becomes) in [
        ("Flow", json!({"before": of("Ebb")}), "Tides(Flow Ebb) Harbours"),
        ("Flow", json!({"parent_id": null}), "Tides(Ebb) Harbours Flow"),
        ("Tides", json!({"after": of("Harbours")}), "Harbours Tides(Ebb) Flow"),
        ("Flow", json!({"parent_id": of("Ebb")}), "Harbours Tides(Ebb(Flow))"),
        ("Tides", json!({"parent_id": of("Harbours")}), "Harbours(Tides(Ebb(Flow)))"),
        ("Ebb", json!({"before": of("Harbours")}), "Ebb(Flow) Harbours(Tides)"),
    ] {
        let path = at(&draft, &format!("/draft/sections/{}", of(moved)));
        let response = editor.patch(path).if_match(seen).json(&place).await;
        response.is(200);
        seen = response.version();
        assert_eq!(
            shape(&editor.get(at(&draft, "/draft")).await.expect(200)["sections"]),
            becomes,
            "{moved} {place}"
        );
    }
    for (moved, place, refusal) in [
        ("Ebb", json!({"parent_id": of("Flow")}), "/parent_id section-inside-itself"),
        ("Ebb", json!({"parent_id": of("Ebb")}), "/parent_id section-inside-itself"),
        ("Ebb", json!({"parent_id": null, "before": of("Tides")}), "/before section-unknown"),
        ("Ebb", json!({"before": of("Tides"), "after": of("Tides")}), "/after place-ambiguous"),
    ] {
        let path = at(&draft, &format!("/draft/sections/{}", of(moved)));
        let response = editor.patch(path).if_match(seen).json(place).await;
        response.problem(422, "invalid");
        assert_eq!(response.violations(), [refusal]);
    }
}

#[tokio::test]
async fn sections_are_at_most_five_deep_however_they_get_there() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let four = json!({"heading": "1", "sections": [{"heading": "2", "sections": [{"heading": "3", "sections": [{"heading": "4"}]}]}]});
    let draft = create(
        &editor,
        json!({"title": "T", "sections": [four, {"heading": "A", "sections": [{"heading": "B"}]}]}),
    )
    .await;
    let path = at(&draft, &format!("/draft/sections/{}", id(&section(&draft, "A"))));
    let moved = editor.patch(&path).if_match(1).json(json!({"parent_id": id(&section(&draft, "4"))})).await;
    moved.problem(422, "invalid");
    assert_eq!(moved.violations(), ["/parent_id sections-too-deep"]);
    editor.patch(path).if_match(1).json(json!({"parent_id": id(&section(&draft, "3"))})).await.is(200);
    let added = editor
        .post(at(&draft, "/draft/sections"))
        .json(json!({"parent_id": id(&section(&draft, "B"))}))
        .await;
    added.problem(422, "invalid");
    assert_eq!(added.violations(), ["/parent_id sections-too-deep"]);
}

#[tokio::test]
async fn a_removed_section_goes_with_what_is_below_it() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let response = editor.delete(at(&draft, "/draft/sections/tides")).if_match(1).await;
    assert_eq!(response.is(204).version(), 2);
    assert_eq!(shape(&editor.get(at(&draft, "/draft")).await.expect(200)["sections"]), "Harbours");
    editor
        .get(at(&draft, &format!("/draft/sections/{}", id(&section(&draft, "Ebb")))))
        .await
        .problem(404, "not-found");
}

#[tokio::test]
async fn a_new_tree_keeps_known_sections_makes_new_ones_and_removes_the_rest() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let (ebb, flow) = (section(&draft, "Ebb"), section(&draft, "Flow"));
    // Flow comes out of the parent that goes, and Ebb's anchor stays though its heading changes.
    let tree = json!({"sections": [{"id": id(&flow), "heading": "Flow", "body": "Back.", "sections": [
        {"heading": "New"}, {"id": id(&ebb), "heading": "Low water", "body": "Away."}]}]});
    let response = editor.put(at(&draft, "/draft/sections")).if_match(1).json(tree).await;
    let after = response.expect(200);
    assert_eq!((shape(&after["sections"]), response.version()), ("Flow(New Low water)".to_owned(), 2));
    let low = section(&after, "Low water");
    assert_eq!((id(&low), &low["anchor"]), (id(&ebb), &json!("ebb")));
    assert_eq!(editor.get(at(&draft, "/draft")).await.expect(200), after);
    // What has gone is foreign from now on, and so is what another article has.
    let other = tides(&editor).await;
    for foreign in [id(&section(&draft, "Harbours")), id(&section(&other, "Ebb"))] {
        let response = editor
            .put(at(&draft, "/draft/sections"))
            .if_match(2)
            .json(json!({"sections": [{"id": foreign}]}))
            .await;
        response.problem(422, "invalid");
        assert_eq!(response.violations(), ["/sections/0/id section-unknown"]);
    }
    let twice = json!({"sections": [{"id": id(&ebb)}, {"id": id(&ebb)}]});
    let response = editor.put(at(&draft, "/draft/sections")).if_match(2).json(twice).await;
    response.problem(422, "invalid");
    assert!(
        response.violations().contains(&"/sections section-repeated".to_owned()),
        "{:?}",
        response.violations()
    );
    // The same tree again is no change.
    let same =
        json!({"sections": after["sections"].as_array().unwrap().iter().map(as_input).collect::<Vec<_>>()});
    assert_eq!(editor.put(at(&draft, "/draft/sections")).if_match(2).json(same).await.is(200).version(), 2);
}

/// A section as it was answered, without what only answers have.
fn as_input(section: &Value) -> Value {
    let mut input = section.clone();
    input.as_object_mut().unwrap().remove("revision");
    input["sections"] = section["sections"].as_array().unwrap().iter().map(as_input).collect();
    input
}

#[tokio::test]
async fn what_sanitising_takes_out_is_told_to_the_writer() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let draft = tides(&editor).await;
    let body = json!({"heading": "Raw", "body": "<script>x()</script> <b onclick=\"y()\">bold</b>"});
    let added = editor.post(at(&draft, "/draft/sections")).json(body).await.expect(201);
    let codes: Vec<&Value> =
        added["warnings"].as_array().unwrap().iter().map(|warning| &warning["code"]).collect();
    assert_eq!(codes, ["element-removed", "attribute-removed"]);
    assert_eq!(editor.get(at(&draft, "/draft")).await.expect(200)["warnings"], json!([]));
}

#[tokio::test]
async fn text_that_makes_too_much_html_is_refused_before_it_is_rendered() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    // Each row has one cell, and the table fills up 300 of them.
    let wide = |rows: usize| format!("{}\n{}\n{}", "|a".repeat(300), "|-".repeat(300), "a\n".repeat(rows));
    let too_large = |answer: &Value| {
        assert_eq!(answer["errors"][0]["code"], "rendering-too-large", "{answer:#}");
    };
    for body in [
        json!({"title": "Wide", "intro": wide(1000)}),
        json!({"title": "Wide", "sections": [{"body": wide(400)}, {"body": wide(400)}]}),
        json!({"title": "Wide", "markdown": wide(1000)}),
    ] {
        too_large(&editor.post(ARTICLES).json(&body).await.expect(422));
    }
    let draft = create(&editor, json!({"title": "Wide", "sections": [{"body": wide(400)}]})).await;
    let more = json!({"body": wide(400)});
    too_large(&editor.post(at(&draft, "/draft/sections")).json(&more).await.expect(422));
    editor.post(at(&draft, "/draft/sections")).json(json!({"body": "a"})).await.expect(201);
    let now = editor.get(at(&draft, "/draft")).await.expect(200);
    let second = id(&now["sections"][1]);
    let change = editor.patch(at(&draft, &format!("/draft/sections/{second}")));
    too_large(&change.if_match(2).json(&more).await.expect(422));
    publish(&editor, &now).await;
}
