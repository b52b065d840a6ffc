//! Hits as lists: filtered, paged, and refused where a query cannot be understood.

use std::collections::BTreeSet;

use lede::auth::Role;
use serde_json::{Value, json};

use super::{found, hits, pages};
use crate::client::Client;
use crate::given::{hours, milliseconds};
use crate::server::Server;
use crate::writing::{create, published};

/// Articles `a` to `f`, published an hour apart, with labels that differ.
async fn shelf(server: &Server) -> Client {
    let editor = server.login(Role::Editor).await;
    for (title, more) in [
        ("a", json!({"topics": ["sea"], "authors": ["ada"], "featured": true})),
        ("b", json!({"topics": ["sea", "land"], "authors": ["bob"]})),
        ("c", json!({"topics": ["land"], "authors": ["ada", "bob"]})),
        ("d", json!({"locale": "de-AT"})),
        ("e", json!({"published_at": "2020-01-01T00:00:00.5Z"})),
        ("f", json!({"published_at": "2020-01-01T00:00:00.5Z"})),
        ("g", json!({"published_at": "1848-03-01T00:00:00Z"})),
        ("h", json!({"listed": false, "topics": ["sea"]})),
    ] {
        let mut body = json!({"title": title, "slug": title, "intro": "The same tide."});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        published(&editor, body).await;
        server.clock.advance(hours(1));
    }
    create(&editor, json!({"title": "draft", "topics": ["sea"], "intro": "The same tide."})).await;
    server.client()
}

#[tokio::test]
async fn hits_are_filtered_like_lists() {
    let server = Server::start().await;
    let reader = shelf(&server).await;
    for (query, wanted) in [
        ("", "d c b a f e g"),
        ("topic=sea", "b a"),
        ("topic=sea,land", "c b a"),
        ("topic_all=sea,land", "b"),
        ("topic=sea&topic_all=land", "b"),
        ("topic=nothing", ""),
        ("topic=sea,nothing", "b a"),
        ("topic_all=sea,nothing", ""),
        ("author=ada", "c a"),
        ("author=ada,bob", "c b a"),
        ("author=nobody", ""),
        ("author=ada&topic=sea", "a"),
        ("locale=de_at", "d"),
        ("locale=de", ""),
        ("locale=de-AT,en&topic=land", "c b"),
        ("featured=true", "a"),
        ("featured=false&locale=en", "c b f e g"),
        ("published_at_gte=2026-01-05T10:00:00Z", "d c b"),
        ("published_at_gt=2026-01-05T10:00:00Z", "d c"),
        ("published_at_lte=2026-01-05T10:00:00Z", "b a f e g"),
        ("published_at_lt=2026-01-05T11:00:00%2B01:00", "a f e g"),
        ("published_at_gte=2020-01-01T00:00:00.5Z&published_at_lte=2020-01-01T00:00:00.5Z", "f e"),
        ("published_at_gt=2020-01-01T00:00:00.5Z&published_at_lt=2026-01-05T09:00:00.000001Z", "a"),
        ("published_at_lt=2020-01-01T00:00:00.5Z", "g"),
        ("published_at_gte=2020-01-01T00:00:00.500001Z", "d c b a"),
        ("published_at_gte=0001-01-01T00:00:00Z&published_at_lte=9999-01-01T00:00:00Z", "d c b a f e g"),
        ("limit=2", "d c"),
    ] {
        assert_eq!(found(&reader, &format!("q=tide&{query}")).await, wanted, "{query}");
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_understood_is_refused() {
    let server = Server::start().await;
    let reader = server.client();
    let long = format!("q={}", "a".repeat(201));
    let many = format!("q={}", (0..33).map(|n| n.to_string()).collect::<Vec<_>>().join("+"));
    for (query, refusal) in [
        ("", "q missing-parameter"),
        ("q=", "q no-words"),
        ("q=%22+-+%22", "q no-words"),
        (&long, "q too-long"),
        (&many, "q too-many-words"),
        ("q=a%00b", "q malformed-parameter"),
        ("q=a&q=b", "q repeated-parameter"),
        ("q=a&limit=101", "limit out-of-bounds"),
        ("q=a&include_total=true", "include_total unknown-parameter"),
        ("q=a&sort=title", "sort unknown-parameter"),
        ("q=a&cursor=x", "cursor foreign-cursor"),
        ("q=a&topic=", "topic malformed-list"),
    ] {
        let answer = reader.get(format!("/v1/search?{query}")).await;
        answer.problem(400, "malformed-request");
        assert_eq!(answer.violations(), [refusal], "{query}");
    }
}

#[tokio::test]
async fn few_hits_are_paged_by_rank_and_many_by_where_the_words_stand() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for n in 0..5 {
        let sections: Vec<Value> = (0..12)
            .map(|s| {
                let heading = if s == 3 { "A tide".to_owned() } else { format!("Part {s}") };
                json!({"heading": heading, "body": format!("{} and rarely{}.", "The tide. ".repeat(s + 1), n % 2)})
            })
            .collect();
        let title = if n == 1 { "Tide by tide".to_owned() } else { format!("Article {n}") };
        published(&editor, json!({"title": title, "slug": format!("n{n}"), "sections": sections})).await;
        if n > 1 {
            server.clock.advance(milliseconds(400));
        }
    }
    let reader = server.client();
    let (all, few) = (pages(&reader, "q=tide&limit=7").await, pages(&reader, "q=tide+rarely0&limit=7").await);
    let flat = |pages: &[String]| pages.join(" ").split(' ').map(str::to_owned).collect::<Vec<_>>();
    let (all, few) = (flat(&all), flat(&few));
    assert_eq!(all.len(), 61, "{all:?}");
    assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), 61, "{all:?}");
    let top =
        ["n1", "n4#a-tide", "n3#a-tide", "n2#a-tide", "n1#a-tide", "n0#a-tide", "n4#part-0", "n4#part-1"];
    assert_eq!(all[..8], top);
    assert_eq!(all[60], "n0#part-11");
    assert_eq!(few.len(), 36);
    assert_eq!(few.iter().collect::<BTreeSet<_>>().len(), 36, "{few:?}");
    assert_eq!(few[..4], ["n4#a-tide", "n2#a-tide", "n0#a-tide", "n4#part-11"]);
    let one_page = reader.get("/v1/search?q=tide&limit=100").await.expect(200);
    assert_eq!(flat(&[hits(&one_page)]), all);
    let scores = one_page["items"].as_array().unwrap().iter().map(|hit| hit["score"].as_f64().unwrap());
    assert!(scores.is_sorted_by(|a, b| a >= b));
    let cursor =
        reader.get("/v1/search?q=tide&limit=7").await.json()["next_cursor"].as_str().unwrap().to_owned();
    for other in ["q=tides", "q=tide&featured=false"] {
        let answer = reader.get(format!("/v1/search?{other}&cursor={cursor}")).await;
        answer.problem(400, "malformed-request");
    }
    assert_eq!(found(&reader, &format!("q=Tide&cursor={cursor}&limit=1")).await, all[7]);
}
