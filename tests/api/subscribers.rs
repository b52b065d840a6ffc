//! Joining, confirming, leaving and the list: who is asked, what is told to whom, and what is kept of it.

use diesel::prelude::*;
use diesel::sql_types::Text;
use lede::auth::Role;
use lede::base::db::Tx;
use lede::base::db::schema::unanswered_requests;
use lede::base::text::Locale;
use serde_json::{Value, json};

use crate::client::{Client, Response};
use crate::given::{days, hours, link, mail_to, minutes};
use crate::server::Server;

const ADA: &str = "ada@reader.example";

async fn sign_up(server: &Server, email: &str) -> Response {
    server.client().post("/v1/subscribers").json(json!({"email": email})).await
}

/// Joins and confirms; returns the link that leaves.
async fn subscribe(server: &Server, email: &str) -> String {
    sign_up(server, email).await.is(202);
    let mail = mail_to(server, email).await;
    server.client().post(link(&mail, "confirm")).await.is(200);
    link(&mail, "unsubscribe")
}

async fn only_one(editor: &Client) -> Value {
    let list = editor.get("/v1/subscribers").await.expect(200);
    assert_eq!(list["items"].as_array().expect("items").len(), 1, "{list:#}");
    list["items"][0].clone()
}

async fn status(server: &Server) -> String {
    only_one(&server.login(Role::Editor).await).await["status"].as_str().expect("a status").to_owned()
}

async fn mails(server: &Server) -> usize {
    server.run_jobs().await;
    server.mail.all().len()
}

#[tokio::test]
async fn who_joins_and_confirms_is_subscribed() {
    let server = Server::start().await;
    let body = json!({"email": "Ada@Reader.example", "name": "Ada", "locale": "de_at", "source": "footer"});
    assert_eq!(
        server.client().post("/v1/subscribers").json(body).await.expect(202),
        json!({"status": "pending"})
    );
    let mail = mail_to(&server, "Ada@reader.example").await;
    assert_eq!(status(&server).await, "pending");
    let page = server.client().post(link(&mail, "confirm")).await;
    assert!(page.is(200).text().contains("Sie haben unsere E-Mails abonniert"));
    let kept = only_one(&server.login(Role::Editor).await).await;
    for (member, value) in [
        ("email", json!("Ada@reader.example")),
        ("name", json!("Ada")),
        ("status", json!("confirmed")),
        ("locale", json!("de-AT")),
        ("topics", json!([])),
        ("source", json!("footer")),
        ("unsubscribed_at", Value::Null),
    ] {
        assert_eq!(kept[member], value, "{member}");
    }
}

#[tokio::test]
async fn the_mail_says_what_machines_and_people_need() {
    let server = Server::start().await;
    sign_up(&server, ADA).await.is(202);
    let mail = mail_to(&server, ADA).await;
    let leave = format!("<https://cms.lede.example{}>", link(&mail, "unsubscribe"));
    for header in [
        ("List-Id", "<subscribers.localhost>"),
        ("List-Unsubscribe", leave.as_str()),
        ("List-Unsubscribe-Post", "List-Unsubscribe=One-Click"),
        ("Auto-Submitted", "auto-generated"),
    ] {
        assert!(mail.headers.contains(&(header.0.into(), header.1.into())), "{header:?}: {:?}", mail.headers);
    }
    assert_eq!(mail.subject, "Confirm your subscription to Lede");
    assert!(mail.html.contains(&link(&mail, "confirm")) && mail.html.contains(&link(&mail, "unsubscribe")));
    assert!(mail.raw.contains("Date: Mon, 05 Jan 2026 09:00:00 +0000\r\n"), "{}", mail.raw);
    assert!(mail.raw.contains("Content-Type: multipart/alternative"), "{}", mail.raw);
}

