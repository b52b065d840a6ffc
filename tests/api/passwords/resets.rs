//! Resets: who gets a link, how often, how long it works, and what using it ends.

use futures_util::future::join_all;
use lede::accounts::emails::AccountEmails;
use lede::auth::Role;
use lede::base::error::Error;
use serde_json::json;

use crate::client::Response;
use crate::given::{self, PASSWORD, account_link, days, hours, invited, mail_to, minutes, seconds, token};
use crate::mail_server::MailServer;
use crate::server::Server;
use crate::smtp::server_with;

use super::{NEW, RESETS, ask, choose, log_in, reset, subjects};

#[tokio::test]
async fn a_reset_ends_every_session_and_starts_none() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Author).await;
    let other = server.login_as("bob", Role::Author).await;
    let link = reset(&server, "ada").await;
    ada.get("/v1/me").await.is(200);
    let done = choose(&server, &link, NEW).await;
    assert_eq!((done.is(204).text(), done.header("set-cookie")), ("", None));
    ada.get("/v1/me").await.problem(401, "session-ended");
    other.get("/v1/me").await.is(200);
    log_in(&server, "ada", PASSWORD).await.is(401);
    log_in(&server, "ada", NEW).await.is(201);
    server.run_jobs().await;
    let told = subjects(&server, "ada@lede.example");
    assert_eq!(told, ["Choose another password for Lede", "Your password for Lede was changed"]);
}

#[tokio::test]
async fn a_reset_works_for_ten_minutes_after_the_mail_server_has_taken_the_mail() {
    let server = Server::start().await;
    for name in ["ada", "bob", "cyd"] {
        given::user(&server, name, Role::Author).await;
    }
    let link = reset(&server, "ada").await;
    server.clock.advance(minutes(9) + seconds(59));
    choose(&server, &link, "short").await.problem(422, "invalid");
    server.clock.advance(seconds(1));
    choose(&server, &link, NEW).await.problem(409, "link-invalid");

    ask(&server, "bob@lede.example").await.is(202);
    server.clock.advance(minutes(40));
    let late = account_link(&mail_to(&server, "bob@lede.example").await);
    server.clock.advance(minutes(9));
    choose(&server, &late, NEW).await.is(204);

    // One that would not last ten minutes is not mailed any more.
    ask(&server, "cyd@lede.example").await.is(202);
    server.clock.advance(minutes(50));
    server.run_jobs().await;
    assert_eq!(subjects(&server, "cyd@lede.example"), [""; 0]);
}

#[tokio::test]
async fn a_reset_goes_through_a_real_mail_server() {
    let mail = MailServer::start();
    let server = server_with(&mail).await;
    given::user(&server, "ada", Role::Author).await;
    ask(&server, "ada@lede.example").await.is(202);
    server.run_jobs().await;
    let [conversation] = mail.conversations().try_into().expect("one conversation");
    assert!(conversation.commands.contains(&"RCPT TO:<ada@lede.example>".to_owned()));
    let (head, body) = conversation.data.split_once("\n\n").expect("a head and a body");
    assert!(head.contains("\nAuto-Submitted: auto-generated\n") && !head.contains("List-"), "{head}");
    let (_, rest) = body.split_once("https://cms.lede.example/account/password/").expect("a link");
    choose(&server, rest.lines().next().expect("a token"), PASSWORD).await.is(204);
}

#[tokio::test]
async fn a_request_for_a_reset_does_not_tell_who_has_an_account() {
    let server = Server::start().await;
    for name in ["ada", "bob"] {
        given::user(&server, name, Role::Author).await;
    }
    given::disable(&server, "bob").await;
    invited(&server, "cyd", Role::Author).await;
    server.mail.clear();
    let mut told = Vec::new();
    for name in ["ada", "bob", "cyd", "nobody"] {
        let before = server.statements();
        let response = ask(&server, &format!("{name}@lede.example")).await;
        let statements = server.statements() - before;
        assert_eq!(response.is(202).text(), "");
        let mut headers = response.exchange.headers.clone();
        headers.remove("x-request-id");
        headers.remove("date");
        told.push((headers, statements));
    }
    assert!(told.iter().all(|one| *one == told[0]), "{told:#?}");
    server.run_jobs().await;
    let to: Vec<String> = server.mail.all().into_iter().map(|mail| mail.to).collect();
    assert_eq!(to, ["ada@lede.example"]);
    ask(&server, "no address").await.problem(422, "invalid");
}

