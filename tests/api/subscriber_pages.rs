//! The pages for subscribers: the form, and those that the links in emails open.

use lede::auth::Role;

use crate::given::{hours, link, mail_to};
use crate::server::Server;
use crate::subscribers::{ADA, mails, only_one, sign_up, status, subscribe};

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
