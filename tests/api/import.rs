//! Lists from elsewhere: what each service's file becomes, what a second run changes, and who is not brought back.

use std::collections::BTreeMap;

use diesel::prelude::*;
use lede::auth::Role;
use lede::base::db::Connection;
use lede::base::db::schema::{
    consents, events, import_dry_run_people, import_parts, import_rows, imports, subscribers,
};
use lede::subscribers::erasure;
use lede::subscribers::import::{self, ImportSubscribers};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};

use crate::client::{Call, Client, Response};
use crate::given::{days, link, mail_to, minutes};
use crate::server::Server;

pub const IMPORT: &str = "/v1/subscriber-imports";
const ADA: &str = "ada@reader.example";

/// Sends a file as one that is to be taken.
fn send(admin: &Client, file: impl Into<Vec<u8>>) -> Call {
    let terms = [
        ("dry_run", "false"),
        ("source", "The old letter"),
        ("statement", "They signed up by double opt-in."),
    ];
    admin.post(IMPORT).query(&terms).body("text/csv", file)
}

fn try_out(admin: &Client, file: impl Into<Vec<u8>>) -> Call {
    admin.post(IMPORT).query(&[("dry_run", "true")]).body("text/csv", file)
}

/// Sends a file, waits until it is read and returns what came of it.
async fn done(server: &Server, call: Call) -> Value {
    let admin = server.login(Role::Admin).await;
    let sent = call.await;
    assert_eq!(sent.is(202).json()["status"], "waiting");
    server.run_jobs().await;
    let import = admin.get(sent.location()).await.expect(200);
    assert_eq!(import["status"], "done", "{import:#}");
    assert_eq!(import["progress"]["bytes"], import["progress"]["total_bytes"]);
    import
}

async fn imported(server: &Server, file: &str) -> Value {
    let admin = server.login(Role::Admin).await;
    done(server, send(&admin, file)).await
}

/// Created, updated, unchanged, suppressed and refused.
pub fn counts(import: &Value) -> [i64; 5] {
    ["created", "updated", "unchanged", "suppressed", "refused"]
        .map(|name| import["counts"][name].as_i64().expect("a count"))
}

/// Everybody, by address.
async fn everybody(server: &Server) -> BTreeMap<String, Value> {
    let admin = server.login(Role::Admin).await;
    let list = admin.get("/v1/subscribers?limit=100&sort=email").await.expect(200);
    let items = list["items"].as_array().expect("items").clone();
    items.into_iter().map(|item| (item["email"].as_str().expect("an address").to_owned(), item)).collect()
}

/// Everybody in a line each: address, status, name, labels.
async fn lines(server: &Server) -> Vec<String> {
    let line = |(email, item): (String, Value)| {
        let labels: Vec<&str> =
            item["labels"].as_array().expect("labels").iter().filter_map(Value::as_str).collect();
        let email = email.replace("@reader.example", "");
        format!(
            "{email} {} {} [{}]",
            item["status"].as_str().unwrap(),
            item["name"].as_str().unwrap_or("-"),
            labels.join(",")
        )
    };
    everybody(server).await.into_iter().map(line).collect()
}

/// The report: line, outcome and code.
async fn report(server: &Server, import: &Value, query: &str) -> Vec<String> {
    let admin = server.login(Role::Admin).await;
    let (mut rows, mut next) = (Vec::new(), Some(format!("{}/rows?limit=3{query}", at(import))));
    while let Some(path) = next.take() {
        let page = admin.get(&path).await;
        for row in page.expect(200)["items"].as_array().expect("items") {
            let code = row["code"].as_str().unwrap_or("-");
            rows.push(format!("{} {} {code}", row["line"], row["outcome"].as_str().unwrap()));
        }
        next = page.header("link").map(|link| link[1..link.find('>').expect("a link")].to_owned());
    }
    rows
}

fn at(import: &Value) -> String {
    format!("/v1/subscriber-imports/{}", import["id"].as_str().expect("an id"))
}

/// How many events of each kind about subscribers there are.
async fn told(server: &Server) -> BTreeMap<String, i64> {
    let read = |conn: &mut Connection| {
        let kinds: Vec<String> = events::table.select(events::kind).load(conn)?;
        Ok(kinds)
    };
    let mut told = BTreeMap::new();
    for kind in server.app.db.read(read).await.expect("events") {
        if kind.starts_with("subscriber") {
            *told.entry(kind).or_insert(0) += 1;
        }
    }
    told
}

