//! The pages about accounts: what people do without a console.

use lede::auth::Role;
use serde_json::json;

use crate::client::Response;
use crate::given::{self, PASSWORD, account_link, hours, invited, mail_to, new_email, token};
use crate::server::Server;

const NEW: &str = "slack water comes between tides";

/// That a page is nobody's to keep, loads nothing and runs nothing.
fn check_headers(response: &Response) {
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!(response.header("referrer-policy"), Some("no-referrer"));
    let policy = response.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("script"), "{policy}");
    assert!(!response.text().contains("<script"), "{}", response.text());
}

async fn log_in(server: &Server, email: &str, password: &str) -> Response {
    server.client().post("/v1/auth/sessions").json(json!({"email": email, "password": password})).await
}

#[tokio::test]
async fn an_invitation_is_accepted_on_a_page_that_changes_nothing_when_it_is_opened() {
    let server = Server::start().await;
    let link = invited(&server, "ada", Role::Author).await;
    let anyone = server.client();
    for _ in 0..2 {
        let shown = anyone.get(&link).await;
        shown.is(200);
        check_headers(&shown);
        assert!(shown.text().contains("at least 15 characters"), "{}", shown.text());
        assert!(shown.text().contains("autocomplete=\"new-password\""), "{}", shown.text());
    }
    for (password, repeated, said) in [
        (NEW, "another", "The two passwords differ."),
        ("short", "short", "Please choose a longer password."),
        ("passwordpassword", "passwordpassword", "one of the most common"),
    ] {
        let refused = anyone.post(&link).form(&[("password", password), ("repeated", repeated)]).await;
        assert!(refused.is(422).text().contains(said), "{}", refused.text());
        assert!(!refused.text().contains(password), "{}", refused.text());
        check_headers(&refused);
    }
    anyone.post(&link).await.is(422);
    let done = anyone.post(&link).form(&[("password", NEW), ("repeated", NEW)]).await;
    assert!(done.is(200).text().contains("Your password is saved"), "{}", done.text());
    assert_eq!(done.header("set-cookie"), None);
    check_headers(&done);
    log_in(&server, "ada@lede.example", NEW).await.is(201);
    for gone in [anyone.get(&link).await, anyone.post(&link).form(&[("password", NEW)]).await] {
        assert!(gone.is(410).text().contains("href=\"https://cms.lede.example/account/password\""));
    }
    check_headers(&anyone.get("/account/password/unknown").await.is(404).clone());
    anyone.post("/account/password/unknown").form(&[("password", NEW)]).await.is(404);
}

#[tokio::test]
async fn people_who_forgot_their_password_ask_for_another_on_a_page() {
    let server = Server::start().await;
    given::user(&server, "ada", Role::Author).await;
    let anyone = server.client();
    let shown = anyone.get("/account/password").await;
    shown.is(200);
    check_headers(&shown);
    let mut told = Vec::new();
    for email in ["ada@lede.example", "nobody@lede.example"] {
        let asked = anyone.post("/account/password").form(&[("email", email)]).await;
        check_headers(asked.is(200));
        told.push(asked.text().to_owned());
    }
    assert_eq!(told[0], told[1]);
    let link = account_link(&mail_to(&server, "ada@lede.example").await);
    anyone.post(&link).form(&[("password", NEW), ("repeated", NEW)]).await.is(200);
    log_in(&server, "ada@lede.example", NEW).await.is(201);
    let malformed = anyone.post("/account/password").form(&[("email", "<ada>")]).await;
    assert!(malformed.is(422).text().contains("value=\"&lt;ada&gt;\""), "{}", malformed.text());
}

#[tokio::test]
async fn users_read_mails_and_pages_in_their_language() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Author).await;
    ada.patch("/v1/me").json(json!({"locale": "de-AT"})).await.is(200);
    server.client().post("/v1/auth/password-resets").json(json!({"email": "ada@lede.example"})).await.is(202);
    let mail = mail_to(&server, "ada@lede.example").await;
    assert_eq!(mail.subject, "Neues Passwort für Lede");
    let page = server.client().get(account_link(&mail)).header("accept-language", "en").await;
    assert_eq!(page.is(200).header("content-language"), Some("de"));
    let link = new_email(&server, ada.user(), "ada@new.example").await;
    for call in [server.client().get(&link), server.client().post(&link)] {
        let page = call.header("accept-language", "en").await;
        assert_eq!(page.is(200).header("content-language"), Some("de"));
    }
    let page = server.client().get("/account/password").header("accept-language", "de").await;
    assert!(page.text().contains("Passwort vergessen?"), "{}", page.text());
}

