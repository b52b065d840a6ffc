//! Cursors that nobody gave out: whatever is sent in their place is refused, and nothing breaks.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use lede::auth::Role;
use reqwest::Client as Http;
use serde_json::json;

use crate::client::Client;
use crate::contract;
use crate::server::Server;
use crate::writing::{at, published};

/// How many are sent in all.
const MUTATIONS: usize = 10_000;

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
        4 => text = vec![b'A'; 1 + numbers.below(3900)],
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
fn lists(article: &str) -> Vec<String> {
    let mut lists: Vec<String> = Vec::new();
    for operation in contract::operations() {
        let parameters = operation.value["parameters"].as_array();
        let takes = |name: &str| parameters.into_iter().flatten().any(|parameter| parameter["name"] == name);
        if operation.method != "get" || !takes("cursor") {
            continue;
        }
        let path = operation.path.replace("{article}", article);
        let orders: &[&str] = match operation.id {
            "list_articles" => {
                &["", "&sort=title", "&sort=-updated_at,title", "&topic=sea", "&locale=en&sort=published_at"]
            }
            "list_topics" | "list_authors" => &["", "&sort=-name", "&sort=created_at"],
            "list_drafts" => &["", "&sort=title", "&sort=created_at"],
            "list_subscribers" => &["", "&sort=created_at"],
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
        if number == 59 {
            let edit =
                editor.patch(at(&draft, "/draft")).header("if-match", "*").json(json!({"intro": "New."}));
            crate::writing::publish(editor, &edit.await.expect(200)).await;
            return crate::writing::id(&draft);
        }
    }
    unreachable!("sixty are made")
}

#[tokio::test]
async fn ten_thousand_cursors_that_nobody_gave_out_are_refused() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let article = filled(&editor).await;
    for n in 0..3 {
        server
            .client()
            .post("/v1/subscribers")
            .json(json!({"email": format!("r{n}@reader.example")}))
            .await
            .is(202);
    }
    let mut cursors = Vec::new();
    for list in lists(&article) {
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
        let answer = call.bearer_auth(&token).send().await.expect("an answer");
        match answer.status().as_u16() {
            400 => refused += 1,
            200 if mutated == *cursor => right += 1,
            status => panic!("{list} {mutated}: {status} {}", answer.text().await.unwrap_or_default()),
        }
    }
    println!("{refused} were refused, {right} were what had been given out");
    assert!(refused > MUTATIONS * 9 / 10);
}