async fn count_consents(server: &Server) -> i64 {
    server.app.db.read(|conn| Ok(consents::table.count().get_result(conn)?)).await.expect("a count")
}

/// Joins and confirms; returns the link that leaves.
async fn subscribe(server: &Server, email: &str) -> String {
    server.client().post("/v1/subscribers").json(json!({"email": email})).await.is(202);
    let mail = mail_to(server, email).await;
    server.client().post(link(&mail, "confirm")).await.is(200);
    link(&mail, "unsubscribe")
}

/// A file of each service, with people of our own invention: its format, and what it becomes.
const FILES: &[(&str, &str, &[&str])] = &[
    (
        "ghost",
        "id,email,name,note,subscribed_to_emails,complimentary_plan,stripe_customer_id,created_at,deleted_at,labels,tiers\r\n\
         65f0,ada@reader.example,Ada Marsh,Wrote a letter,true,false,cus_1,2023-04-01T08:00:00.000Z,,\"VIP,Early, bird\",Gold\r\n\
         65f1,bo@reader.example,,,false,false,,2023-04-02T08:00:00.000Z,,,\r\n",
        &["ada confirmed Ada Marsh [Early,VIP,bird]", "bo unsubscribed - []"],
    ),
    (
        "mailchimp",
        "Email Address,First Name,Last Name,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,LATITUDE,LONGITUDE,GMTOFF,DSTOFF,TIMEZONE,CC,REGION,LAST_CHANGED,LEID,EUID,NOTES,TAGS\n\
         ada@reader.example,Ada,Marsh,4,\"2021-03-01 08:00:00\",192.0.2.1,\"2021-03-01 08:05:00\",192.0.2.2,,,,,,,,\"2024-01-01 00:00:00\",1,e1,,\"\"\"patron\"\",\"\"long, long ago\"\"\"\n",
        &["ada confirmed Ada Marsh [long, long ago,patron]"],
    ),
    (
        "mailchimp",
        "E-Mail-Adresse,Vorname,Nachname,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,UNSUB_TIME,UNSUB_CAMPAIGN_TITLE,UNSUB_CAMPAIGN_ID,UNSUB_REASON,UNSUB_REASON_OTHER,LEID,EUID,NOTES,TAGS\n\
         bo@reader.example,Bo,Kai,2,2020-01-01 08:00:00,,2020-01-01 09:00:00,,2022-02-02 10:00:00,Winter,c1,NORMAL,,2,e2,,\n",
        &["bo unsubscribed Bo Kai []"],
    ),
    (
        "mailchimp",
        "Adresse e-mail,Prénom,Nom,MEMBER_RATING,OPTIN_TIME,OPTIN_IP,CONFIRM_TIME,CONFIRM_IP,CLEAN_TIME,CLEAN_CAMPAIGN_TITLE,CLEAN_CAMPAIGN_ID,LEID,EUID,NOTES,TAGS\n\
         cy@reader.example,Cy,Île,1,2020-01-01 08:00:00,,2020-01-01 09:00:00,,2022-02-02 10:00:00,Winter,c1,3,e3,,\n",
        &["cy bounced Cy Île []"],
    ),
    (
        "substack",
        "email,active_subscription,expiry,plan,email_disabled,created_at,first_payment_at\n\
         ada@reader.example,true,2027-01-01T00:00:00.000Z,yearly,false,2024-01-15T10:00:00.000Z,2024-01-15T10:00:00.000Z\n\
         bo@reader.example,false,,other,true,2024-01-16T10:00:00.000Z,\n",
        &["ada confirmed - []", "bo unsubscribed - []"],
    ),
    (
        "buttondown",
        "id,email_address,type,creation_date,tags,metadata,notes,source\n\
         1,ada@reader.example,regular,2024-01-15T10:00:00Z,\"news, sea\",\"{\"\"boat\"\": \"\"Kelpie\"\"}\",,organic\n\
         2,bo@reader.example,unsubscribed,2024-01-16T10:00:00Z,,{},,import\n\
         3,cy@reader.example,unactivated,2024-01-17T10:00:00Z,,{},,organic\n\
         4,dee@reader.example,complained,2024-01-18T10:00:00Z,,{},,organic\n",
        &["ada confirmed - [news,sea]", "bo unsubscribed - []", "dee complained - []"],
    ),
    (
        "beehiiv",
        "Email,Status,Created At,Subscription Tier,UTM Source,Acquisition Source,Tags\n\
         ada@reader.example,active,2025-10-10 10:10:10,free,harbour,website,sea\n\
         bo@reader.example,inactive,2025-10-11 10:10:10,free,,website,\n\
         cy@reader.example,pending,2025-10-12 10:10:10,free,,website,\n",
        &["ada confirmed - [sea]", "bo unsubscribed - []"],
    ),
    (
        "listmonk",
        "uuid,email,name,attributes,status,created_at,updated_at\n\
         u1,ada@reader.example,Ada,\"{\"\"city\"\":\"\"Kiel\"\"}\",enabled,2024-01-15 10:00:00.123456 +0000 UTC,2024-01-16 10:00:00 +0000 UTC\n\
         u2,bo@reader.example,Bo,{},blocklisted,2024-01-15 10:00:00 +0000 UTC,2024-01-16 10:00:00 +0000 UTC\n",
        &["ada confirmed Ada []", "bo unsubscribed Bo []"],
    ),
    (
        "plain",
        "\u{feff}Naam;E-mailadres;Stad\r\nAda;ada@reader.example;Kiel\r\n\"Bo;b\";bo@reader.example;\r\n",
        &["ada confirmed Ada []", "bo confirmed Bo;b []"],
    ),
];

