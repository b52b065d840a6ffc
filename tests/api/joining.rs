//! Joining: which addresses are taken, that many at once are one, and that programs do not get far with the form.

use futures_util::future::join_all;
use lede::auth::Role;
use serde_json::json;

use crate::server::Server;

#[tokio::test]
async fn a_thousand_sign_ups_of_one_address_at_once_are_one_row_and_one_mail() {
    let server = Server::start().await;
    let spellings = ["ada@reader.example", "Ada@Reader.Example", "ADA@reader.EXAMPLE"];
    for round in 0..10 {
        let calls = (0..100).map(|number| {
            let email = spellings[(round + number) % spellings.len()];
            server.client().post("/v1/subscribers").json(json!({"email": email})).send()
        });
        for answer in join_all(calls).await {
            answer.is(202);
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
            let answer = server.client().post("/v1/subscribers").json(json!({"email": email})).await;
            answer.problem(422, "invalid");
            assert_eq!(answer.violations(), ["/email malformed-email"], "{kind}: {email:?}");
        }
    }
    let answer = server.client().post("/v1/subscribers").json(json!({"email": "jörg@reader.example"})).await;
    assert_eq!(answer.violations(), ["/email eai-unsupported"]);
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
