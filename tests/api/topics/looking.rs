//! How they are read: one by one, and in lists.

use lede::auth::Role;
use serde_json::json;

use super::{BOTH, carry, make, names, path};
use crate::given::seconds;
use crate::server::Server;

#[tokio::test]
async fn what_was_made_can_be_read_by_id_and_by_slug() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for resource in BOTH {
        let made = editor.post(format!("/v1/{resource}")).json(json!({"name": " Sea & Shore "})).await;
        let body = made.expect(201);
        assert_eq!(made.location(), path(&body, resource));
        assert_eq!((&body["name"], &body["slug"]), (&json!("Sea & Shore"), &json!("sea-shore")));
        for key in [body["id"].as_str().expect("an id"), "sea-shore"] {
            let read = reader.get(format!("/v1/{resource}/{key}")).await.expect(200);
            assert_eq!(read["id"], body["id"]);
            assert!(read.get("user_id").is_none() && read.get("article_count").is_none(), "{read}");
        }
        for nobody in ["lake", "Sea-Shore", "019b8d00-0000-7000-8000-000000000000", "a%00b"] {
            reader.get(format!("/v1/{resource}/{nobody}")).await.problem(404, "not-found");
        }
    }
}

#[tokio::test]
async fn a_list_is_paged_in_any_order_without_loss_or_repetition() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for resource in BOTH {
        for name in ["Delta", "Bay", "Bay", "Estuary", "Atoll"] {
            make(&editor, resource, name).await;
            server.clock.advance(seconds(1));
        }
        for (sort, wanted) in [
            ("name", "Atoll Bay Bay Delta Estuary"),
            ("-name", "Estuary Delta Bay Bay Atoll"),
            ("created_at", "Delta Bay Bay Estuary Atoll"),
            ("-created_at", "Atoll Estuary Bay Bay Delta"),
        ] {
            let mut next = Some(format!("/v1/{resource}?sort={sort}&limit=2&include_total=true"));
            let mut read = Vec::new();
            while let Some(path) = next {
                let page = reader.get(&path).await;
                let body = page.expect(200);
                assert_eq!(body["total"], 5);
                read.extend(body["items"].as_array().expect("items").clone());
                next = page.header("link").map(|link| {
                    let link = link.strip_suffix(">; rel=\"next\"").and_then(|link| link.strip_prefix('<'));
                    link.expect("a link").to_owned()
                });
                assert_eq!(next.is_some(), !body["next_cursor"].is_null());
            }
            let told: Vec<&str> = read.iter().map(|item| item["name"].as_str().expect("a name")).collect();
            assert_eq!(told.join(" "), wanted, "{resource} by {sort}");
            let ids: std::collections::HashSet<&str> =
                read.iter().map(|item| item["id"].as_str().expect("an id")).collect();
            assert_eq!(ids.len(), 5);
        }
        let first = reader.get(format!("/v1/{resource}?limit=1")).await.expect(200);
        let cursor = first["next_cursor"].as_str().expect("a cursor");
        make(&editor, resource, &"🌊".repeat(200)).await;
        make(&editor, resource, &"🌊".repeat(200)).await;
        let long = reader.get(format!("/v1/{resource}?limit=6")).await.expect(200);
        let long = format!("/v1/{resource}?cursor={}", long["next_cursor"].as_str().expect("a cursor"));
        assert_eq!(names(&reader, &long).await, ["🌊".repeat(200)]);
        let other = format!("/v1/{resource}?sort=-name&cursor={cursor}");
        assert_eq!(reader.get(other).await.violations(), ["cursor cursor-invalid"]);
    }
}

#[tokio::test]
async fn parameters_are_read_strictly() {
    let server = Server::start().await;
    let reader = server.client();
    for resource in BOTH {
        for (query, violation) in [
            ("limit=0", "limit number-out-of-bounds"),
            ("limit=101", "limit number-out-of-bounds"),
            ("limit=1&limit=2", "limit parameter-repeated"),
            ("sort=size", "sort sort-unknown"),
            ("sort=name,created_at", "sort sort-unknown"),
            ("fields=name,merged_into", "fields field-unknown"),
            ("fields=", "fields list-malformed"),
            ("cursor=x", "cursor cursor-invalid"),
            ("colour=red", "colour parameter-unknown"),
            ("include_total=1", "include_total boolean-malformed"),
        ] {
            let refused = reader.get(format!("/v1/{resource}?{query}")).await;
            refused.problem(400, "request-malformed");
            assert_eq!(refused.violations(), [violation], "{query}");
        }
        let with_key = reader.get(format!("/v1/{resource}")).once("k").await;
        assert_eq!(with_key.violations(), ["Idempotency-Key parameter-unknown"]);
        reader.put(format!("/v1/{resource}")).await.problem(405, "method-not-allowed");
    }
}

#[tokio::test]
async fn fields_choose_members_and_name_derived_ones() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for (at, resource) in (1..).zip(BOTH) {
        let sea = make(&editor, resource, "Sea").await;
        make(&editor, resource, "Void").await;
        carry(&server, at, &json!(editor.user()), &[&sea]);
        let list = reader.get(format!("/v1/{resource}?fields=article_count,name&fields=slug")).await;
        assert!(list.text().contains(r#"{"slug":"sea","name":"Sea","article_count":1}"#), "{}", list.text());
        assert!(
            list.text().contains(r#"{"slug":"void","name":"Void","article_count":0}"#),
            "{}",
            list.text()
        );
        let one = reader.get(format!("/v1/{resource}/sea?fields=article_count")).await;
        assert_eq!(one.text(), r#"{"article_count":1}"#);
    }
}

#[tokio::test]
async fn a_reader_who_has_the_bytes_is_not_sent_them_again() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for resource in BOTH {
        make(&editor, resource, "Sea").await;
        for at in [format!("/v1/{resource}"), format!("/v1/{resource}/sea")] {
            let read = reader.get(&at).await;
            let cached = Some("public, max-age=0, s-maxage=60, stale-if-error=86400");
            assert_eq!(read.header("cache-control"), cached);
            let again = reader.get(&at).header("if-none-match", read.etag()).await;
            again.is(304);
            assert_eq!((again.etag(), again.header("cache-control")), (read.etag(), cached));
            editor.patch(format!("/v1/{resource}/sea")).json(json!({"name": at})).await.expect(200);
            let fresh = reader.get(&at).header("if-none-match", read.etag()).await;
            fresh.is(200);
            assert_ne!(fresh.etag(), read.etag());
        }
    }
}
