//! What tests begin with: users, times, and the words of a story.
#![allow(dead_code, reason = "more is offered than today's tests take")]

use std::sync::OnceLock;
use std::time::Duration;

use argon2::{Algorithm, Argon2, Params, PasswordHasher as _, Version};
use diesel::prelude::*;
use lede::accounts::emails::AccountEmails;
use lede::accounts::second_factor::store as totp;
use lede::accounts::{email_changes, invitations};
use lede::auth::api_key::ApiKeyText;
use lede::auth::{HashCost, POLICY, Role};
use lede::base::clock::Timestamp;
use lede::base::db::schema::{api_keys, jobs as kept, second_factors, users};
use lede::base::db::types::Json;
use lede::base::ids::{ApiKeyId, IsId as _, JobId, SubscriberId, UserId};
use lede::base::jobs;
use lede::base::mail::SentEmail;
use lede::subscribers::RequestConfirmation;
use lede::users::EmailAddress;
use lede::users::store::{self, UserRow};
use serde_json::json;

use crate::client::Client;
use crate::server::Server;

/// When every test begins: a Monday.
pub const MOMENT: &str = "2026-01-05T09:00:00Z";
/// The password of every user that tests make.
pub const PASSWORD: &str = "correct horse battery staple";

/// The moment at which every test begins.
pub fn moment() -> Timestamp {
    Timestamp::parse(MOMENT).expect("a time")
}

pub fn milliseconds(n: u64) -> Duration {
    Duration::from_millis(n)
}

pub fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

pub fn minutes(n: u64) -> Duration {
    seconds(n * 60)
}

pub fn hours(n: u64) -> Duration {
    minutes(n * 60)
}

pub fn days(n: u64) -> Duration {
    hours(n * 24)
}

/// What a hash costs on a test's server: nearly nothing.
pub const HASH_COST: HashCost = HashCost { kibibytes: 16, passes: 1 };

/// A hash of [`PASSWORD`] that costs as much as those that the server makes.
pub fn password_hash() -> String {
    static HASH: OnceLock<String> = OnceLock::new();
    HASH.get_or_init(|| password_hash_at(HASH_COST)).clone()
}

/// A hash of [`PASSWORD`] at another cost.
pub fn password_hash_at(cost: HashCost) -> String {
    let params = Params::new(cost.kibibytes, cost.passes, 1, None).expect("a cost");
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password(PASSWORD.as_bytes()).expect("a hash").to_string()
}

/// Adds the user `name@lede.example`, unless they are there already.
pub async fn user(server: &Server, name: &str, role: Role) -> UserId {
    let now = server.clock.now();
    let email = format!("{name}@lede.example");
    let key = name.bytes().fold(0u128, |key, byte| key.wrapping_mul(257).wrapping_add(byte.into()));
    // An id of its own for each name, so that the server's sequence of random bytes does not depend on it.
    let id = UserId::from_uuid(
        uuid::Builder::from_unix_timestamp_millis(
            u64::try_from(moment().as_micros() / 1000).expect("after 1970"),
            key.to_le_bytes()[..10].try_into().expect("ten bytes"),
        )
        .into_uuid(),
    );
    let email = EmailAddress::parse(&email).expect("an address");
    let row = UserRow::new(id, &email, name.to_owned(), role, now).with_password(password_hash());
    let insert = move |tx: &mut lede::base::db::Tx<'_>| match store::find(tx, row.id)? {
        Some(_) => Ok(()),
        None => store::insert(tx, &row),
    };
    server.app.db.write(insert).await.expect("a user");
    id
}

/// Invites `name@lede.example` with that role. Returns the path of the link in the mail.
pub async fn invited(server: &Server, name: &str, role: Role) -> String {
    let (email, now) = (format!("{name}@lede.example"), server.clock.now());
    let id = server.app.random.id(now).expect("an id");
    let address = EmailAddress::parse(&email).expect("an address");
    let row = UserRow::new(id, &address, name.to_owned(), role, now);
    let emails = AccountEmails::new(&server.app);
    let invite = move |tx: &mut lede::base::db::Tx<'_>| {
        store::insert(tx, &row)?;
        invitations::send(tx, &emails, &row)
    };
    server.app.db.write(invite).await.expect("an invitation");
    account_link(&mail_to(server, &email).await)
}

/// Asks a user to confirm that address. Returns the path of the link in the mail.
pub async fn new_email(server: &Server, user: UserId, email: &str) -> String {
    let (new, emails) = (EmailAddress::parse(email).expect("an address"), AccountEmails::new(&server.app));
    let change = move |tx: &mut lede::base::db::Tx<'_>| {
        let user = store::find(tx, user)?.expect("a user");
        email_changes::request(tx, &emails, &user, &new)
    };
    server.app.db.write(change).await.expect("a change");
    account_link(&mail_to(server, email).await)
}

/// The path of the link in a mail about an account.
pub fn account_link(mail: &SentEmail) -> String {
    let (_, rest) = mail.text.split_once("https://cms.lede.example/account/").expect("a link");
    format!("/account/{}", rest.split_whitespace().next().expect("a path"))
}

/// The token at the end of a path.
pub fn token(link: &str) -> &str {
    link.rsplit('/').next().expect("a token")
}

/// Disables the user `name@lede.example`.
pub async fn disable(server: &Server, name: &str) {
    let (email, now) = (format!("{name}@lede.example"), server.clock.now());
    let disable = move |tx: &mut lede::base::db::Tx<'_>| {
        diesel::update(users::table.filter(users::email_key.eq(&email)))
            .set(users::disabled_at.eq(Some(now)))
            .execute(&mut **tx)?;
        Ok(())
    };
    server.app.db.write(disable).await.expect("a write");
}