#[tokio::test]
async fn the_answer_tells_nothing_of_who_is_known() {
    let server = Server::start().await;
    let anyone = server.client();
    let (mut answers, mut pages) = (Vec::new(), Vec::new());
    for stage in ["new", "pending", "confirmed", "unsubscribed"] {
        let response = sign_up(&server, ADA).await;
        answers.push((response.is(202).text().to_owned(), headers(&response)));
        let page =
            anyone.post("/subscribe").form(&[("email", ADA), ("form_token", &server.form_token())]).await;
        pages.push((page.is(200).text().to_owned(), headers(&page)));
        match stage {
            "pending" => anyone.post(link(&mail_to(&server, ADA).await, "confirm")).await.is(200).status(),
            "confirmed" => {
                anyone.post(link(&mail_to(&server, ADA).await, "unsubscribe")).await.is(200).status()
            }
            _ => 0,
        };
    }
    assert_eq!(status(&server).await, "unsubscribed");
    answers.dedup();
    pages.dedup();
    assert_eq!((answers.len(), pages.len()), (1, 1));
}

/// All headers but those that differ by request.
fn headers(response: &Response) -> Vec<(String, String)> {
    let all = response
        .exchange
        .headers
        .iter()
        .filter(|(name, _)| !["date", "x-request-id"].contains(&name.as_str()));
    let mut all: Vec<_> = all.map(|(name, value)| (name.to_string(), format!("{value:?}"))).collect();
    all.sort();
    all
}

#[tokio::test]
async fn an_address_is_asked_once_a_day_and_three_times_in_all() {
    let server = Server::start().await;
    let mut counts = Vec::new();
    for wait in [hours(0), hours(23), hours(1), hours(24), hours(24), hours(24)] {
        server.clock.advance(wait);
        sign_up(&server, ADA).await.is(202);
        counts.push(mails(&server).await);
    }
    assert_eq!(counts, [1, 1, 2, 3, 3, 3]);
}

#[tokio::test]
async fn two_servers_send_each_mail_once() {
    let server = Server::start().await;
    let replica = Server::start_on(server.database(), server.clock.clone(), |_| {}).await;
    for number in 0..20 {
        let email = format!("reader-{}@reader.example", number / 2);
        let asked = if number % 2 == 0 { &server } else { &replica };
        sign_up(asked, &email).await.is(202);
    }
    for _ in 0..3 {
        tokio::join!(server.run_jobs(), replica.run_jobs());
    }
    let mut sent: Vec<String> = server.mail.all().into_iter().map(|mail| mail.to).collect();
    sent.extend(replica.mail.all().into_iter().map(|mail| mail.to));
    sent.sort();
    let wanted: Vec<String> = (0..10).map(|number| format!("reader-{number}@reader.example")).collect();
    assert_eq!(sent, wanted);
}

#[tokio::test]
async fn who_is_subscribed_is_sent_nothing_and_stays_as_they_are() {
    let server = Server::start().await;
    subscribe(&server, ADA).await;
    let before = only_one(&server.login(Role::Editor).await).await;
    server.clock.advance(days(2));
    let other = json!({"email": ADA, "name": "Eve", "locale": "fr", "source": "elsewhere"});
    server.client().post("/v1/subscribers").json(other).await.is(202);
    assert_eq!(mails(&server).await, 1);
    assert_eq!(only_one(&server.login(Role::Editor).await).await, before);
}

#[tokio::test]
async fn who_left_can_come_back_by_a_new_confirmation_only() {
    let server = Server::start().await;
    let leave = subscribe(&server, ADA).await;
    server.client().post(&leave).await.is(200);
    let old = link(&mail_to(&server, ADA).await, "confirm");
    assert!(server.client().post(&old).await.is(410).text().contains("no longer valid"));
    server.clock.advance(minutes(1));
    sign_up(&server, ADA).await.is(202);
    assert_eq!(mails(&server).await, 2);
    assert_eq!(status(&server).await, "unsubscribed");
    server.client().post(link(&mail_to(&server, ADA).await, "confirm")).await.is(200);
    assert_eq!(status(&server).await, "confirmed");
}

