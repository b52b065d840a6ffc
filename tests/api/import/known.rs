//! What becomes of people who are known here: what is missing is filled in, and nobody who left is brought back.

use lede::auth::Role;
use serde_json::json;

use super::{ADA, counts, done, everybody, imported, lines, report, send, subscribe, told};
use crate::given::{link, mail_to};
use crate::server::Server;

#[tokio::test]
async fn nobody_who_left_is_brought_back() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let leave = subscribe(&server, "left@reader.example").await;
    server.client().post(&leave).await.is(200);
    subscribe(&server, "erased@reader.example").await;
    let erased = everybody(&server).await.remove("erased@reader.example").expect("a subscriber");
    admin.delete(format!("/v1/subscribers/{}", erased["id"].as_str().unwrap())).await.is(204);
    let reported = json!({"email": "spam@reader.example", "reason": "complained"});
    admin.post("/v1/suppressions").json(reported).await.is(200);
    subscribe(&server, "back@reader.example").await;
    let before = everybody(&server).await;
    let import = imported(
        &server,
        "email,name,labels\nleft@reader.example,L,x\nLEFT@reader.example,L,x\nerased@reader.example,E,x\n\
         spam@reader.example,S,x\n",
    )
    .await;
    assert_eq!(counts(&import), [0, 0, 0, 4, 0]);
    let reasons = [
        "2 suppressed unsubscribed",
        "3 suppressed unsubscribed",
        "4 suppressed erased",
        "5 suppressed complained",
    ];
    assert_eq!(report(&server, &import, "").await, reasons);
    assert_eq!(everybody(&server).await, before);
    // That somebody left who was erased makes nobody of them either.
    let import = imported(&server, "email,status\nerased@reader.example,unsubscribed\n").await;
    assert_eq!(counts(&import), [0, 0, 0, 1, 0]);
    assert_eq!(everybody(&server).await, before);
}

#[tokio::test]
async fn who_waits_to_confirm_here_is_confirmed_by_a_file_and_asked_no_more() {
    let server = Server::start().await;
    server.client().post("/v1/subscribers").json(json!({"email": ADA, "name": "Ada"})).await.is(202);
    let confirm = link(&mail_to(&server, ADA).await, "confirm");
    let import = imported(&server, "email,name,confirmed_at\nAda@Reader.example,Augusta,2020-02-02\n").await;
    assert_eq!(counts(&import), [0, 1, 0, 0, 0]);
    let ada = everybody(&server).await.remove(ADA).expect("Ada");
    assert_eq!((&ada["status"], &ada["name"]), (&json!("confirmed"), &json!("Ada")));
    assert_eq!(ada["confirmed_at"], "2020-02-02T00:00:00.000000Z");
    server.client().post(&confirm).await.is(200);
    assert_eq!(told(&server).await["subscriber.imported"], 1);
    assert!(!told(&server).await.contains_key("subscriber.confirmed"));
}

#[tokio::test]
async fn a_file_ends_the_mail_of_those_who_left_there_unless_they_have_confirmed_here_since() {
    let server = Server::start().await;
    subscribe(&server, "before@reader.example").await;
    subscribe(&server, "since@reader.example").await;
    subscribe(&server, "spam@reader.example").await;
    subscribe(&server, "unclear@reader.example").await;
    let import = imported(
        &server,
        "email,status,unsubscribed_at,opt-out date\nbefore@reader.example,unsubscribed,,\n\
         since@reader.example,unsubscribed,2025-12-31,\nspam@reader.example,complained,,\n\
         unclear@reader.example,unsubscribed,2025-12-31,02/03/2026\n",
    )
    .await;
    assert_eq!(counts(&import), [0, 3, 1, 0, 0]);
    assert_eq!(report(&server, &import, "&outcome=unchanged").await, ["3 unchanged confirmed-since"]);
    let known = [
        "before unsubscribed - []",
        "since confirmed - []",
        "spam complained - []",
        "unclear unsubscribed - []",
    ];
    assert_eq!(lines(&server).await, known);
    let told = told(&server).await;
    assert_eq!((told["subscriber.unsubscribed"], told["subscriber.complained"]), (2, 1));
}

#[tokio::test]
async fn who_left_by_a_file_left_when_the_file_says() {
    let server = Server::start().await;
    let known = ["dated", "unclear", "undated", "twice"].map(|name| format!("{name}@reader.example"));
    imported(
        &server,
        &format!(
            "email,created_at\n{}\n",
            known.clone().map(|email| format!("{email},2020-01-01")).join("\n")
        ),
    )
    .await;
    imported(
        &server,
        "email,unsubscribed,unsubscribed_at,opt-out date\ndated@reader.example,yes,2024-05-06,\n\
         unclear@reader.example,yes,02/03/2024,\nundated@reader.example,yes,,\ntwice@reader.example,yes,2023-05-06,2024-05-06\n",
    )
    .await;
    let all = everybody(&server).await;
    let at = |name: &str| &all[&format!("{name}@reader.example")];
    for name in ["dated", "unclear", "undated", "twice"] {
        assert_eq!(at(name)["status"], "unsubscribed", "{name}");
    }
    let day = json!("2024-05-06T00:00:00.000000Z");
    assert_eq!((&at("dated")["unsubscribed_at"], &at("twice")["unsubscribed_at"]), (&day, &day));
    assert_eq!(at("unclear")["unsubscribed_at"], json!(null));
    assert_eq!(at("undated")["unsubscribed_at"], at("undated")["updated_at"]);
}

#[tokio::test]
async fn a_file_fills_in_what_is_missing_and_takes_nothing_away() {
    let server = Server::start().await;
    subscribe(&server, ADA).await;
    let admin = server.login(Role::Admin).await;
    let ada = everybody(&server).await.remove(ADA).expect("Ada");
    let path = format!("/v1/subscribers/{}", ada["id"].as_str().unwrap());
    admin.patch(&path).json(json!({"labels": ["patron"], "custom": {"City": "Uppsala"}})).await.is(200);
    let file = "email,name,City,Boat,language,tags\nada@reader.example,Ada,Kiel,Kelpie,de,sea\n";
    let terms = [("labels", "moved,sea"), ("locale", "sv")];
    let import = done(&server, send(&admin, file).query(&terms)).await;
    assert_eq!((counts(&import), &import["labels"]), ([0, 1, 0, 0, 0], &json!(["moved", "sea"])));
    let ada = everybody(&server).await.remove(ADA).expect("Ada");
    assert_eq!(ada["custom"], json!({"City": "Uppsala", "Boat": "Kelpie"}));
    assert_eq!(
        (&ada["labels"], &ada["name"], &ada["locale"]),
        (&json!(["moved", "patron", "sea"]), &json!("Ada"), &json!("en"))
    );
    // Those who are new read what the file says, or else the importer.
    let file = "email,language\nbo@reader.example,de_at\ncy@reader.example,\n";
    done(&server, send(&admin, file).query(&terms)).await;
    let all = everybody(&server).await;
    assert_eq!(
        (&all["bo@reader.example"]["locale"], &all["cy@reader.example"]["locale"]),
        (&json!("de-AT"), &json!("sv"))
    );
}
