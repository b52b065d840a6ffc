//! Choosing passwords by invitation or with the current one, and what users are told of it.

mod resets;

use lede::accounts::emails::AccountEmails;
use lede::auth::{HashCost, Role};
use lede::base::db::schema::users;
use lede::users::store;
use serde_json::json;

use crate::client::Response;
use crate::given::{self, PASSWORD, account_link, days, hours, invited, mail_to, minutes, seconds, token};
use crate::server::Server;

const NEW: &str = "slack water comes between tides";
const RESETS: &str = "/v1/auth/password-resets";
const PASSWORDS: &str = "/v1/auth/passwords";

async fn log_in(server: &Server, name: &str, password: &str) -> Response {
    let body = json!({"email": format!("{name}@lede.example"), "password": password});
    server.client().post("/v1/auth/sessions").json(body).await
}

async fn choose(server: &Server, link: &str, password: &str) -> Response {
    let body = json!({"token": token(link), "new_password": password});
    server.client().post(PASSWORDS).json(body).await
}

async fn ask(server: &Server, email: &str) -> Response {
    server.client().post(RESETS).json(json!({"email": email})).await
}

/// The link of a reset that `name` has asked for.
async fn reset(server: &Server, name: &str) -> String {
    let email = format!("{name}@lede.example");
    ask(server, &email).await.is(202);
    account_link(&mail_to(server, &email).await)
}

fn subjects(server: &Server, email: &str) -> Vec<String> {
    server.mail.all().into_iter().filter(|mail| mail.to == email).map(|mail| mail.subject).collect()
}

#[tokio::test]
async fn an_invited_user_chooses_a_password_and_logs_in() {
    let server = Server::start().await;
    let link = invited(&server, "ada", Role::Editor).await;
    log_in(&server, "ada", NEW).await.problem(401, "invalid-credentials");
    choose(&server, &link, NEW).await.is(204);
    log_in(&server, "ada", NEW).await.is(201);
    server.run_jobs().await;
    assert_eq!(subjects(&server, "ada@lede.example"), ["Your account at Lede"]);
    choose(&server, &link, PASSWORD).await.problem(409, "link-invalid");
    for unknown in ["x", &"A".repeat(43), &"A".repeat(100)] {
        choose(&server, unknown, NEW).await.problem(409, "link-invalid");
    }
}

#[tokio::test]
async fn an_invitation_is_good_for_72_hours_and_until_the_next_one() {
    let server = Server::start().await;
    let link = invited(&server, "ada", Role::Editor).await;
    server.clock.advance(hours(72));
    choose(&server, &link, NEW).await.problem(409, "link-invalid");
    let emails = AccountEmails::new(&server.app);
    let again = move |tx: &mut lede::base::db::Tx<'_>| {
        let email = lede::users::EmailAddress::parse("ada@lede.example").expect("an address");
        let user = store::find_by_email(tx, &email)?.expect("a user");
        lede::accounts::invitations::send(tx, &emails, &user)?;
        lede::accounts::invitations::link(tx, &emails, &user)
    };
    let url = server.app.db.write(again).await.expect("a link");
    // The mail of the link that was replaced before it was sent is not sent.
    server.run_jobs().await;
    assert_eq!(subjects(&server, "ada@lede.example").len(), 1);
    server.clock.advance(hours(71) + minutes(59) + seconds(59));
    choose(&server, &url, NEW).await.is(204);
}

#[tokio::test]
async fn a_password_that_others_try_first_is_refused_and_the_link_still_works() {
    let server = Server::start_with(|config| config.site.title = "Häfen und Gezeiten".into()).await;
    let link = invited(&server, "ada.lovelace", Role::Author).await;
    for (password, code) in [
        ("fourteen chars", "password-too-short"),
        ("\u{1f30a}\u{1f30a}\u{1f30a}\u{1f30a}", "password-too-short"),
        ("ababababababababab", "password-too-simple"),
        ("123456789987654321", "password-common"),
        ("PasswordPassword", "password-common"),
        ("she is ADA.LOVELACE for sure", "password-contains-context"),
        ("i am Lovelace, countess", "password-contains-context"),
        ("die gezeiten kommen und gehen", "password-contains-context"),
        ("ｇｅｚｅｉｔｅｎ in full width", "password-contains-context"),
    ] {
        let response = choose(&server, &link, password).await;
        response.problem(422, "invalid");
        assert_eq!(response.violations(), [format!("/new_password {code}")], "{password}");
    }
    let admin = server.login(Role::Admin).await;
    admin.patch("/v1/site").json(json!({"title": "Leuchttürme"})).await.is(200);
    let response = choose(&server, &link, "alle leuchttürme der Küste").await;
    assert_eq!(response.is(422).violations(), ["/new_password password-contains-context"]);
    let response = choose(&server, &link, &"é".repeat(129)).await;
    assert_eq!(response.violations(), ["/new_password password-too-long"]);
    choose(&server, &link, "ﬁfteen ﬁne ﬁsh swim").await.is(204);
    log_in(&server, "ada.lovelace", "fifteen fine fish swim").await.is(201);
}

