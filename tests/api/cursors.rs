//! Cursors that nobody gave out: whatever is sent in their place is refused, and nothing breaks.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use lede::articles::draft_list::DraftFilter;
use lede::auth::Role;
use lede::base::http::page;
use lede::base::http::query::read;
use lede::editions::list::EditionFilter;
use lede::editions::order::EditionOrder;
use lede::subscribers::list::{Sort, SubscriberFilter};
use lede::terms::Order;
use lede::users::list::UserFilter;
use reqwest::Client as Http;
use serde_json::{Value, json};

use crate::client::Client;
use crate::contract;
use crate::server::Server;
use crate::writing::{at, published};

/// How many are sent in all.
const MUTATIONS: usize = 1_500;

/// Numbers that look random and are the same each time.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).expect("31 bits")
    }

    fn below(&mut self, bound: usize) -> usize {
        self.next() % bound.max(1)
    }
}

/// Something like a cursor, made of a real one and another list's.
fn mutate(cursor: &str, other: &str, numbers: &mut Numbers) -> String {
    let mut text = cursor.as_bytes().to_vec();
    let mut plain = BASE64_URL_SAFE_NO_PAD.decode(cursor).expect("a cursor");
    let at = numbers.below(plain.len());
    match numbers.below(12) {
        0 => return other.to_owned(),
        1 => text.truncate(numbers.below(text.len())),
        2 => {
            let at = numbers.below(text.len());
            text[at] = b"-_AZaz09=+/%"[numbers.below(12)];
        }
        3 => text.extend_from_slice(&text.clone()),
        4 => text = vec![b'A'; 1 + numbers.below(8000)],
        5 => plain[at] ^= 1 << numbers.below(8),
        6 => plain[at] = b"0123456789\"{}[],:-.en\\ \0"[numbers.below(24)],
        7 => {
            plain.remove(at);
        }
        8 => {
            let values =
                ["null", "-1", "1e999", "99999999999999999999", "[]", "{}", "\"\\u0000\"", "true", "NaN"];
            let value = values[numbers.below(values.len())];
            plain.splice(at..at, value.bytes());
        }
        9 => plain = "[".repeat(1 + numbers.below(2000)).into_bytes(),
        10 => {
            let end = (at + numbers.below(8)).min(plain.len());
            plain.drain(at..end);
        }
        _ => {
            let json = String::from_utf8_lossy(&plain).into_owned();
            let digits: String = (0..numbers.below(25)).map(|_| numbers.below(10).to_string()).collect();
            let place = json.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
            plain = format!("{}{digits}{}", &json[..place], &json[place..]).into_bytes();
        }
    }
    if text == cursor.as_bytes() {
        BASE64_URL_SAFE_NO_PAD.encode(plain)
    } else {
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// Every list, in several orders and filters, with pages of one item.
fn lists(article: &str, import: &str, webhook: &str) -> Vec<String> {
    let mut lists: Vec<String> = Vec::new();
    for operation in contract::operations() {
        if operation.method != "get" || !operation.takes("cursor") || !operation.takes("limit") {
            continue;
        }
        let path = operation
            .path
            .replace("{article}", article)
            .replace("{webhook}", webhook)
            .replace("/subscriber-imports/{id}", &format!("/subscriber-imports/{import}"));
        let orders: &[&str] = match operation.id {
            "list_articles" => {
                &["", "&sort=title", "&sort=-updated_at,title", "&topic=sea", "&locale=en&sort=published_at"]
            }
            "list_topics" | "list_authors" => &["", "&sort=-name", "&sort=created_at"],
            "list_drafts" => &["", "&sort=title", "&sort=created_at"],
            "list_subscribers" => &["", "&sort=created_at", "&sort=-updated_at", "&sort=email"],
            "search_articles" => &["&q=tide", "&q=common"],
            _ => &[""],
        };
        lists.extend(orders.iter().map(|order| format!("{path}?limit=1{order}")));
    }
    lists
}

async fn filled(editor: &Client) -> String {
    for number in 0..60 {
        let body = json!({"title": format!("Tide {number}"), "slug": format!("tide-{number}"), "topics": ["sea", format!("t-{number}")],
            "authors": ["ada", format!("a-{number}")], "intro": "A common tide.", "aliases": [format!("/old/{number}")]});
        let draft = published(editor, body).await;
        let schedule = editor.put(at(&draft, "/schedule"));
        schedule.json(json!({"unpublish_at": "2030-01-01T00:00:00Z"})).await.is(200);
        if number == 59 {
            let edit =
                editor.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"intro": "New."}));
            let draft = crate::writing::publish(editor, &edit.await.expect(200)).await;
            for text in ["Why?", "Where?"] {
                crate::reviews::say(editor, &draft, "requested", json!({"message": text})).await.is(201);
                editor.post(at(&draft, "/notes")).json(json!({"text": text})).await.is(201);
            }
            return crate::writing::id(&draft);
        }
    }
    unreachable!("sixty are made")
}