#[tokio::test]
async fn a_console_can_take_the_place_of_the_pages() {
    let server = Server::start_with(|config| {
        config.accounts.account_url = Some("https://console.example/account".into());
    })
    .await;
    given::user(&server, "ada", Role::Author).await;
    server.client().post("/v1/auth/password-resets").json(json!({"email": "ada@lede.example"})).await.is(202);
    let mail = mail_to(&server, "ada@lede.example").await;
    let (_, rest) = mail.text.split_once("https://console.example/account/password/").expect("a link");
    let token = rest.split_whitespace().next().expect("a token");
    let body = json!({"token": token, "new_password": NEW});
    server.client().post("/v1/auth/passwords").json(body).await.is(204);
    let notice = mail_to(&server, "ada@lede.example").await;
    assert!(notice.text.contains("\nhttps://console.example/account/password\n"), "{}", notice.text);
}

#[tokio::test]
async fn a_new_address_counts_once_it_is_confirmed_and_the_old_one_is_told() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Author).await;
    server.client().post("/v1/auth/password-resets").json(json!({"email": "ada@lede.example"})).await.is(202);
    let reset = account_link(&mail_to(&server, "ada@lede.example").await);
    let link = new_email(&server, ada.user(), "Ada@new.example").await;
    let anyone = server.client();
    let shown = anyone.get(&link).await;
    shown.is(200);
    check_headers(&shown);
    assert_eq!(ada.get("/v1/me").await.expect(200)["email"], "ada@lede.example");
    log_in(&server, "ada@new.example", PASSWORD).await.is(401);
    check_headers(anyone.post(&link).await.is(200));
    assert_eq!(ada.get("/v1/me").await.expect(200)["email"], "Ada@new.example");
    log_in(&server, "ada@new.example", PASSWORD).await.is(201);
    log_in(&server, "ada@lede.example", PASSWORD).await.is(401);
    let notice = mail_to(&server, "ada@lede.example").await;
    assert_eq!(notice.subject, "The email address of your account at Lede was changed");
    assert!(notice.text.contains("A…@new.example") && !notice.text.contains("Ada@new"), "{}", notice.text);
    let body = json!({"token": token(&reset), "new_password": NEW});
    anyone.post("/v1/auth/passwords").json(body).await.problem(409, "link-invalid");
    anyone.get(&link).await.is(410);
    anyone.post(&link).await.is(410);
    anyone.get("/account/email/unknown").await.is(404);
    anyone.post("/account/email/unknown").await.is(404);
}

#[tokio::test]
async fn a_new_address_is_confirmed_within_a_day_with_the_newest_link_and_if_it_is_free() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Author).await.user();
    let anyone = server.client();
    let first = new_email(&server, ada, "one@new.example").await;
    let second = new_email(&server, ada, "two@new.example").await;
    anyone.post(&first).await.is(410);
    server.clock.advance(hours(24));
    anyone.post(&second).await.is(410);
    let third = new_email(&server, ada, "bob@lede.example").await;
    given::user(&server, "bob", Role::Author).await;
    let taken = anyone.post(&third).await;
    assert!(taken.is(409).text().contains("belongs to another account"), "{}", taken.text());
    log_in(&server, "ada@lede.example", PASSWORD).await.is(201);
    // Each link does what its mail says and nothing else.
    let (invitation, change) =
        (invited(&server, "cyd", Role::Author).await, new_email(&server, ada, "x@new.example").await);
    anyone.post(format!("/account/email/{}", token(&invitation))).await.is(404);
    anyone.post(format!("/account/password/{}", token(&change))).form(&[("password", NEW)]).await.is(404);
}