#[tokio::test]
async fn every_services_file_is_taken_as_it_is() {
    for (format, file, wanted) in FILES {
        let server = Server::start().await;
        let import = imported(&server, file).await;
        assert_eq!(import["format"], *format, "{file}");
        assert_eq!(lines(&server).await, *wanted, "{file}");
        // What left or bounced there is suppressed here.
        let ended = wanted.iter().filter(|line| !line.contains(" confirmed ")).count();
        let admin = server.login(Role::Admin).await;
        let suppressed = admin.get("/v1/suppressions?include_total=true").await.expect(200);
        assert_eq!(suppressed["total"], ended, "{file}");
        // The same file again.
        let before = (everybody(&server).await, told(&server).await, count_consents(&server).await);
        server.clock.advance(minutes(1));
        let [created, updated, ..] = counts(&imported(&server, file).await);
        assert_eq!((created, updated), (0, 0), "{file}");
        let mut after = (everybody(&server).await, told(&server).await, count_consents(&server).await);
        *after.1.get_mut("subscribers.imported").expect("an event") -= 1;
        assert_eq!(after, before, "{file}");
    }
}

#[tokio::test]
async fn what_a_file_knows_of_a_person_is_kept_and_what_it_knows_of_money_is_not() {
    let server = Server::start().await;
    imported(&server, FILES[0].1).await;
    let ada = everybody(&server).await.remove(ADA).expect("Ada");
    assert_eq!(ada["custom"], json!({"note": "Wrote a letter"}));
    for (member, value) in [
        ("created_at", "2023-04-01T08:00:00.000000Z"),
        ("confirmed_at", "2023-04-01T08:00:00.000000Z"),
        ("source", "The old letter"),
        ("locale", "en"),
    ] {
        assert_eq!(ada[member], value, "{member}");
    }
    let server = Server::start().await;
    imported(&server, FILES[5].1).await;
    let ada = everybody(&server).await.remove(ADA).expect("Ada");
    assert_eq!((&ada["custom"], &ada["source"]), (&json!({"boat": "Kelpie"}), &json!("organic")));
}

#[tokio::test]
async fn consent_is_kept_with_the_statement_and_what_the_file_says() {
    let server = Server::start().await;
    let import = imported(&server, FILES[1].1).await;
    let admin = server.login(Role::Admin).await;
    let ada = everybody(&server).await.remove(ADA).expect("Ada");
    let path = format!("/v1/subscribers/{}/consents", ada["id"].as_str().unwrap());
    let consents = admin.get(path).await.expect(200)["items"].clone();
    assert_eq!(consents.as_array().expect("items").len(), 1);
    for (member, value) in [
        ("kind", json!("imported")),
        ("via", json!("import")),
        ("actor", json!({"kind": "user", "id": admin.user(), "name": "admin"})),
        ("text", json!("They signed up by double opt-in.")),
        ("source", json!("The old letter")),
        (
            "details",
            json!({
                "signed_up_at": "2021-03-01 08:00:00", "signed_up_from": "192.0.2.1",
                "confirmed_at": "2021-03-01 08:05:00", "confirmed_from": "192.0.2.2",
                "status": "confirmed", "import": import["id"]
            }),
        ),
    ] {
        assert_eq!(consents[0][member], value, "{member}");
    }
    let told = told(&server).await;
    assert_eq!((told["subscriber.imported"], told["subscribers.imported"]), (1, 1));
    let actors = server.app.db.read(|conn| {
        let own = events::table.filter(events::kind.like("subscriber%"));
        Ok(own.select(events::actor_id).load::<Option<lede::base::ids::UserId>>(conn)?)
    });
    assert_eq!(actors.await.expect("actors"), [Some(admin.user()); 2]);
}

