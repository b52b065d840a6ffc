//! What SECURITY.md claims of OWASP's ASVS and no other test shows.

use lede::auth::{HashCost, Password, Passwords, Role};
use lede::base::compute::{Compute, cores};
use lede::base::random::Random;
use lede::users::store;
use serde_json::json;

use crate::given::{self, PASSWORD};
use crate::server::Server;

const SESSIONS: &str = "/v1/auth/sessions";

/// ASVS 5.0, appendix C: with three passes or more, at least 12,288 KiB.
#[tokio::test]
async fn passwords_are_hashed_with_argon2id_and_a_salt_of_their_own() {
    let passwords = Passwords::new(HashCost::default());
    let mut hashes = Vec::new();
    for _ in 0..2 {
        let password = Password::typed(PASSWORD).expect("a password");
        hashes.push(passwords.hash(password).await.expect("a hash"));
    }
    assert_ne!(hashes[0], hashes[1]);
    for hash in hashes {
        let parts: Vec<&str> = hash.split('$').collect();
        assert_eq!(parts[1..4], ["argon2id", "v=19", "m=19456,t=3,p=1"], "{hash}");
        // 16 bytes of salt and 32 of hash, in base64.
        assert_eq!((parts[4].len(), parts[5].len()), (22, 43), "{hash}");
    }
}

#[tokio::test]
async fn there_is_no_account_before_somebody_makes_one() {
    let server = Server::start().await;
    assert!(!server.app.db.read(store::exist).await.expect("an answer"));
    for email in ["admin@lede.example", "admin@website.example", "root@localhost"] {
        for password in ["admin", "password", ""] {
            let body = json!({"email": email, "password": password});
            server.client().post(SESSIONS).json(body).await.problem(401, "invalid-credentials");
            server.clock.advance(given::hours(1));
        }
    }
}

#[tokio::test]
async fn every_login_gets_tokens_of_its_own_with_256_random_bits() {
    let server = Server::start().await;
    given::user(&server, "ada", Role::Editor).await;
    let body = json!({"email": "ada@lede.example", "password": PASSWORD});
    let mut tokens = std::collections::BTreeSet::new();
    for _ in 0..10 {
        let session = server.client().post(SESSIONS).json(&body).await.expect(201);
        let token = session["refresh_token"].as_str().expect("a token").to_owned();
        assert_eq!(token.len(), 43, "32 bytes in base64url");
        tokens.insert(token);
        tokens.insert(session["access_token"].as_str().expect("a token").to_owned());
    }
    assert_eq!(tokens.len(), 20);
    // What a server draws from unless a test replaces it: the generator of the operating system.
    let drawn: std::collections::BTreeSet<[u8; 16]> =
        (0..1000).map(|_| Random::System.bytes().expect("bytes")).collect();
    assert_eq!(drawn.len(), 1000);
}

#[tokio::test]
async fn a_password_may_be_of_any_characters_and_is_never_cut() {
    let server = Server::start().await;
    for text in ["päßwörter sind ✓ erlaubt", &"0123456789abcdef".repeat(15), "    spaces    count    "] {
        let password = Password::typed(text).expect("a password");
        let hash = server.app.passwords.hash(password).await.expect("a hash");
        let network = std::net::IpAddr::from([127, 0, 0, 1]);
        let verify = |text: &str| {
            let typed = Password::typed(text).expect("a password");
            server.app.passwords.verify(typed, Some(hash.clone()), network)
        };
        assert!(verify(text).await.expect("an answer"), "{text}");
        for other in [text.trim_end_matches(' ').to_owned() + "x", text[..text.len() - 1].to_owned()] {
            assert!(!verify(&other).await.expect("an answer"), "{other}");
        }
        let swapped = if text == text.to_uppercase() { text.to_lowercase() } else { text.to_uppercase() };
        assert!(swapped == text || !verify(&swapped).await.expect("an answer"), "{swapped}");
    }
}

/// A hash from when they cost less takes as long to be refused as one of today's.
#[tokio::test]
async fn a_wrong_password_takes_as_long_with_a_cheaper_hash() {
    let today = HashCost { kibibytes: 4096, passes: 4 };
    let (passwords, place) = (Passwords::new(today), "192.0.2.1".parse().expect("an address"));
    let mut took = Vec::new();
    for made in [today, HashCost { kibibytes: 64, passes: 1 }] {
        let hash = given::password_hash_at(made);
        let mut times = Vec::new();
        for _ in 0..9 {
            let began = std::time::Instant::now();
            let wrong = Password::typed("a wrong password").expect("a password");
            assert!(!passwords.verify(wrong, Some(hash.clone()), place).await.expect("an answer"));
            times.push(began.elapsed());
        }
        took.push(times.into_iter().min().expect("times"));
    }
    // A machine with much else to do makes it roughly the same; without more work it would be a hundredth.
    assert!(took[1] * 8 > took[0], "{took:?}");
    let beyond = |kibibytes, passes| today.beyond(HashCost { kibibytes, passes });
    assert_eq!(beyond(4096, 4), None);
    assert_eq!(beyond(8192, 4), None);
    assert_eq!(beyond(4096, 1), Some(HashCost { kibibytes: 3072, passes: 4 }));
}

/// Logins and rendering wait for each other at no time: while one uses all of its turns, the other goes on.
#[tokio::test]
async fn passwords_are_hashed_apart_from_other_work() {
    let (passwords, compute) = (Passwords::new(given::HASH_COST), Compute::default());
    let (release, held) = std::sync::mpsc::channel::<()>();
    let held = std::sync::Arc::new(std::sync::Mutex::new(held));
    let busy: Vec<_> = (0..cores())
        .map(|_| {
            let (compute, held) = (compute.clone(), held.clone());
            tokio::spawn(async move {
                let wait = move || Ok(held.lock().expect("a lock").recv().is_ok());
                compute.run(wait).await
            })
        })
        .collect();
    tokio::task::yield_now().await;
    let password = Password::typed(PASSWORD).expect("a password");
    passwords.hash(password).await.expect("a hash");
    for _ in &busy {
        release.send(()).expect("somebody waits");
    }
    for done in busy {
        assert!(done.await.expect("a task").expect("an end"));
    }
}