#[tokio::test]
async fn looking_at_a_page_changes_nothing() {
    let server = Server::start().await;
    sign_up(&server, ADA).await.is(202);
    let mail = mail_to(&server, ADA).await;
    for what in ["confirm", "unsubscribe"] {
        let page = server.client().get(link(&mail, what)).await;
        assert!(page.is(200).text().contains("<form method=\"post\">"));
        server.client().head(link(&mail, what)).await.is(200);
        assert_eq!(status(&server).await, "pending");
    }
}

#[tokio::test]
async fn a_page_loads_nothing_runs_nothing_and_is_kept_by_nobody() {
    let server = Server::start().await;
    let page = server.client().get("/subscribe").await;
    let policy = page.header("content-security-policy").expect("a policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-")
            && policy.contains("frame-ancestors 'none'")
    );
    assert_eq!(page.header("cache-control"), Some("no-store"));
    assert_eq!(page.header("referrer-policy"), Some("no-referrer"));
    for forbidden in ["<script", "src=", "<link", "http:", "https:"] {
        assert!(!page.text().contains(forbidden), "{forbidden}");
    }
    assert_eq!(page.header("set-cookie"), None);
}

#[tokio::test]
async fn a_page_speaks_the_browsers_language_if_it_can() {
    let server = Server::start().await;
    for (accepted, tag, heading) in [
        ("de-AT,de;q=0.9,en;q=0.8", "de", "<h1>Per E-Mail abonnieren</h1>"),
        ("en;q=0.9,de;q=0.8", "en", "<h1>Subscribe by mail</h1>"),
        ("fr", "en", "<h1>Subscribe by mail</h1>"),
    ] {
        let page = server.client().get("/subscribe").header("accept-language", accepted).await;
        assert!(page.is(200).text().contains(&format!("<html lang=\"{tag}\"")), "{}", page.text());
        assert!(page.text().contains(heading), "{}", page.text());
        assert_eq!(
            (page.header("content-language"), page.header("vary")),
            (Some(tag), Some("Accept-Language"))
        );
    }
    let broken = server.client().get("/subscribe/unsubscribe/cut-off").header("accept-language", "de").await;
    assert!(broken.is(404).text().contains("Dieser Link funktioniert nicht"), "{}", broken.text());
}

#[tokio::test]
async fn who_read_the_form_in_a_language_is_written_to_in_it() {
    let server = Server::start().await;
    let german = server.client().get("/subscribe").header("accept-language", "de").await;
    assert!(german.is(200).text().contains("name=\"locale\" value=\"de\""), "{}", german.text());
    let form_token = server.form_token();
    let form = [("email", ADA), ("locale", "de"), ("form_token", &form_token)];
    let asked = server.client().post("/subscribe").form(&form).await;
    assert!(asked.is(200).text().contains("Bitte sehen Sie in Ihr Postfach"), "{}", asked.text());
    let mail = mail_to(&server, ADA).await;
    assert_eq!(mail.subject, "Bitte bestätigen Sie Ihr Abonnement von Lede");
    assert!(mail.text.contains("drei Tage") && mail.html.contains("<html lang=\"de\""), "{}", mail.text);
    // Their own language counts, whatever the browser asks for.
    for (what, heading, done) in [
        ("confirm", "Abonnement bestätigen", "Sie haben unsere E-Mails abonniert"),
        ("unsubscribe", "Abbestellen", "Sie haben unsere E-Mails abbestellt"),
    ] {
        let page = server.client().get(link(&mail, what)).header("accept-language", "en").await;
        assert!(page.is(200).text().contains(&format!("<h1>{heading}</h1>")), "{}", page.text());
        let page = server.client().post(link(&mail, what)).header("accept-language", "en").await;
        assert!(page.is(200).text().contains(done), "{}", page.text());
        assert_eq!(page.header("content-language"), Some("de"));
    }
    let plain = server.client().get("/subscribe").await;
    assert!(plain.is(200).text().contains("name=\"locale\" value=\"\""), "{}", plain.text());
}

