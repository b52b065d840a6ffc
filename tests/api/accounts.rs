//! Logging in, and the tokens that come of it: what is not exactly one of ours, and good now, is nobody's.

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use lede::auth::Role;
use lede::auth::seal::Purpose;
use lede::base::db::schema::{events, users};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};

use crate::given::{self, PASSWORD, minutes, seconds};
use crate::server::Server;

const SESSIONS: &str = "/v1/auth/sessions";

#[tokio::test]
async fn a_login_returns_an_access_token_and_its_user() {
    let server = Server::start().await;
    let id = given::user(&server, "ada", Role::Author).await;
    let response =
        server.client().post(SESSIONS).json(json!({"email": "ADA@LEDE.example", "password": PASSWORD})).await;
    let session = response.expect(201);
    assert_eq!(response.header("cache-control"), Some("no-store"));
    assert_eq!((&session["token_type"], &session["expires_in"]), (&json!("Bearer"), &json!(600)));
    assert_eq!(session["user"]["id"], id.to_string());
    let token = session["access_token"].as_str().expect("a token");
    let me = server.client().with_token(token).get("/v1/me").await.expect(200);
    assert_eq!(me["email"], session["user"]["email"]);
}

#[tokio::test]
async fn a_login_that_fails_does_not_say_why() {
    let server = Server::start().await;
    given::user(&server, "ada", Role::Author).await;
    let disabled = given::user(&server, "bob", Role::Author).await;
    let now = server.clock.now();
    let disable = move |tx: &mut lede::base::db::Tx<'_>| {
        use diesel::prelude::*;
        diesel::update(users::table.filter(users::id.eq(disabled)))
            .set(users::disabled_at.eq(now))
            .execute(&mut **tx)?;
        Ok(())
    };
    server.app.db.write(disable).await.expect("a write");
    let mut told = Vec::new();
    for (email, password) in [
        ("ada@lede.example", "another password of hers"),
        ("ada@lede.example", ""),
        ("nobody@lede.example", PASSWORD),
        ("bob@lede.example", PASSWORD),
        ("no address at all", PASSWORD),
    ] {
        let response =
            server.client().post(SESSIONS).json(json!({"email": email, "password": password})).await;
        let mut problem = response.problem(401, "invalid-credentials");
        problem["request_id"] = Value::Null;
        told.push((problem, response.header("www-authenticate").map(str::to_owned)));
    }
    assert!(told.iter().all(|one| *one == told[0]), "{told:#?}");
}

#[tokio::test]
async fn a_login_takes_what_it_documents_and_nothing_else() {
    let server = Server::start().await;
    let client = server.client();
    for (body, places) in [
        (json!({"email": "ada@lede.example"}), " field-missing"),
        (json!({"email": "ada@lede.example", "password": "x", "otp": "1"}), "/otp field-unknown"),
        (json!({"email": 1, "password": "x"}), "/email type-mismatch"),
        (json!({"email": "ada@lede.example", "password": "x".repeat(257)}), "/password password-too-long"),
        (json!({"email": "ada@lede.example", "password": "x\u{0}"}), "/password text-contains-nul"),
    ] {
        let response = client.post(SESSIONS).json(body).await;
        response.problem(422, "invalid");
        assert_eq!(response.violations(), [places]);
    }
    let response =
        client.post(SESSIONS).once("k").json(json!({"email": "a@b.example", "password": "x"})).await;
    response.problem(400, "request-malformed");
    assert_eq!(response.violations(), ["Idempotency-Key parameter-unknown"]);
}

#[tokio::test]
async fn a_login_is_written_down_without_names() {
    let server = Server::start().await;
    let user = server.login(Role::Author).await.user();
    let read = |conn: &mut lede::base::db::Connection| {
        use diesel::prelude::*;
        Ok(events::table
            .select((events::kind, events::actor_id))
            .load::<(String, Option<lede::base::ids::UserId>)>(conn)?)
    };
    let written = server.app.db.read(read).await.expect("events");
    assert_eq!(written, [("session.created".to_owned(), Some(user))]);
}

#[tokio::test]
async fn a_token_ends_after_ten_minutes_and_half_a_minute_of_grace() {
    let server = Server::start().await;
    let token = server.login(Role::Editor).await.token().expect("a token");
    let client = server.client().with_token(&token);
    server.clock.advance(minutes(10) + seconds(29));
    client.get("/v1/me").await.is(200);
    server.clock.advance(seconds(2));
    client.get("/v1/me").await.problem(401, "token-expired");
}

#[tokio::test]
async fn a_token_ends_with_its_user() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    editor.get("/v1/me").await.is(200);
    let (id, now) = (editor.user(), server.clock.now());
    let disable = move |tx: &mut lede::base::db::Tx<'_>| {
        use diesel::prelude::*;
        diesel::update(users::table.filter(users::id.eq(id)))
            .set(users::disabled_at.eq(now))
            .execute(&mut **tx)?;
        Ok(())
    };
    server.app.db.write(disable).await.expect("a write");
    editor.get("/v1/me").await.problem(401, "session-ended");
}