/// A request from a network that is known for the user, who has logged in there.
#[tokio::test]
async fn a_newer_reset_replaces_the_one_before_and_five_an_hour_are_enough() {
    let server = Server::start().await;
    server.login_as("ada", Role::Author).await;
    log_in(&server, "ada", PASSWORD).await.is(201);
    let first = reset(&server, "ada").await;
    let second = reset(&server, "ada").await;
    assert_ne!(first, second);
    choose(&server, &first, NEW).await.problem(409, "link-invalid");
    let last = {
        reset(&server, "ada").await;
        reset(&server, "ada").await;
        reset(&server, "ada").await
    };
    assert_eq!(reset(&server, "ada").await, last, "a sixth one is not sent");
    choose(&server, &last, NEW).await.is(204);
    server.clock.advance(hours(1));
    assert_ne!(reset(&server, "ada").await, last);
}

#[tokio::test]
async fn strangers_neither_replace_a_link_nor_use_up_the_resets_of_a_user() {
    let server = Server::start_with(|config| {
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().expect("a network")];
    })
    .await;
    given::user(&server, "ada", Role::Author).await;
    let body = json!({"email": "ada@lede.example", "password": PASSWORD});
    let at_home = "198.51.100.7";
    server.client().post("/v1/auth/sessions").header("x-forwarded-for", at_home).json(body).await.is(201);
    let ask = async |network: &str| {
        let body = json!({"email": "ada@lede.example"});
        server.client().post(RESETS).header("x-forwarded-for", network).json(body).await.is(202);
        server.run_jobs().await;
        server.mail.all().into_iter().rfind(|mail| mail.to == "ada@lede.example")
    };
    let link = account_link(&ask("203.0.113.1").await.expect("a mail"));
    for n in 2..10 {
        let newest = ask(&format!("203.0.113.{n}")).await.expect("a mail");
        assert_eq!(account_link(&newest), link, "nothing more is sent while a link works");
    }
    let own = account_link(&ask(at_home).await.expect("a mail"));
    assert_ne!(own, link);
    choose(&server, &link, NEW).await.problem(409, "link-invalid");
    assert_eq!(account_link(&ask("203.0.113.1").await.expect("a mail")), own);
    // Strangers use up their own allowance, and the user still has the rest of theirs.
    let mut last = own;
    for n in 0..5 {
        server.clock.advance(minutes(11));
        let newest = account_link(&ask("203.0.113.1").await.expect("a mail"));
        assert_eq!(newest != last, n < 4, "{n}");
        last = newest;
    }
    assert_ne!(account_link(&ask(at_home).await.expect("a mail")), last);
}

#[tokio::test]
async fn everyone_together_asks_for_so_many_resets_and_each_site_for_one_more() {
    let server = Server::start_with(|config| {
        config.limits.sign_up = 1;
        config.server.trusted_proxies = vec!["127.0.0.1/32".parse().expect("a network")];
    })
    .await;
    let ask = async |network: String| {
        let body = json!({"email": "nobody@lede.example"});
        server.client().post(RESETS).header("x-forwarded-for", &network).json(body).await.status()
    };
    for n in 0..50 {
        assert_eq!(ask(format!("203.0.113.{n}")).await, 202);
    }
    assert_eq!(ask("203.0.113.50".to_owned()).await, 202, "the reserve");
    assert_eq!(ask("203.0.113.51".to_owned()).await, 429, "the site had its one");
    assert_eq!(ask("198.51.100.7".to_owned()).await, 202, "another site");
}