#[tokio::test]
async fn a_subscriber_is_written_to_in_the_nearest_language_there_is() {
    let server =
        Server::start_with(|config| config.site.locale = Locale::parse("de").expect("a locale")).await;
    for (email, locale, subject) in [
        ("a@reader.example", "de-AT", "Bitte bestätigen Sie Ihr Abonnement von Lede"),
        ("b@reader.example", "en-GB", "Confirm your subscription to Lede"),
        ("c@reader.example", "fr", "Bitte bestätigen Sie Ihr Abonnement von Lede"),
    ] {
        let body = json!({"email": email, "locale": locale});
        server.client().post("/v1/subscribers").json(body).await.is(202);
        assert_eq!(mail_to(&server, email).await.subject, subject, "{locale}");
    }
}

#[tokio::test]
async fn a_link_confirms_for_three_days() {
    let server = Server::start().await;
    sign_up(&server, ADA).await.is(202);
    let confirm = link(&mail_to(&server, ADA).await, "confirm");
    server.clock.advance(hours(72));
    server.client().get(&confirm).await.is(410);
    server.client().post(&confirm).await.is(410);
    server.client().post(format!("{confirm}x")).await.is(404);
    assert_eq!(status(&server).await, "pending");
}

#[tokio::test]
async fn pressing_twice_is_pressing_once() {
    let server = Server::start().await;
    sign_up(&server, ADA).await.is(202);
    let mail = mail_to(&server, ADA).await;
    for _ in 0..2 {
        let page = server.client().post(link(&mail, "confirm")).await;
        assert!(page.is(200).text().contains("You are subscribed"));
    }
    for _ in 0..2 {
        let page = server.client().post(link(&mail, "unsubscribe")).await;
        assert!(page.is(200).text().contains("You have unsubscribed"));
    }
    assert_eq!(status(&server).await, "unsubscribed");
}

#[tokio::test]
async fn mail_programs_leave_with_one_click_in_either_encoding() {
    let server = Server::start().await;
    let http = reqwest::Client::builder().redirect(reqwest::redirect::Policy::none()).no_proxy().build();
    let http = http.expect("a client");
    let multipart =
        "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n";
    for (email, media, body) in [
        ("a@reader.example", "application/x-www-form-urlencoded", "List-Unsubscribe=One-Click"),
        ("b@reader.example", "multipart/form-data; boundary=b", multipart),
    ] {
        let leave = subscribe(&server, email).await;
        for path in [leave.as_str(), "/subscribe/unsubscribe/unknown"] {
            let post =
                http.post(format!("{}{path}", server.address())).header("content-type", media).body(body);
            assert_eq!(post.send().await.expect("a response").status(), 200, "{path} {media}");
        }
    }
    let editor = server.login(Role::Editor).await;
    let left = editor.get("/v1/subscribers?status=unsubscribed&include_total=true").await.expect(200);
    assert_eq!(left["total"], 2);
    let multipart_join = http.post(format!("{}/subscribe", server.address()));
    let part = |name: &str, value: &str| {
        format!("--b\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n")
    };
    let body = part("email", "c@reader.example") + &part("form_token", &server.form_token()) + "--b--\r\n";
    let joined =
        multipart_join.header("content-type", "multipart/form-data; boundary=b").body(body).send().await;
    assert_eq!(joined.expect("a response").status(), 200);
    mail_to(&server, "c@reader.example").await;
}