/// How far the second factor of a user is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Factor {
    None,
    Begun,
    Active,
}

/// What the authenticator app of [`second_factor`] holds.
pub const TOTP_SECRET: [u8; 20] = [7; 20];

/// Gives those of the users `name@lede.example` who are there a second factor with [`TOTP_SECRET`], or takes it away.
pub async fn second_factor(server: &Server, names: &[&str], factor: Factor) {
    let (keys, now) = (server.app.keys.clone(), server.clock.now());
    let emails = AccountEmails::new(&server.app);
    let addresses: Vec<String> = names.iter().map(|name| format!("{name}@lede.example")).collect();
    let set = move |tx: &mut lede::base::db::Tx<'_>| {
        let wanted = users::table.filter(users::email_key.eq_any(&addresses));
        let ids: Vec<UserId> = wanted.select(users::id).load(&mut **tx)?;
        for id in ids {
            let user = store::find(tx, id)?.expect("a user");
            totp::remove(tx, &emails, &user)?;
            if factor == Factor::None {
                continue;
            }
            totp::begin(tx, &keys, id)?;
            let confirmed_at = (factor == Factor::Active).then_some(now);
            let sealed = keys.seal("totp", &TOTP_SECRET, tx.random())?;
            diesel::update(second_factors::table.filter(second_factors::user_id.eq(id)))
                .set((second_factors::sealed.eq(sealed), second_factors::confirmed_at.eq(confirmed_at)))
                .execute(&mut **tx)?;
            diesel::update(users::table.filter(users::id.eq(id)))
                .set(users::second_factor_at.eq(confirmed_at))
                .execute(&mut **tx)?;
        }
        Ok(())
    };
    server.app.db.write(set).await.expect("a write");
}

/// Gives a user another role.
pub async fn set_role(server: &Server, user: UserId, role: Role) {
    let set = move |tx: &mut lede::base::db::Tx<'_>| {
        diesel::update(users::table.filter(users::id.eq(user)))
            .set(users::role.eq(role.as_str()))
            .execute(&mut **tx)?;
        Ok(())
    };
    server.app.db.write(set).await.expect("a write");
}

/// An API key of that user with every scope there is, stored without a request.
pub async fn stored_api_key(server: &Server, user: UserId) -> String {
    let key = ApiKeyText::make(&server.app.random).expect("a key");
    let (text, now) = (key.expose(), server.clock.now());
    let scopes: Vec<String> =
        POLICY.iter().filter(|right| right.for_keys).map(|right| right.name.to_owned()).collect();
    let insert = move |tx: &mut lede::base::db::Tx<'_>| {
        let id: ApiKeyId = tx.new_id()?;
        let mut stored = Json::default();
        stored.set(scopes.clone());
        diesel::insert_into(api_keys::table)
            .values((
                api_keys::id.eq(id),
                api_keys::user_id.eq(user),
                api_keys::prefix.eq(key.prefix()),
                api_keys::name.eq("Console"),
                api_keys::scopes.eq(stored),
                api_keys::secret_hash.eq(key.hash().to_vec()),
                api_keys::created_at.eq(now),
            ))
            .execute(&mut **tx)?;
        Ok(())
    };
    server.app.db.write(insert).await.expect("a write");
    text
}

/// A new API key of a client's user: its path, and a client that sends it.
pub async fn api_key(owner: &Client, scopes: &[&str]) -> (String, Client) {
    let made = owner
        .post("/v1/api-keys")
        .json(json!({"current_password": PASSWORD, "name": "A program", "scopes": scopes}))
        .await;
    let key = made.expect(201)["key"].as_str().expect("a key").to_owned();
    (made.location().to_owned(), owner.clone().with_token(&key))
}

/// Waits until it is recorded that API keys were used, which is done beside their requests.
pub async fn recorded_use(server: &Server) {
    let mut conn = server.database().connect();
    let unused = || api_keys::table.filter(api_keys::last_used_at.is_null()).count();
    while unused().get_result::<i64>(&mut conn).expect("a count") > 0 {
        tokio::task::yield_now().await;
    }
}

/// The newest mail to that address, when everything that is due has been done.
pub async fn mail_to(server: &Server, address: &str) -> SentEmail {
    server.run_jobs().await;
    let sent = server.mail.all().into_iter().rev().find(|mail| mail.to == address);
    sent.unwrap_or_else(|| panic!("no mail to {address}"))
}

/// The path of the mail's link that does `what`, as the text has it.
pub fn link(mail: &SentEmail, what: &str) -> String {
    let (_, rest) = mail.text.split_once(&format!("/subscribe/{what}/")).expect("a link");
    format!("/subscribe/{what}/{}", rest.split_whitespace().next().expect("a token"))
}

/// The path of a job that has died.
pub async fn dead_job(server: &Server) -> String {
    let nobody = SubscriberId::from_uuid(uuid::Uuid::from_u128(7));
    let write = move |tx: &mut lede::base::db::Tx<'_>| {
        let now = tx.now();
        jobs::enqueue(tx, &RequestConfirmation { subscriber: nobody }, now)?;
        let newest = kept::table.order(kept::id.desc()).select(kept::id);
        let id: JobId = newest.first(&mut **tx)?;
        diesel::update(kept::table.filter(kept::id.eq(id)))
            .set((
                kept::attempts.eq(10),
                kept::last_error.eq("the database is away"),
                kept::dead_at.eq(Some(now)),
            ))
            .execute(&mut **tx)?;
        Ok(id)
    };
    format!("/v1/jobs/{}", server.app.db.write(write).await.expect("a job"))
}
