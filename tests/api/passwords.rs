//! Choosing passwords: by invitation, by reset, by the current password; and what is told of it.

use futures_util::future::join_all;
use lede::accounts::emails::AccountEmails;
use lede::auth::{HashCost, Role};
use lede::base::db::schema::users;
use lede::base::error::Error;
use lede::users::store;
use serde_json::json;

use crate::client::Response;
use crate::given::{self, PASSWORD, account_link, days, hours, invited, mail_to, minutes, seconds, token};
use crate::mail_server::MailServer;
use crate::server::Server;
use crate::smtp::server_with;

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
