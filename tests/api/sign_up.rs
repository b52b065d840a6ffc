//! Signing up: which addresses are taken, that many at once are one, and that programs do not get far with the form.

use futures_util::future::join_all;
use lede::auth::Role;
use serde_json::json;

use crate::client::Response;
use crate::given::{hours, mail_to, seconds};
use crate::server::Server;

const ADA: &str = "ada@reader.example";

#[tokio::test]
async fn many_sign_ups_of_one_address_at_once_are_one_row_and_one_mail() {
    let server = Server::start().await;
    let spellings = ["ada@reader.example", "Ada@Reader.Example", "ADA@reader.EXAMPLE"];
    for round in 0..2 {
        let calls = (0..100).map(|number| {
            let email = spellings[(round + number) % spellings.len()];
            server.client().post("/v1/subscribers").json(json!({"email": email})).send()
        });
        for response in join_all(calls).await {
            response.is(202);
        }
    }
    server.run_jobs().await;
    assert_eq!(server.mail.all().len(), 1);
    let editor = server.login(Role::Editor).await;
    assert_eq!(editor.get("/v1/subscribers?include_total=true").await.expect(200)["total"], 1);
}

#[tokio::test]
async fn addresses_that_mail_servers_would_misread_are_refused_with_a_pointer() {
    let server = Server::start().await;
    let long_label = "a".repeat(64);
    let too_long = format!("{}@{}.example", "a".repeat(60), "b.".repeat(100));
    let long_local = format!("{}@reader.example", "a".repeat(65));
    let kinds: [(&str, Vec<String>); 8] = [
        (
            "no or several @",
            list("ada|ada.reader.example|@|ada@|@reader.example|a@b@c@d|ada@@reader.example|@@|a@ @b|@@a@b"),
        ),
        (
            "source routes",
            list(
                "@a:b@c.example|@a,@b:c@d.example|<@a:b@c.example>|a%b@c@d.example|@relay.example:ada@x.example|@a:b|@:b@c.example|a:b@@c|@x:y@z.example|@r.example,ada@s.example",
            ),
        ),
        (
            "comments and names",
            list(
                "Ada <ada@reader.example>|<ada@reader.example>|(x)ada@reader.example|ada(x)@reader.example|ada@reader.example(x)|ada@(x)reader.example|\"Ada\" <a@b.example>|ada@reader.example>|<ada@reader.example|Ada: a@b.example;",
            ),
        ),
        (
            "quoted local parts",
            list(
                "\"ada\"@reader.example|\"a b\"@reader.example|\"\"@reader.example|a\"b@reader.example|\"a@b\"@c.example|\"a\\b\"@c.example|\"ada@reader.example|ada\"@reader.example|\".\"@c.example|\"a\".b@c.example",
            ),
        ),
        (
            "IP literals",
            list(
                "ada@[127.0.0.1]|ada@127.0.0.1|ada@[IPv6:::1]|ada@[::1]|ada@1.2.3.4|ada@[1.2.3.4]|ada@[x]|ada@[|ada@]|ada@0x7f.1",
            ),
        ),
        (
            "dots",
            list(
                ".ada@reader.example|ada.@reader.example|a..b@reader.example|ada@.reader.example|ada@reader..example|ada@.|.@reader.example|ada@..|..@..|ada@reader.example..",
            ),
        ),
        ("hyphens and lengths", {
            let mut all = list(
                "ada@-reader.example|ada@reader-.example|ada@reader.-example|ada@_.example|ada@a_b.example|ada@reader.example-|ada@-",
            );
            all.extend([format!("ada@{long_label}.example"), too_long, long_local]);
            all
        }),
        (
            "control characters",
            list(
                "a\nb@c.example|ada@reader\r\n.example|ada@reader.example\r\nBcc: x@y.example|a\tb@c.example|a\u{7f}b@c.example|a\u{1}@c.example|ada @reader.example|ada@ reader.example|ada@reader .example|a b@c.example",
            ),
        ),
    ];
    for (kind, addresses) in kinds {
        assert!(addresses.len() >= 10, "{kind}");
        for email in addresses {
            let response = server.client().post("/v1/subscribers").json(json!({"email": email})).await;
            response.problem(422, "invalid");
            assert_eq!(response.violations(), ["/email email-malformed"], "{kind}: {email:?}");
        }
    }
    let response =
        server.client().post("/v1/subscribers").json(json!({"email": "jörg@reader.example"})).await;
    assert_eq!(response.violations(), ["/email email-not-ascii"]);
}

fn list(text: &str) -> Vec<String> {
    text.split('|').map(str::to_owned).collect()
}