#[tokio::test]
async fn cursors_that_nobody_gave_out_are_refused() {
    let server = Server::start().await;
    let editor = server.login(Role::Admin).await;
    server.login(Role::Author).await;
    let article = filled(&editor).await;
    for n in 0..3 {
        server
            .client()
            .post("/v1/subscribers")
            .json(json!({"email": format!("r{n}@reader.example")}))
            .await
            .is(202);
        let bounced = json!({"email": format!("b{n}@reader.example"), "reason": "bounced"});
        editor.post("/v1/suppressions").json(bounced).await.is(200);
    }
    let (mut import, mut webhook) = (String::new(), String::new());
    for _ in 0..2 {
        let hook = json!({"url": "https://hooks.website.example", "events": ["topic.*"]});
        webhook = crate::writing::id(&editor.post("/v1/webhooks").json(hook).await.expect(201));
        crate::given::api_key(&editor, &["articles:read"]).await;
        let list = "email\nnobody\nnowhere\n";
        let sent = editor.post("/v1/subscriber-imports?dry_run=true").body("text/csv", list).await;
        import = crate::writing::id(&sent.expect(202));
    }
    server.run_jobs().await;
    server.client().post("/v1/subscribers").json(json!({"email": "x@reader.example"})).await.is(202);
    server.client().post("/v1/subscribers").json(json!({"email": "y@reader.example"})).await.is(202);
    for _ in 0..2 {
        server.client().with_token("none").get("/v1/me").await.is(401);
    }
    server.store_refusals().await;
    for name in ["Neaps", "Springs"] {
        editor.post("/v1/topics").json(json!({"name": name})).await.is(201);
    }
    server.run_webhooks().await;
    let mut cursors = Vec::new();
    for list in lists(&article, &import, &webhook) {
        let cursor = editor.get(&list).await.expect(200)["next_cursor"].as_str().map(str::to_owned);
        cursors.push((list.clone(), cursor.unwrap_or_else(|| panic!("{list} has one page"))));
    }
    assert!(cursors.len() >= 20, "{cursors:#?}");
    let http = Http::builder().no_proxy().build().expect("a client");
    let token = editor.token().expect("a token");
    let mut numbers = Numbers(7);
    let (mut refused, mut right) = (0, 0);
    for _ in 0..MUTATIONS {
        let (list, cursor) = &cursors[numbers.below(cursors.len())];
        let (_, other) = &cursors[numbers.below(cursors.len())];
        let mutated = mutate(cursor, other, &mut numbers);
        let encoded: String = url::form_urlencoded::byte_serialize(mutated.as_bytes()).collect();
        let call = http.get(format!("{}{list}&cursor={encoded}", server.address()));
        let response = call.bearer_auth(&token).send().await.expect("a response");
        match response.status().as_u16() {
            400 => {
                let problem: Value = response.json().await.expect("a problem");
                let names = (&problem["code"], &problem["errors"][0]["parameter"]);
                assert_eq!(names, (&json!("request-malformed"), &json!("cursor")), "{list} {mutated}");
                refused += 1;
            }
            200 if mutated == *cursor => right += 1,
            status => panic!("{list} {mutated}: {status} {}", response.text().await.unwrap_or_default()),
        }
    }
    println!("{refused} were refused, {right} were what had been given out");
    assert!(refused > MUTATIONS * 9 / 10);
}

