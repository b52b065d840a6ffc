//! Hits as lists: filtered, paged, and refused where a query cannot be understood.

use std::collections::BTreeSet;

use lede::auth::Role;
use serde_json::{Value, json};

use super::{found, hits, pages};
use crate::given::milliseconds;
use crate::publication::{FILTERED, publication};
use crate::server::Server;
use crate::writing::published;

#[tokio::test]
async fn hits_are_filtered_like_lists() {
    let server = Server::start().await;
    let reader = publication(&server).await;
    for (query, wanted) in FILTERED {
        assert_eq!(found(&reader, &format!("q=tide&{query}")).await, *wanted, "{query}");
    }
}

#[tokio::test]
async fn a_query_that_cannot_be_understood_is_refused() {
    let server = Server::start().await;
    let reader = server.client();
    let long = format!("q={}", "a".repeat(201));
    let many = format!("q={}", (0..33).map(|n| n.to_string()).collect::<Vec<_>>().join("+"));
    for (query, refusal) in [
        ("", "q parameter-missing"),
        ("q=", "q query-empty"),
        ("q=%22+-+%22", "q query-empty"),
        (&long, "q query-too-long"),
        (&many, "q query-too-many-words"),
        ("q=a%00b", "q parameter-malformed"),
        ("q=a&q=b", "q parameter-repeated"),
        ("q=a&limit=101", "limit number-out-of-bounds"),
        ("q=a&include_total=true", "include_total parameter-unknown"),
        ("q=a&sort=title", "sort parameter-unknown"),
        ("q=a&cursor=x", "cursor cursor-invalid"),
        ("q=a&topic=", "topic list-malformed"),
    ] {
        let response = reader.get(format!("/v1/search?{query}")).await;
        response.problem(400, "request-malformed");
        assert_eq!(response.violations(), [refusal], "{query}");
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
        let response = reader.get(format!("/v1/search?{other}&cursor={cursor}")).await;
        response.problem(400, "request-malformed");
    }
    assert_eq!(found(&reader, &format!("q=Tide&cursor={cursor}&limit=1")).await, all[7]);
}