#[tokio::test]
async fn addresses_of_all_the_world_are_taken_and_compared_as_people_mean_them() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for (email, kept) in [
        ("ada@bücher.example", "ada@xn--bcher-kva.example"),
        ("ada@BÜCHER.example", "ada@xn--bcher-kva.example"),
        ("ada@例え.テスト", "ada@xn--r8jz45g.xn--zckzah"),
        ("ada@münchen。example", "ada@xn--mnchen-3ya.example"),
        ("o'brien+news@reader.example", "o'brien+news@reader.example"),
        ("First.Last@sub.sub.reader.example", "First.Last@sub.sub.reader.example"),
        ("a@b.example", "a@b.example"),
        ("!#$%&'*+-/=?^_`{|}~@reader.example", "!#$%&'*+-/=?^_`{|}~@reader.example"),
        ("1@2.example", "1@2.example"),
        ("a.b@reader.example", "a.b@reader.example"),
        ("ab@reader.example", "ab@reader.example"),
    ] {
        server.client().post("/v1/subscribers").json(json!({"email": email})).await.is(202);
        let found =
            editor.get("/v1/subscribers").query(&[("q", &kept.to_lowercase()), ("sort", "email")]).await;
        let items = found.expect(200)["items"].clone();
        let emails: Vec<&str> =
            items.as_array().unwrap().iter().map(|item| item["email"].as_str().unwrap()).collect();
        assert!(emails.contains(&kept), "{email}: {emails:?}");
    }
    // Neither dots nor tags are anybody's to strip; case and the way a domain is written are.
    assert_eq!(editor.get("/v1/subscribers?include_total=true").await.expect(200)["total"], 10);
}

/// The fields of the form on a page, as a browser would send them.
fn fields(page: &Response) -> Vec<(String, String)> {
    let unescape = |text: &str| text.replace("&quot;", "\"").replace("&lt;", "<").replace("&amp;", "&");
    let attribute = |tag: &str, name: &str| {
        let (_, rest) = tag.split_once(&format!(" {name}=\""))?;
        Some(unescape(rest.split('"').next().unwrap_or_default()))
    };
    let tags = page.text().split("<input").skip(1).map(|rest| &rest[..rest.find('>').expect("a tag")]);
    let sent = tags.filter(|tag| !tag.contains("type=\"checkbox\"") || tag.contains(" checked"));
    sent.filter_map(|tag| Some((attribute(tag, "name")?, attribute(tag, "value").unwrap_or_default())))
        .collect()
}

/// Sends the form on a page with these fields filled in.
async fn send(server: &Server, page: &Response, filled: &[(&str, &str)]) -> Response {
    let mut all = fields(page);
    for (name, value) in filled {
        match all.iter_mut().find(|(field, _)| field == name) {
            Some(field) => (*value).clone_into(&mut field.1),
            None => all.push(((*name).to_owned(), (*value).to_owned())),
        }
    }
    let all: Vec<(&str, &str)> = all.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    server.client().post("/subscribe").form(&all).await
}

fn asks_again(page: &Response) -> bool {
    page.status() == 422 && page.text().contains("<h1>Please press the button again</h1>")
}

fn is_done(page: &Response) -> bool {
    page.status() == 200 && page.text().contains("Please check your mail")
}

#[tokio::test]
async fn a_form_without_a_token_is_shown_again() {
    let server = Server::start().await;
    let anyone = server.client();
    let typed = [("email", ADA), ("name", "Ada \"L\""), ("source", "popup"), ("topic", "sea")];
    let elsewhere =
        anyone.post("/subscribe").header("referer", "https://website.example/tides").form(&typed).await;
    assert!(asks_again(&elsewhere), "{}", elsewhere.text());
    server.run_jobs().await;
    assert_eq!(server.mail.all().len(), 0);
    // What was typed stands in it, and it need not wait.
    let kept = fields(&elsewhere);
    assert!(kept.contains(&("name".into(), "Ada \"L\"".into())), "{kept:?}");
    assert!(is_done(&send(&server, &elsewhere, &[]).await));
    mail_to(&server, ADA).await;
    let editor = server.login(Role::Editor).await;
    let one = editor.get("/v1/subscribers").await.expect(200)["items"][0].clone();
    assert_eq!((&one["source"], &one["name"]), (&json!("popup"), &json!("Ada \"L\"")));
    let consents =
        editor.get(format!("/v1/subscribers/{}/consents", one["id"].as_str().unwrap())).await.expect(200);
    let requested = &consents["items"]
        .as_array()
        .expect("items")
        .iter()
        .find(|one| one["kind"] == "signed-up")
        .unwrap()
        .clone();
    assert_eq!(requested["form_url"], "https://website.example/tides");
    assert!(requested["text"].as_str().expect("words").starts_with("We send you one mail"));
}

#[tokio::test]
async fn a_form_token_is_refused_when_too_new_reused_or_expired() {
    let server = Server::start().await;
    let form = server.client().get("/subscribe").await;
    server.clock.advance(seconds(1));
    let hasty = send(&server, &form, &[("email", ADA)]).await;
    assert!(asks_again(&hasty));
    server.clock.advance(seconds(1));
    assert!(is_done(&send(&server, &hasty, &[]).await));
    // The same once more is what an impatient person does.
    assert!(is_done(&send(&server, &hasty, &[]).await));
    let other = send(&server, &form, &[("email", "bo@reader.example")]).await;
    assert!(asks_again(&other));
    assert!(is_done(&send(&server, &other, &[]).await));
    let old = server.client().get("/subscribe").await;
    server.clock.advance(hours(24));
    assert!(asks_again(&send(&server, &old, &[("email", "cy@reader.example")]).await));
    let forged = [("email", "dee@reader.example"), ("form_token", "forged")];
    assert!(asks_again(&send(&server, &old, &forged).await));
    server.run_jobs().await;
    assert_eq!(server.mail.all().len(), 2);
}