#[tokio::test]
async fn roles_that_must_have_a_second_factor_may_have_shorter_passwords() {
    let server =
        Server::start_with(|config| config.accounts.require_second_factor = vec!["admin".into()]).await;
    let (admin, author) =
        (invited(&server, "ada", Role::Admin).await, invited(&server, "bob", Role::Author).await);
    choose(&server, &author, "tides 4 all").await.problem(422, "invalid");
    choose(&server, &admin, "tides 4").await.problem(422, "invalid");
    assert_eq!(choose(&server, &admin, "Football").await.violations(), ["/new_password password-common"]);
    choose(&server, &admin, "tides 4 all").await.is(204);
}

async fn change(client: &crate::client::Client, current: &str, new: &str) -> Response {
    client.post("/v1/me/password").json(json!({"current_password": current, "new_password": new})).await
}

#[tokio::test]
async fn a_change_of_the_password_ends_the_other_sessions_and_is_told_by_mail() {
    let server = Server::start().await;
    let here = server.login_as("ada", Role::Author).await;
    let there = server.login_as("ada", Role::Author).await;
    let link = reset(&server, "ada").await;
    let weak = change(&here, PASSWORD, "too short").await;
    assert_eq!(weak.violations(), ["/new_password password-too-short"]);
    change(&here, PASSWORD, NEW).await.is(204);
    here.get("/v1/me").await.is(200);
    there.get("/v1/me").await.problem(401, "session-ended");
    log_in(&server, "ada", PASSWORD).await.is(401);
    log_in(&server, "ada", NEW).await.is(201);
    choose(&server, &link, PASSWORD).await.problem(409, "link-invalid");
    let mail = mail_to(&server, "ada@lede.example").await;
    assert_eq!(mail.subject, "Your password for Lede was changed");
    assert!(mail.text.contains("\nhttps://cms.lede.example/account/password\n"), "{}", mail.text);
}

#[tokio::test]
async fn guesses_at_the_current_password_are_slowed_down_like_logins() {
    let server = Server::start().await;
    let ada = server.login_as("ada", Role::Author).await;
    for _ in 0..5 {
        change(&ada, "a wrong password", NEW).await.problem(401, "invalid-credentials");
    }
    change(&ada, PASSWORD, NEW).await.problem(429, "too-many-requests");
    log_in(&server, "ada", PASSWORD).await.is(429);
    server.clock.advance(seconds(1));
    change(&ada, PASSWORD, NEW).await.is(204);
}

#[tokio::test]
async fn what_has_happened_to_an_account_is_written_down() {
    let server = Server::start().await;
    let link = invited(&server, "ada", Role::Author).await;
    choose(&server, &link, NEW).await.is(204);
    let link = reset(&server, "ada").await;
    choose(&server, &link, PASSWORD).await.is(204);
    let read = |conn: &mut lede::base::db::Connection| {
        use diesel::prelude::*;
        use lede::base::db::schema::events;
        let rows = events::table.order(events::id).select((events::kind, events::request_id.is_not_null()));
        Ok(rows.load::<(String, bool)>(conn)?)
    };
    let written = server.app.db.read(read).await.expect("events");
    let expected = [
        ("user.invited", false),
        ("user.activated", true),
        ("user.reset_requested", false),
        ("user.password_changed", true),
    ];
    assert_eq!(written, expected.map(|(kind, by_request)| (kind.to_owned(), by_request)));
}

#[tokio::test]
async fn a_login_hashes_the_password_anew_if_the_old_hash_costs_too_little() {
    let server = Server::start().await;
    let id = given::user(&server, "ada", Role::Author).await;
    let hash_of = |hash: Option<String>| {
        use diesel::prelude::*;
        let own = users::table.filter(users::id.eq(id));
        let mut conn = server.database().connect();
        if let Some(hash) = hash {
            diesel::update(own).set(users::password_hash.eq(Some(hash))).execute(&mut conn).expect("a hash");
        }
        own.select(users::password_hash.assume_not_null()).get_result::<String>(&mut conn).expect("a hash")
    };
    let today = hash_of(None);
    log_in(&server, "ada", PASSWORD).await.is(201);
    assert_eq!(hash_of(None), today);
    let cheap = hash_of(Some(given::password_hash_at(HashCost { kibibytes: 8, passes: 1 })));
    log_in(&server, "ada", "wrong").await.is(401);
    assert_eq!(hash_of(None), cheap);
    log_in(&server, "ada", PASSWORD).await.is(201);
    let rehashed = hash_of(None);
    assert!(rehashed.contains("m=16,t=1"), "{rehashed}");
    log_in(&server, "ada", PASSWORD).await.is(201);
    assert_eq!(hash_of(None), rehashed);
}