#[tokio::test]
async fn a_dry_run_tells_the_same_and_changes_nothing() {
    let file = "email,name,status,tags\n\
        ada@reader.example,Ada,active,\n\
        bo@reader.example,,active,\n\
        bo@reader.example,Bo,active,patron\n\
        bo@reader.example,Bob,active,patron\n\
        bo@reader.example,,unsubscribed,\n\
        bo@reader.example,,active,\n\
        cy@reader.example,,bounced,\n\
        nobody,,active,\n\
        dee@reader.example,,maybe,\n\
        too,many,cells,in,here\n";
    let server = Server::start().await;
    subscribe(&server, ADA).await;
    let before = (everybody(&server).await, told(&server).await, count_consents(&server).await);
    let admin = server.login(Role::Admin).await;
    let tried = done(&server, try_out(&admin, file)).await;
    assert_eq!((everybody(&server).await, told(&server).await, count_consents(&server).await), before);
    assert_eq!(admin.get("/v1/suppressions?include_total=true").await.expect(200)["total"], 0);
    let taken = imported(&server, file).await;
    assert_eq!(counts(&tried), [2, 3, 1, 1, 3]);
    assert_eq!(counts(&taken), counts(&tried));
    let wanted = [
        "2 updated -",
        "3 created -",
        "4 updated -",
        "5 unchanged -",
        "6 updated -",
        "7 suppressed unsubscribed",
        "8 created -",
        "9 refused email-malformed",
        "10 refused status-unknown",
        "11 refused cells-mismatched",
    ];
    assert_eq!(report(&server, &tried, "").await, wanted);
    assert_eq!(report(&server, &taken, "").await, wanted);
    assert_eq!(report(&server, &taken, "&outcome=refused,suppressed").await.len(), 4);
    let known = ["ada confirmed Ada []", "bo unsubscribed Bo [patron]", "cy bounced - []"];
    assert_eq!(lines(&server).await, known);
    // And once more, as the real thing.
    assert_eq!(counts(&imported(&server, file).await), [0, 0, 3, 4, 3]);
    let seen = server.app.db.read(|conn| Ok(import_dry_run_people::table.count().get_result::<i64>(conn)?));
    assert_eq!(seen.await.expect("a count"), 0);
}

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
    let import = imported(
        &server,
        "email,status,unsubscribed_at\nbefore@reader.example,unsubscribed,\nsince@reader.example,unsubscribed,2025-12-31\n\
         spam@reader.example,complained,\n",
    )
    .await;
    assert_eq!(counts(&import), [0, 2, 1, 0, 0]);
    assert_eq!(report(&server, &import, "&outcome=unchanged").await, ["3 unchanged confirmed-since"]);
    let known = ["before unsubscribed - []", "since confirmed - []", "spam complained - []"];
    assert_eq!(lines(&server).await, known);
    let told = told(&server).await;
    assert_eq!((told["subscriber.unsubscribed"], told["subscriber.complained"]), (1, 1));
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

#[tokio::test]
async fn the_report_names_nobody_and_is_gone_after_a_month() {
    let server = Server::start().await;
    let secret = "secret@reader.example";
    let file = format!("email,name\n{secret},Secret Name\n{secret}x@,Secret Name\n\"{secret}\n");
    let import = imported(&server, &file).await;
    assert_eq!(
        report(&server, &import, "").await,
        ["2 created -", "3 refused email-malformed", "4 refused cells-mismatched"]
    );
    let admin = server.login(Role::Admin).await;
    let rows = admin.get(at(&import) + "/rows").await;
    assert!(!rows.text().contains("ecret") && !import.to_string().contains("ecret"), "{}", rows.text());
    let subscriber = rows.json()["items"][0]["subscriber_id"].clone();
    assert_eq!(everybody(&server).await[secret]["id"], subscriber);
    let parts = |server: &Server| {
        let db = server.app.db.clone();
        async move {
            db.read(|conn| Ok(import_parts::table.count().get_result::<i64>(conn)?)).await.expect("a count")
        }
    };
    assert_eq!(parts(&server).await, 0);
    assert_eq!(admin.get("/v1/subscriber-imports?include_total=true").await.expect(200)["total"], 1);
    server.clock.advance(days(31));
    tidy(&server).await;
    admin.get(at(&import)).await.problem(404, "not-found");
    let rows = server.app.db.read(|conn| Ok(import_rows::table.count().get_result::<i64>(conn)?));
    assert_eq!(rows.await.expect("a count"), 0);
}