#[tokio::test]
async fn only_one_authorization_of_the_bearer_kind_counts() {
    let server = Server::start().await;
    let token = server.login(Role::Editor).await.token().expect("a token");
    let anyone = server.client();
    anyone.get("/v1/me").header("authorization", &format!("bearer {token}")).await.is(200);
    let twice = anyone.get("/v1/me").header("authorization", &format!("Bearer {token}"));
    twice.header("authorization", &format!("Bearer {token}")).await.is(401);
    for value in
        [format!("Basic {token}"), format!("Bearer{token}"), token.clone(), "Bearer ".into(), String::new()]
    {
        let refused = anyone.get("/v1/me").header("authorization", &value).await;
        refused.problem(401, "token-missing");
        assert_eq!(refused.header("www-authenticate"), Some("Bearer"), "{value}");
    }
    anyone.get(format!("/v1/me?access_token={token}")).await.is(400);
    anyone.get("/v1/me").header("cookie", &format!("access_token={token}")).await.is(401);
}

#[tokio::test]
async fn a_401_says_which_and_names_an_error_only_if_a_token_was_sent() {
    let server = Server::start().await;
    let token = server.login(Role::Editor).await.token().expect("a token");
    let anyone = server.client();
    let challenge = |response: &crate::client::Response, code: &str| {
        response.problem(401, code);
        response.header("www-authenticate").expect("a challenge").to_owned()
    };
    assert_eq!(challenge(&anyone.get("/v1/me").await, "token-missing"), "Bearer");
    let log_in = json!({"email": "editor@lede.example", "password": "wrong"});
    assert_eq!(challenge(&anyone.post(SESSIONS).json(log_in).await, "invalid-credentials"), "Bearer");
    let too_long = "x".repeat(5000);
    for invalid in ["malformed", "a.b.c", &too_long, &token[1..]] {
        let response = anyone.clone().with_token(invalid).get("/v1/me").await;
        let challenge = challenge(&response, "token-invalid");
        assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{challenge}");
    }
    let invalid = anyone.patch("/v1/site").header("authorization", "Bearer malformed").json(json!({})).await;
    invalid.problem(401, "token-invalid");
    server.clock.advance(minutes(11));
    let challenge = challenge(&anyone.with_token(&token).get("/v1/me").await, "token-expired");
    assert!(challenge.starts_with("Bearer error=\"invalid_token\""), "{challenge}");
    assert!(challenge.contains("expired"), "{challenge}");
}

/// The server's own key, to make tokens that are wrong in one thing only.
struct Forge {
    kid: String,
    key: Ed25519KeyPair,
    now: i64,
    user: String,
    session: String,
    refresh_token: String,
}

impl Forge {
    async fn of(server: &Server) -> Self {
        let seal = server.app.seal.clone();
        let keys = server.app.db.read(move |conn| seal.load(conn, Purpose::Sign)).await.expect("keys");
        let user = given::user(server, "ada", Role::Editor).await;
        let log_in = json!({"email": "ada@lede.example", "password": PASSWORD});
        let session = server.client().post(SESSIONS).json(log_in).await.expect(201);
        Self {
            kid: keys[0].id.to_string(),
            key: Ed25519KeyPair::from_seed_unchecked(&keys[0].seed).expect("a key"),
            now: server.clock.now().as_seconds(),
            user: user.to_string(),
            session: session["session"]["id"].as_str().expect("an id").to_owned(),
            refresh_token: session["refresh_token"].as_str().expect("a token").to_owned(),
        }
    }

    fn header(&self) -> Value {
        json!({"alg": "EdDSA", "typ": "at+jwt", "kid": self.kid})
    }

    fn claims(&self) -> Value {
        json!({"iss": "https://cms.lede.example", "aud": "lede", "sub": self.user, "sid": self.session,
               "client_id": "lede", "iat": self.now, "nbf": self.now,
               "exp": self.now + 600, "jti": "019c1234-5678-7abc-8def-0123456789ab"})
    }

    fn sign(&self, header: &str, claims: &str) -> String {
        let said = format!("{}.{}", encode(header.as_bytes()), encode(claims.as_bytes()));
        let signature = self.key.sign(said.as_bytes());
        format!("{said}.{}", encode(signature.as_ref()))
    }

    fn token(&self, header: &Value, claims: &Value) -> String {
        self.sign(&header.to_string(), &claims.to_string())
    }

    fn with_claim(&self, name: &str, value: Value) -> String {
        let mut claims = self.claims();
        claims[name] = value;
        self.token(&self.header(), &claims)
    }

    fn with_header(&self, name: &str, value: Value) -> String {
        let mut header = self.header();
        header[name] = value;
        self.token(&header, &self.claims())
    }
}