#[tokio::test]
async fn people_are_sent_back_to_pages_that_are_known_and_nowhere_else() {
    let server = Server::start_with(|config| {
        config.site.form_origins =
            Some(vec!["https://website.example".into(), "http://localhost:4321".into()]);
    })
    .await;
    for (redirect, leads) in [
        ("https://website.example/thanks?from=form", true),
        ("http://localhost:4321/", true),
        ("https://website.example.evil.example/", false),
        ("https://website.example@evil.example/", false),
        ("//evil.example/", false),
        ("http://website.example/", false),
        ("javascript:alert(1)", false),
        ("/thanks", false),
        ("", false),
    ] {
        let mut addresses = Vec::new();
        for email in ["new@reader.example", "new@reader.example", "other@reader.example"] {
            let form = [("email", email), ("redirect", redirect), ("form_token", &server.form_token())];
            let response = server.client().post("/subscribe").form(&form).await;
            assert_eq!(response.status(), if leads { 303 } else { 200 }, "{redirect}");
            addresses.push(response.header("location").map(str::to_owned));
        }
        assert_eq!(addresses, vec![leads.then(|| redirect.to_owned()); 3]);
    }
    let policy = server.client().get("/subscribe").await;
    let policy = policy.header("content-security-policy").expect("a policy");
    assert!(policy.contains("form-action 'self' https://website.example http://localhost:4321;"), "{policy}");
}

#[tokio::test]
async fn the_lines_for_other_pages_hold_a_form_that_works() {
    let server = Server::start().await;
    let page = server.client().get("/subscribe/embed?source=%22%3E%3Cb%3E&locale=de").await;
    let lines =
        page.is(200).text().split("readonly").nth(1).expect("lines").split("</textarea>").next().unwrap();
    let lines = lines.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&");
    assert!(lines.contains("action=\"https://cms.lede.example/subscribe\""), "{lines}");
    assert!(lines.contains("value=\"&quot;&gt;&lt;b&gt;\""), "what is in the address stays text: {lines}");
    assert!(
        lines.contains("name=\"locale\" value=\"de\"") && lines.contains("aria-hidden=\"true\""),
        "{lines}"
    );
    assert!(!lines.contains("<script") && !lines.contains("<link"), "{lines}");
}

#[tokio::test]
async fn the_embeddable_form_comes_alone_for_programs() {
    let server = Server::start().await;
    let anyone = server.client();
    let lines = anyone.get("/subscribe/embed.html?source=footer&locale=de").await;
    assert_eq!(lines.is(200).header("content-type"), Some("text/html; charset=utf-8"));
    assert_eq!(lines.header("content-language"), Some("de"));
    let form = lines.text();
    assert!(form.starts_with("<form ") && form.trim_end().ends_with("</form>"), "{form}");
    assert!(form.contains("https://cms.lede.example/subscribe") && form.contains("footer"), "{form}");
    for accept in ["text/plain", "text/plain, text/html;q=0.9", "text/*;q=0.1, text/plain"] {
        let text = anyone.get("/subscribe/embed?source=footer&locale=de").header("accept", accept).await;
        assert_eq!(text.is(200).header("content-type"), Some("text/plain; charset=utf-8"), "{accept}");
        assert_eq!(text.header("vary"), Some("Accept, Accept-Language"));
        assert_eq!(text.text(), form);
    }
    for accept in
        ["*/*", "text/html,application/xhtml+xml,*/*;q=0.8", "text/html, text/plain", "application/json"]
    {
        let page = anyone.get("/subscribe/embed").header("accept", accept).await;
        assert!(page.is(200).text().contains("<textarea "), "{accept}");
    }
}

#[tokio::test]
async fn who_asks_too_often_is_told_so_on_a_page() {
    let server = Server::start_with(|config| config.limits.sign_up = 5).await;
    for round in 0..6 {
        let form = [("email", ADA), ("form_token", &server.form_token())];
        let response = server.client().post("/subscribe").form(&form).await;
        if round < 5 {
            assert!(is_done(&response), "{round}");
        } else {
            assert!(response.is(429).text().contains("Please try again later"));
            assert!(response.header("retry-after").is_some());
        }
    }
}

#[tokio::test]
async fn deleting_a_pending_subscriber_does_not_reset_the_request_limit() {
    let server = Server::start().await;
    let sign_up = || server.client().post("/v1/subscribers").json(json!({"email": ADA}));
    for day in 0..25 {
        sign_up().await.is(202);
        server.run_jobs().await;
        while server.app.db.write(lede::subscribers::erasure::purge).await.expect("a purge") {}
        server.clock.advance(hours(25));
        let most = 3.min(day + 1);
        assert_eq!(server.mail.all().len(), most, "day {day}");
    }
}