async fn tidy(server: &Server) {
    while server.app.db.write(import::store::purge).await.expect("a purge") {}
    while server.app.db.write(erasure::purge).await.expect("a purge") {}
}

#[tokio::test]
async fn what_is_no_list_is_refused_at_the_door_by_name() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let latin = b"email,name\nada@reader.example,J\xf6rg\n".to_vec();
    let wide = vec!["email"; 201].join(",");
    for (file, status, code) in [
        (b"\xff\xfee\0m\0a\0i\0l\0".to_vec(), 400, "file-not-utf-8"),
        (b"e\0m\0a\0i\0l\0\n\0".to_vec(), 400, "file-not-csv"),
        (b"PK\x03\x04\x14\0".to_vec(), 400, "file-not-csv"),
        (latin, 400, "file-not-utf-8"),
        (b"\n\n".to_vec(), 422, "file-empty"),
        (b"name,city\nAda,Kiel\n".to_vec(), 422, "email-column-missing"),
        (wide.into_bytes(), 422, "columns-too-many"),
    ] {
        let response = send(&admin, file).await;
        assert_eq!(response.is(status).violations(), [format!(" {code}")]);
    }
    admin.post(IMPORT).query(&[("dry_run", "true")]).json(json!({})).await.is(415);
    let rules = admin
        .post(IMPORT)
        .query(&[("dry_run", "false"), ("labels", &"x".repeat(61))])
        .body("text/csv", "email\n")
        .await;
    let wanted = ["source parameter-missing", "statement parameter-missing", "labels label-too-long"];
    assert_eq!(rules.is(400).violations(), wanted);
    let without = admin.post(IMPORT).body("text/csv", "email\n").await;
    assert_eq!(without.is(400).violations(), ["dry_run parameter-missing"]);
    assert_eq!(admin.get("/v1/subscriber-imports").await.expect(200)["items"], json!([]));
    let kept = server.app.db.read(|conn| Ok(imports::table.count().get_result::<i64>(conn)?));
    assert_eq!(kept.await.expect("a count"), 0);
    // A file without a row is an import that comes to nothing.
    assert_eq!(counts(&imported(&server, "email").await), [0; 5]);
}

/// Sends the head of an import and some of its body, and returns what is answered, if anything.
async fn raw(server: &Server, admin: &Client, length: u64, body: &[u8]) -> String {
    let address = server.address().trim_start_matches("http://").to_owned();
    let mut stream = tokio::net::TcpStream::connect(&address).await.expect("a connection");
    let token = admin.token().expect("a token");
    let head = format!(
        "POST {IMPORT}?dry_run=true HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\
         Content-Type: text/csv\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await.expect("a head");
    stream.write_all(body).await.expect("a body");
    stream.shutdown().await.expect("an end");
    let mut response = Vec::new();
    let _ = stream.read_to_end(&mut response).await;
    String::from_utf8_lossy(&response).into_owned()
}

#[tokio::test]
async fn a_file_that_is_too_large_is_refused_and_one_that_breaks_off_is_forgotten() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    assert!(raw(&server, &admin, 200_000_001, b"").await.starts_with("HTTP/1.1 413 "));
    let some = format!("email\n{}", "ada@reader.example\n".repeat(40_000));
    raw(&server, &admin, some.len() as u64 + 1, some.as_bytes()).await;
    assert_eq!(admin.get("/v1/subscriber-imports").await.expect(200)["items"], json!([]));
    server.clock.advance(days(1));
    tidy(&server).await;
    let left = server.app.db.read(|conn| {
        Ok((
            imports::table.count().get_result::<i64>(conn)?,
            import_parts::table.count().get_result::<i64>(conn)?,
        ))
    });
    assert_eq!(left.await.expect("counts"), (0, 0));
}