fn encode(bytes: &[u8]) -> String {
    BASE64_URL_SAFE_NO_PAD.encode(bytes)
}

#[tokio::test]
async fn a_token_that_is_wrong_in_one_thing_is_nobodys() {
    let server = Server::start().await;
    let forge = Forge::of(&server).await;
    let good = forge.token(&forge.header(), &forge.claims());
    let anyone = server.client();
    anyone.clone().with_token(&good).get("/v1/me").await.is(200);

    let (said, signature) = good.rsplit_once('.').expect("a signature");
    let (head, body) = said.split_once('.').expect("a header");
    let public = forge.key.public_key().as_ref();
    let hmac = ring::hmac::Key::new(ring::hmac::HMAC_SHA256, public);
    let symmetric = format!(
        "{}.{body}",
        encode(json!({"alg": "HS256", "typ": "at+jwt", "kid": forge.kid}).to_string().as_bytes())
    );
    let none = encode(json!({"alg": "none", "typ": "at+jwt", "kid": forge.kid}).to_string().as_bytes());
    let other_key = Forge {
        key: Ed25519KeyPair::from_seed_unchecked(&[7; 32]).expect("a key"),
        ..Forge::of(&server).await
    };
    let jwk = json!({"kty": "OKP", "crv": "Ed25519", "x": encode(other_key.key.public_key().as_ref())});
    let mut carries_key = forge.header();
    carries_key["jwk"] = jwk;
    let twice =
        forge.claims().to_string().replacen('{', "{\"sub\":\"019c1234-5678-7abc-8def-0123456789ab\",", 1);
    let mut wrong = vec![
        ("no algorithm, no signature", format!("{none}.{body}.")),
        ("no algorithm, a signature", format!("{none}.{body}.{signature}")),
        (
            "HS256 with the public key",
            format!("{symmetric}.{}", encode(ring::hmac::sign(&hmac, symmetric.as_bytes()).as_ref())),
        ),
        ("another's signature", other_key.token(&other_key.header(), &other_key.claims())),
        ("a key of its own", other_key.token(&carries_key, &other_key.claims())),
        ("another kid", forge.with_header("kid", json!("019c1234-5678-7abc-8def-0123456789ab"))),
        ("an injected kid", forge.with_header("kid", json!(format!("{}' OR '1'='1", forge.kid)))),
        ("a path as kid", forge.with_header("kid", json!("../../../dev/null"))),
        ("no kid", forge.with_header("kid", Value::Null)),
        ("another type", forge.with_header("typ", json!("JWT"))),
        ("no type", forge.with_header("typ", Value::Null)),
        ("another algorithm's name", forge.with_header("alg", json!("ES256"))),
        ("another issuer", forge.with_claim("iss", json!("https://other.example"))),
        ("another audience", forge.with_claim("aud", json!("other"))),
        ("nobody we know", forge.with_claim("sub", json!("019c1234-5678-7abc-8def-0123456789ab"))),
        ("no user's id", forge.with_claim("sub", json!("admin"))),
        ("over for 31 seconds", forge.with_claim("exp", json!(forge.now - 31))),
        ("not yet for 31 seconds", forge.with_claim("nbf", json!(forge.now + 31))),
        ("made in the future", forge.with_claim("iat", json!(forge.now + 31))),
        ("another client", forge.with_claim("client_id", json!("other"))),
        ("no session we know", forge.with_claim("sid", json!("019c1234-5678-7abc-8def-0123456789ab"))),
        ("no session's id", forge.with_claim("sid", json!(1))),
        ("a refresh token", forge.refresh_token.clone()),
        ("a claim we do not make", forge.with_claim("role", json!("admin"))),
        ("a claim that comes twice", forge.sign(&forge.header().to_string(), &twice)),
        ("one part", head.to_owned()),
        ("two parts", said.to_owned()),
        ("four parts", format!("{good}.{signature}")),
        ("bytes behind", format!("{good}AAAA")),
        ("padding", format!("{good}=")),
        ("a space behind", format!("{good} x")),
        ("a changed bit", format!("{said}.{}", flipped(signature))),
        ("too long", format!("{good}{}", "A".repeat(4096))),
    ];
    for claim in ["iss", "aud", "sub", "sid", "client_id", "iat", "nbf", "exp", "jti"] {
        let mut claims = forge.claims();
        claims.as_object_mut().expect("claims").remove(claim);
        wrong.push((claim, forge.token(&forge.header(), &claims)));
    }
    for (what, token) in wrong {
        let status = anyone.clone().with_token(&token).get("/v1/me").await.status();
        assert_eq!(status, 401, "{what}: {token}");
    }
}

/// The signature with its first character changed.
fn flipped(signature: &str) -> String {
    let first = if signature.starts_with('A') { 'B' } else { 'A' };
    format!("{first}{}", &signature[1..])
}