#[tokio::test]
async fn a_network_asks_for_as_many_resets_as_the_settings_say() {
    let server = Server::start_with(|config| config.limits.sign_up = 3).await;
    for _ in 0..3 {
        ask(&server, "nobody@lede.example").await.is(202);
    }
    ask(&server, "nobody@lede.example").await.problem(429, "too-many-requests");
    server.client().post("/account/password").form(&[("email", "a@b.example")]).await.is(429);
}

#[tokio::test]
async fn a_link_works_once_however_many_use_it_at_the_same_time() {
    let server = Server::start().await;
    let link = invited(&server, "ada", Role::Author).await;
    let tries = (0..10).map(|_| choose(&server, &link, NEW));
    let mut statuses: Vec<u16> = join_all(tries).await.iter().map(Response::status).collect();
    statuses.sort_unstable();
    assert_eq!(statuses, [vec![204], vec![409; 9]].concat());
}

#[tokio::test]
async fn a_link_of_a_user_who_was_disabled_since_does_nothing() {
    let server = Server::start().await;
    let link = invited(&server, "ada", Role::Author).await;
    given::disable(&server, "ada").await;
    choose(&server, &link, NEW).await.problem(409, "link-invalid");
}

#[tokio::test]
async fn without_a_mail_server_an_admin_is_told_so_and_resets_are_written_to_files() {
    let folder = tempfile::tempdir().expect("a folder");
    let server = Server::start_with(|config| config.mail.dir = folder.path().to_owned()).await;
    let refused = AccountEmails::new(&server.app).check_reach().expect_err("a conflict");
    assert!(matches!(refused, Error::Conflict(conflict) if conflict.code == "mail-not-configured"));
    given::user(&server, "ada", Role::Author).await;
    ask(&server, "ada@lede.example").await.is(202);
    server.run_jobs().await;
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 1);
}

#[tokio::test]
async fn links_are_stored_as_hashes_and_deleted_when_they_have_expired() {
    let server = Server::start().await;
    let link = invited(&server, "ada", Role::Author).await;
    let rows = || {
        use diesel::prelude::*;
        use lede::base::db::schema::account_links;
        let mut conn = server.database().connect();
        account_links::table.select(account_links::token_hash).load::<Vec<u8>>(&mut conn).expect("rows")
    };
    let hash = lede::base::http::json::sha256(token(&link).as_bytes());
    assert_eq!(rows(), [hash.to_vec()]);
    server.clock.advance(days(5));
    let housekeeping = move |tx: &mut lede::base::db::Tx<'_>| lede::accounts::links::purge(tx);
    server.app.db.write(housekeeping).await.expect("a purge");
    assert_eq!(rows(), Vec::<Vec<u8>>::new());
}

/// A reset shows that somebody has the mailbox, and no second factor: it gives no further guesses at one.
#[tokio::test]
async fn a_reset_forgives_no_wrong_codes() {
    let server = Server::start().await;
    given::user(&server, "ada", Role::Author).await;
    given::second_factor(&server, &["ada"], given::Factor::Active).await;
    let link = reset(&server, "ada").await;
    let guess = |password: &str| {
        let body = json!({"email": "ada@lede.example", "password": password, "code": "000000"});
        server.client().post("/v1/auth/sessions").json(body)
    };
    for _ in 0..5 {
        guess(PASSWORD).await.problem(401, "invalid-credentials");
    }
    choose(&server, &link, NEW).await.is(204);
    guess(NEW).await.problem(429, "too-many-requests");
    assert_eq!(server.database().count("known_networks"), 0);
    // Without a second factor, the mailbox is the account.
    given::user(&server, "bob", Role::Author).await;
    let link = reset(&server, "bob").await;
    for _ in 0..5 {
        log_in(&server, "bob", "wrong").await.is(401);
    }
    log_in(&server, "bob", PASSWORD).await.is(429);
    choose(&server, &link, NEW).await.is(204);
    log_in(&server, "bob", NEW).await.is(201);
}