#[tokio::test]
async fn a_repeated_request_is_one_import() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let file = "email\nada@reader.example\n";
    let (first, again) = (send(&admin, file).once("one").await, send(&admin, file).once("one").await);
    assert_eq!(first.is(202).location(), again.is(202).location());
    assert_eq!(again.header("idempotent-replayed"), Some("true"));
    send(&admin, "email\nbo@reader.example\n").once("one").await.problem(422, "invalid");
    server.run_jobs().await;
    let imports = server.app.db.read(|conn| Ok(imports::table.count().get_result::<i64>(conn)?));
    assert_eq!(imports.await.expect("a count"), 1);
    assert_eq!(lines(&server).await, ["ada confirmed - []"]);
}

/// A list of that many people, of whom every tenth row is one that is refused.
pub fn many(people: usize) -> String {
    let mut file = "email,name,tags,City\n".to_owned();
    for number in 0..people {
        file +=
            &format!("reader-{number}@reader.example,\"Reader, {number}\",\"news,x{}\",Kiel\n", number % 7);
        if number % 10 == 9 {
            file += &format!("reader {number},,,\n");
        }
    }
    file
}

/// What has come of an import of [`many`]: that everybody is there once, with evidence and an event.
pub fn check_many(conn: &mut Connection, people: i64) {
    let confirmed = subscribers::table.filter(subscribers::status.eq(lede::subscribers::Status::Confirmed));
    assert_eq!(confirmed.count().get_result::<i64>(conn).expect("a count"), people);
    assert_eq!(consents::table.count().get_result::<i64>(conn).expect("a count"), people);
    let told = events::table.filter(events::kind.eq("subscriber.imported")).count().get_result::<i64>(conn);
    assert_eq!(told.expect("a count"), people);
    assert_eq!(import_rows::table.count().get_result::<i64>(conn).expect("a count"), people + people / 10);
    assert_eq!(import_parts::table.count().get_result::<i64>(conn).expect("a count"), 0);
}

#[tokio::test]
async fn a_long_file_is_read_in_many_small_writes_by_jobs_that_take_turns() {
    let server = Server::start().await;
    let import = imported(&server, &many(2_500)).await;
    assert_eq!(counts(&import), [2_500, 0, 0, 0, 250]);
    assert_eq!(report(&server, &import, "&outcome=refused").await.len(), 250);
    check_many(&mut server.database().connect(), 2_500);
}

#[tokio::test]
async fn two_servers_take_each_row_once() {
    let server = Server::start().await;
    let replica = Server::start_on(server.database(), server.clock.clone(), |_| {}).await;
    let admin = server.login(Role::Admin).await;
    let sent = send(&admin, many(1_500)).await;
    sent.is(202);
    // Two jobs for one import, as when a claim has grown old under a worker that lives.
    let id = sent.json()["id"].clone();
    let job: ImportSubscribers = serde_json::from_value(json!({"import": id})).expect("a job");
    let twice = server.app.db.write(move |tx| {
        let now = tx.now();
        lede::base::jobs::enqueue(tx, &job, now)
    });
    twice.await.expect("a job");
    tokio::join!(server.run_jobs(), replica.run_jobs());
    // What one left to the other when it lost its place.
    server.clock.advance(minutes(10));
    tokio::join!(server.run_jobs(), replica.run_jobs());
    let import = admin.get(sent.location()).await.expect(200);
    assert_eq!((&import["status"], counts(&import)), (&json!("done"), [1_500, 0, 0, 0, 150]));
    check_many(&mut server.database().connect(), 1_500);
}

#[tokio::test]
async fn an_import_is_an_admins_work() {
    let server = Server::start().await;
    for role in [Role::Contributor, Role::Author, Role::Editor] {
        let somebody: Client = server.login(role).await;
        let refused: Response = send(&somebody, "email\n").await;
        refused.problem(403, "forbidden");
        somebody.get("/v1/subscriber-imports").await.problem(403, "forbidden");
    }
    send(&server.client(), "email\n").await.problem(401, "unauthenticated");
    let admin = server.login(Role::Admin).await;
    admin.get("/v1/subscriber-imports/019b8d1c-0000-7000-8000-000000000000").await.problem(404, "not-found");
    admin
        .get("/v1/subscriber-imports/019b8d1c-0000-7000-8000-000000000000/rows")
        .await
        .problem(404, "not-found");
}