/// A login as `ada` from a device; returns how many mails about new devices she has been sent by then.
async fn log_in_on(server: &Server, device: &str, network: &str) -> usize {
    let call = server.client().post("/v1/auth/sessions").header("user-agent", device);
    let call = call.header("x-forwarded-for", network);
    call.json(json!({"email": "ada@lede.example", "password": PASSWORD})).await.is(201);
    server.run_jobs().await;
    let told = subjects(server, "ada@lede.example");
    told.iter().filter(|subject| *subject == "New login to your account at Lede").count()
}

#[tokio::test]
async fn a_login_from_a_new_device_is_told_by_mail_unless_it_is_the_first_or_turned_off() {
    let server = Server::start_with(|config| {
        config.server.trusted_proxies = vec!["127.0.0.0/8".parse().expect("a network")];
    })
    .await;
    given::user(&server, "ada", Role::Author).await;
    assert_eq!(log_in_on(&server, "Falcon/12.1 (Sailfish)", "192.0.2.1").await, 0);
    assert_eq!(log_in_on(&server, "Falcon/12.1 (Sailfish)", "192.0.2.9").await, 0);
    assert_eq!(log_in_on(&server, "Falcon/13.0 (Sailfish)", "192.0.2.1").await, 0);
    assert_eq!(log_in_on(&server, "Otter/1.0 (River)", "198.51.100.7").await, 1);
    assert_eq!(log_in_on(&server, "Otter/1.0 (River)", "198.51.100.7").await, 1);
    let mail = mail_to(&server, "ada@lede.example").await;
    for line in ["Device: Otter/1.0 (River)", "Network: 198.51.100.0/24", "Time: 2026-01-05 09:00 UTC"] {
        assert!(mail.text.contains(&format!("\n{line}\n")), "{}", mail.text);
    }
    // What was seen is known for good, though rows of sessions are deleted.
    server.clock.advance(days(100));
    server.app.db.write(lede::accounts::sessions::purge).await.expect("a purge");
    assert_eq!(log_in_on(&server, "Otter/1.0 (River)", "198.51.100.7").await, 2);
    let ada = server.login_as("ada", Role::Author).await;
    let before = log_in_on(&server, "Otter/1.0 (River)", "198.51.100.7").await;
    ada.patch("/v1/me").json(json!({"notifications": {"new_device": false}})).await.is(200);
    assert_eq!(log_in_on(&server, "Heron/2.0 (Marsh)", "203.0.113.7").await, before);
}

/// Logins with the old password while it is changed on another replica, when its hash is made anew, too.
#[tokio::test]
async fn no_login_with_the_old_password_outlives_its_change() {
    let one = Server::start().await;
    let other = Server::start_on(one.database(), one.clock.clone(), |_| {}).await;
    for round in 0..crate::test_database::rounds(10) {
        let name = format!("ada-{round}");
        let user = given::user(&one, &name, Role::Author).await;
        let here = one.login_as(&name, Role::Author).await;
        let cheaper = given::password_hash_at(lede::auth::HashCost { kibibytes: 8, passes: 1 });
        let outdate =
            move |tx: &mut lede::base::db::Tx<'_>| lede::users::store::set_password_hash(tx, user, &cheaper);
        one.app.db.write(outdate).await.expect("a write");
        let logins = (0..4).map(|_| log_in(&other, &name, PASSWORD));
        let logins = futures_util::future::join_all(logins);
        let (changed, logins) = futures_util::future::join(change(&here, PASSWORD, NEW), logins).await;
        if changed.status() == 401 {
            // A login came first, and with it another hash of the same password.
            continue;
        }
        changed.is(204);
        for login in logins.iter().filter(|login| login.status() == 201) {
            let token = login.json()["access_token"].as_str().expect("a token").to_owned();
            other.client().with_token(&token).get("/v1/me").await.problem(401, "session-ended");
        }
        log_in(&other, &name, NEW).await.is(201);
        log_in(&other, &name, PASSWORD).await.is(401);
    }
}