#[tokio::test]
async fn the_form_keeps_invalid_input_and_ignores_submissions_by_programs() {
    let server = Server::start().await;
    let anyone = server.client();
    let wrong = anyone.post("/subscribe").form(&[("email", "\"><b>ada"), ("name", "Ada")]).await;
    assert!(wrong.is(422).text().contains("value=\"&quot;&gt;&lt;b&gt;ada\""), "{}", wrong.text());
    assert!(wrong.text().contains("aria-invalid=\"true\"") && wrong.text().contains("value=\"Ada\""));
    let asked = anyone
        .post("/subscribe")
        .form(&[("email", ADA), ("name", " "), ("utm", "1"), ("form_token", &server.form_token())])
        .await;
    let program = [("email", "eve@reader.example"), ("subject", "cheap pills")];
    let dropped = anyone.post("/subscribe").form(&program).await;
    assert_eq!(asked.is(200).text(), dropped.is(200).text());
    assert_eq!(mails(&server).await, 1);
    assert_eq!(only_one(&server.login(Role::Editor).await).await["email"], ADA);
}

#[tokio::test]
async fn every_broken_rule_of_a_sign_up_is_named() {
    let server = Server::start().await;
    let bad = json!({"email": "a@b@", "name": "a\nb", "locale": "zzzz", "source": ""});
    let response = server.client().post("/v1/subscribers").json(bad).await;
    response.problem(422, "invalid");
    let rules = [
        "/email email-malformed",
        "/name name-malformed",
        "/locale locale-malformed",
        "/source source-empty",
    ];
    assert_eq!(response.violations(), rules);
    let unknown = json!({"email": ADA, "status": "confirmed"});
    let response = server.client().post("/v1/subscribers").json(unknown).await;
    assert_eq!(response.is(422).violations(), ["/status field-unknown"]);
    assert_eq!(mails(&server).await, 0);
}

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
async fn the_link_that_leaves_is_told_on_request_and_works() {
    let server = Server::start().await;
    let leave = subscribe(&server, ADA).await;
    let editor = server.login(Role::Editor).await;
    let one = editor.get("/v1/subscribers?fields=id,unsubscribe_url").await.expect(200)["items"][0].clone();
    assert_eq!(one.as_object().expect("an object").len(), 2);
    assert_eq!(one["unsubscribe_url"], format!("https://cms.lede.example{leave}"));
    let path = format!("/v1/subscribers/{}", one["id"].as_str().expect("an id"));
    assert_eq!(editor.get(&path).await.expect(200).get("unsubscribe_url"), None);
}

#[tokio::test]
async fn editors_change_what_is_kept_and_nothing_else() {
    let server = Server::start().await;
    subscribe(&server, ADA).await;
    let editor = server.login(Role::Editor).await;
    let path = format!("/v1/subscribers/{}", only_one(&editor).await["id"].as_str().expect("an id"));
    let first = json!({"name": "Ada", "locale": "sv", "labels": ["patron", "patron"], "custom": {"a": {"b": 1}, "c": 2}});
    editor.patch(&path).json(first).await.is(200);
    let second = json!({"name": null, "custom": {"a": {"d": 3}, "c": null}});
    let kept = editor.patch(&path).json(second).await.expect(200);
    assert_eq!(kept["name"], Value::Null);
    assert_eq!((&kept["locale"], &kept["labels"]), (&json!("sv"), &json!(["patron"])));
    assert_eq!(kept["custom"], json!({"a": {"b": 1, "d": 3}}));
    assert_eq!(editor.get(&path).await.expect(200), kept);
    for (body, rule) in [
        (json!({"email": "b@reader.example"}), "/email field-unknown"),
        (json!({"status": "confirmed"}), "/status field-unknown"),
        (json!({"locale": null}), "/locale type-mismatch"),
        (json!({"labels": ["x".repeat(61)]}), "/labels label-too-long"),
        (json!({"custom": {"a": "x".repeat(9000)}}), "/custom custom-too-long"),
    ] {
        assert_eq!(editor.patch(&path).json(&body).await.is(422).violations(), [rule], "{body}");
    }
}

