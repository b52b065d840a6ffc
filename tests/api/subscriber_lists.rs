//! Lists of subscribers, and the numbers of each day.

use lede::auth::Role;
use serde_json::json;

use crate::consents::{ADA, path, sign_up, subscribe};
use crate::given::{days, minutes};
use crate::server::Server;

#[tokio::test]
async fn editors_find_subscribers_page_by_page() {
    let server = Server::start().await;
    for (number, name) in ["cy", "ann", "bo_b", "dee", "boxb"].into_iter().enumerate() {
        server.clock.advance(minutes(number as u64));
        let body = json!({"email": format!("{name}@reader.example"), "name": name.to_uppercase()});
        server.client().post("/v1/subscribers").json(body).await.is(202);
    }
    let editor = server.login(Role::Editor).await;
    for (query, wanted) in [
        ("limit=2", "boxb dee bo_b ann cy"),
        ("limit=2&sort=created_at", "cy ann bo_b dee boxb"),
        ("limit=2&sort=email", "ann bo_b boxb cy dee"),
        ("limit=2&sort=-email", "dee cy boxb bo_b ann"),
        ("q=bo_b", "bo_b"),
        ("q=BO&sort=email", "bo_b boxb"),
        ("q=%25", ""),
        ("status=pending,confirmed&limit=4&sort=email", "ann bo_b boxb cy dee"),
        ("status=bounced", ""),
        ("updated_at_gte=2026-01-05T09:05:00Z", "boxb dee"),
    ] {
        let (mut found, mut next) = (Vec::new(), Some(format!("/v1/subscribers?{query}")));
        while let Some(path) = next.take() {
            let response = editor.get(path).await;
            for item in response.expect(200)["items"].as_array().expect("items") {
                found.push(item["email"].as_str().expect("an address").replace("@reader.example", ""));
            }
            next = response.header("link").map(|link| link[1..link.find('>').expect("a link")].to_owned());
        }
        assert_eq!(found.join(" "), wanted, "{query}");
    }
    let first = editor.get("/v1/subscribers?limit=1").await.expect(200);
    let foreign = [("sort", "email"), ("cursor", first["next_cursor"].as_str().expect("a cursor"))];
    assert_eq!(
        editor.get("/v1/subscribers").query(&foreign).await.is(400).violations(),
        ["cursor cursor-invalid"]
    );
    for wrong in ["sort=name", "sort=email,created_at", "status=gone", "fields=password", "limit=101"] {
        editor.get(format!("/v1/subscribers?{wrong}")).await.is(400);
    }
}

#[tokio::test]
async fn topics_labels_and_sources_are_filtered_by() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for (name, followable) in [("Sea", true), ("Sky", true), ("Land", false)] {
        let topic = json!({"name": name, "followable": followable});
        assert_eq!(editor.post("/v1/topics").json(topic).await.expect(201)["followable"], followable);
    }
    for (who, topics, source) in [("ann", "sea", "footer"), ("bo", "sky land", "popup"), ("cy", "", "footer")]
    {
        server.clock.advance(minutes(1));
        let topics: Vec<&str> = topics.split_whitespace().collect();
        let body = json!({"email": format!("{who}@reader.example"), "topics": topics, "source": source});
        server.client().post("/v1/subscribers").json(body).await.is(202);
    }
    let ann = path(&editor, "ann@").await;
    server.clock.advance(minutes(1));
    editor.patch(&ann).json(json!({"labels": ["patron", "Berlin"]})).await.is(200);
    for (query, wanted) in [
        ("topic=sea,sky", "ann bo"),
        ("topic=land", ""),
        ("topic=sky&source=popup", "bo"),
        ("source=footer", "ann cy"),
        ("label=patron,nobody", "ann"),
        ("label=patron&topic=sky", ""),
        ("sort=-updated_at&limit=2", "ann cy bo"),
    ] {
        let mut found = Vec::new();
        let mut next = Some(format!("/v1/subscribers?sort=created_at&{query}"));
        if query.contains("sort=") {
            next = Some(format!("/v1/subscribers?{query}"));
        }
        while let Some(path) = next.take() {
            let response = editor.get(path).await;
            for item in response.expect(200)["items"].as_array().expect("items") {
                found.push(item["email"].as_str().expect("an address").replace("@reader.example", ""));
            }
            next = response.header("link").map(|link| link[1..link.find('>').expect("a link")].to_owned());
        }
        assert_eq!(found.join(" "), wanted, "{query}");
    }
    let kept = editor.get(&ann).await.expect(200);
    assert_eq!((&kept["topics"], &kept["labels"]), (&json!(["sea"]), &json!(["Berlin", "patron"])));
    // Whoever followed a topic follows what it goes up in.
    editor.post("/v1/topics/sea/merge").json(json!({"into": "sky"})).await.is(200);
    assert_eq!(editor.get(&ann).await.expect(200)["topics"], json!(["sky"]));
    let unknown = json!({"email": ADA, "topics": ["No such"]});
    let refused = server.client().post("/v1/subscribers").json(unknown).await;
    assert_eq!(refused.is(422).violations().len(), 1);
}

#[tokio::test]
async fn the_numbers_tell_what_happened_each_day_and_forget_nothing() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    subscribe(&server, ADA).await;
    let leave = subscribe(&server, "bo@reader.example").await;
    server.clock.advance(days(1));
    server.client().post(&leave).await.is(200);
    admin.delete(path(&admin, ADA).await).await.is(204);
    sign_up(&server, "cy@reader.example").await;
    server.run_jobs().await;
    let stats = admin.get("/v1/subscribers/stats?days=3").await.expect(200);
    assert_eq!(stats["statuses"]["pending"], 1);
    assert_eq!(stats["statuses"]["unsubscribed"], 1);
    assert_eq!(stats["statuses"]["confirmed"], 0);
    let told: Vec<String> = stats["days"]
        .as_array()
        .expect("days")
        .iter()
        .map(|day| {
            let numbers =
                ["signed_up", "confirmed", "unsubscribed", "erased"].map(|name| day[name].to_string());
            format!("{} {}", day["date"].as_str().expect("a date"), numbers.join(" "))
        })
        .collect();
    assert_eq!(told, ["2026-01-04 0 0 0 0", "2026-01-05 2 2 0 0", "2026-01-06 1 0 1 1"]);
}