/// Places that no item has, made of one that an item has: every value in it replaced by something.
fn places(at: &Value) -> Vec<Value> {
    let long = "é".repeat(700);
    let values = [
        json!(null),
        json!(true),
        json!(0),
        json!(-1),
        json!(i64::MIN),
        json!(i64::MAX),
        json!(u64::MAX),
        json!(1.5),
        json!(1e300),
        json!(""),
        json!("\u{10ffff}"),
        json!(long),
        json!("NaN"),
        json!([]),
        json!({}),
        json!([[[]]]),
        json!("-009999-01-02T01:59:59Z"),
        json!("9999-12-30T22:00:00.999999999Z"),
        json!("00000000-0000-0000-0000-000000000000"),
        json!("ffffffff-ffff-ffff-ffff-ffffffffffff"),
        json!({"Moment": i64::MIN}),
        json!({"Text": "\u{0}"}),
    ];
    let mut places = values.to_vec();
    match at {
        Value::Array(items) => {
            places.push(items.iter().chain(items).cloned().collect());
            for (n, item) in items.iter().enumerate() {
                places.extend(places_in(item).map(|place| {
                    let mut items = items.clone();
                    items[n] = place;
                    Value::Array(items)
                }));
            }
        }
        Value::Object(members) => {
            for (name, member) in members {
                places.extend(places_in(member).map(|place| json!({name: place})));
            }
        }
        _ => {}
    }
    places
}

fn places_in(at: &Value) -> impl Iterator<Item = Value> + use<> {
    places(at).into_iter()
}

/// What tells a list from others is no secret: whoever reads the code can give any place a cursor.
#[tokio::test]
async fn a_place_that_somebody_made_up_breaks_nothing() {
    let server = Server::start().await;
    let editor = server.login(Role::Admin).await;
    server.login(Role::Author).await;
    let article = filled(&editor).await;
    for n in 0..3 {
        let body = json!({"email": format!("r{n}@reader.example")});
        server.client().post("/v1/subscribers").json(body).await.is(202);
    }
    let id = article.parse::<uuid::Uuid>().expect("an id");
    let id = <lede::base::ids::ArticleId as lede::base::ids::IsId>::from_uuid(id);
    let of_articles =
        |query: &str| format!("{:?}", read::<(EditionFilter, EditionOrder)>(query).expect("a query"));
    let of_drafts = |query: &str| format!("{:?}", read::<DraftFilter>(query).expect("a query"));
    let newest = SubscriberFilter { descending: true, ..SubscriberFilter::default() };
    let by_email = SubscriberFilter { sort: Sort::Email, ..SubscriberFilter::default() };
    let users = UserFilter { by_email: true, ..UserFilter::default() };
    let lists = [
        ("/v1/articles", "", of_articles("")),
        ("/v1/articles", "sort=title", of_articles("sort=title")),
        ("/v1/articles", "sort=-updated_at,title", of_articles("sort=-updated_at,title")),
        ("/v1/articles", "topic=sea", of_articles("topic=sea")),
        ("/v1/drafts", "", of_drafts("")),
        ("/v1/drafts", "sort=title", of_drafts("sort=title")),
        ("/v1/topics", "", format!("{:?}", ("topic", Order::NameAscending))),
        ("/v1/authors", "sort=-created_at", format!("{:?}", ("author", Order::NewestFirst))),
        ("/v1/subscribers", "", format!("{newest:?}")),
        ("/v1/subscribers", "sort=email", format!("{by_email:?}")),
        ("/v1/users", "", format!("{:?}", ("users", users))),
        ("/v1/jobs", "", format!("{:?}", ("jobs", lede::operations::JobFilter::default()))),
        ("/v1/changes", "", format!("{:?}", "changes")),
        ("/v1/schedule", "", format!("{:?}", ("schedule", lede::schedules::list::ScheduleFilter::default()))),
        (&*format!("{}/reviews", at(&json!({"id": article}), "")), "", format!("{:?}", ("reviews", id))),
        (
            &*format!("{}/notes", at(&json!({"id": article}), "")),
            "",
            format!("{:?}", ("notes", id, None::<bool>)),
        ),
        (&*format!("{}/revisions", at(&json!({"id": article}), "")), "", format!("{:?}", ("revisions", id))),
    ];
    let mut followed = 0;
    for (path, query, list) in lists {
        let ask = async |cursor: &str| {
            editor.get(format!("{path}?limit=1&{query}")).query(&[("cursor", cursor)]).await
        };
        let page = editor.get(format!("{path}?limit=1&{query}")).await.expect(200);
        let real = page["next_cursor"].as_str().unwrap_or_else(|| panic!("{path} has one page"));
        let place: Value =
            serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(real).expect("base64")).expect("JSON");
        let forge = |place: &Value| page::cursor(place, &format_args!("{list}")).expect("a cursor");
        assert_eq!(forge(&place["at"]), real, "{path}?{query}");
        for place in places(&place["at"]) {
            let response = ask(&forge(&place)).await;
            match response.status() {
                200 => followed += 1,
                _ => _ = response.problem(400, "request-malformed"),
            }
        }
    }
    assert!(followed > 50, "{followed} were places");
}