#[tokio::test]
async fn who_is_erased_leaves_no_trace() {
    let server = Server::start().await;
    let body = json!({"email": "Trace.Me@Reader.example", "name": "Tracy"});
    server.client().post("/v1/subscribers").json(body).await.is(202);
    let mail = mail_to(&server, "Trace.Me@reader.example").await;
    sign_up(&server, "trace.me@reader.example").await.is(202);
    let admin = server.login(Role::Admin).await;
    let path = format!("/v1/subscribers/{}", only_one(&admin).await["id"].as_str().expect("an id"));
    admin.patch(&path).json(json!({"custom": {"note": "trace.me"}})).await.is(200);
    assert!(!traces(&server).is_empty(), "the search finds what is there");
    admin.delete(&path).await.is(204);
    server.run_jobs().await;
    assert_eq!(traces(&server), [""; 0]);
    admin.get(&path).await.problem(404, "not-found");
    admin.delete(&path).await.is(404);
    server.client().post(link(&mail, "confirm")).await.is(404);
    server.client().post(link(&mail, "unsubscribe")).await.is(200);
    assert_eq!(admin.get("/v1/subscribers").await.expect(200)["items"], json!([]));
}

#[derive(QueryableByName)]
struct Found {
    #[diesel(sql_type = Text)]
    value: String,
}

/// The tables in which anything of the person stands.
fn traces(server: &Server) -> Vec<String> {
    let mut conn = server.database().connect();
    let tables = if server.is_embedded() {
        "SELECT name AS value FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite%'"
    } else {
        "SELECT table_name::text AS value FROM information_schema.tables WHERE table_schema = 'public'"
    };
    let columns = |table: &str| {
        if server.is_embedded() {
            format!("SELECT name AS value FROM pragma_table_info('{table}')")
        } else {
            format!(
                "SELECT column_name::text AS value FROM information_schema.columns WHERE table_name = '{table}'"
            )
        }
    };
    let mut found = Vec::new();
    for Found { value: table } in diesel::sql_query(tables).load::<Found>(&mut conn).expect("tables") {
        for Found { value: column } in
            diesel::sql_query(columns(&table)).load::<Found>(&mut conn).expect("columns")
        {
            let text = format!("lower(CAST(\"{column}\" AS text))");
            let rows = format!(
                "SELECT '{table}' AS value FROM \"{table}\" WHERE {text} LIKE '%trace.me%' OR {text} LIKE '%tracy%'"
            );
            found.extend(
                diesel::sql_query(rows).load::<Found>(&mut conn).expect("rows").into_iter().map(|f| f.value),
            );
        }
    }
    found
}

#[tokio::test]
async fn unconfirmed_subscribers_are_deleted_after_a_week() {
    let server = Server::start().await;
    sign_up(&server, ADA).await.is(202);
    subscribe(&server, "grace@reader.example").await;
    server.clock.advance(days(6));
    while server.app.db.write(lede::subscribers::erasure::purge).await.expect("a purge") {}
    let editor = server.login(Role::Editor).await;
    assert_eq!(editor.get("/v1/subscribers?include_total=true").await.expect(200)["total"], 2);
    server.clock.advance(days(1));
    while server.app.db.write(lede::subscribers::erasure::purge).await.expect("a purge") {}
    assert_eq!(only_one(&editor).await["email"], "grace@reader.example");
}

#[tokio::test]
async fn what_is_remembered_of_unanswered_requests_is_forgotten_in_batches() {
    let server = Server::start().await;
    let insert = |tx: &mut Tx<'_>| {
        let now = tx.now();
        for n in 0..600_u16 {
            diesel::insert_into(unanswered_requests::table)
                .values((
                    unanswered_requests::address_hash.eq(n.to_be_bytes().to_vec()),
                    unanswered_requests::requested_at.eq(now),
                ))
                .execute(&mut **tx)?;
        }
        Ok(())
    };
    server.app.db.write(insert).await.expect("requests");
    server.clock.advance(days(400));
    let mut left = Vec::new();
    while server.app.db.write(lede::subscribers::erasure::purge).await.expect("a purge") {
        left.push(server.database().count("unanswered_requests"));
    }
    assert_eq!((left.first(), server.database().count("unanswered_requests")), (Some(&350), 0), "{left:?}");
}
