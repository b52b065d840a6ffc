//! Clients who may act no longer by the time their request has been read.

use futures_util::future::{join, join_all};
use lede::auth::Role;
use serde_json::json;
use tokio::io::AsyncWriteExt as _;
use tokio::net::TcpStream;

use crate::client::{Call, Client};
use crate::given::{self, PASSWORD};
use crate::server::Server;
use crate::sockets::{answered, connect};
use crate::test_database::rounds;
use crate::writing::ARTICLES;

/// A request that the server has read but for its last byte.
struct Pending {
    stream: TcpStream,
    last: Vec<u8>,
}

impl Pending {
    async fn send(server: &Server, client: &Client, call: Call) -> Self {
        let (most, last) = call.in_two(&client.token().expect("a token"));
        let mut stream = connect(server).await;
        stream.write_all(&most).await.expect("a request");
        server.answer_others().await;
        Self { stream, last }
    }

    async fn finish(mut self) -> u16 {
        self.stream.write_all(&self.last).await.expect("a request");
        answered(&mut self.stream).await
    }
}

fn user(client: &Client) -> String {
    format!("/v1/users/{}", client.user())
}

#[tokio::test]
async fn an_admin_who_is_disabled_or_demoted_meanwhile_invites_nobody() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let changes = [(json!({"disabled": true}), 401), (json!({"role": "author"}), 403)];
    for (name, (change, expected)) in ["mal", "mel"].into_iter().zip(changes) {
        let other = server.login_as(name, Role::Admin).await;
        let invitation = json!({"email": format!("by-{name}@lede.example"), "name": "New", "role": "admin"});
        let pending = Pending::send(&server, &other, other.post("/v1/users").json(invitation)).await;
        admin.patch(user(&other)).json(change).await.is(200);
        assert_eq!(pending.finish().await, expected, "{name}");
        assert_eq!(admin.get("/v1/users?q=by-").await.expect(200)["items"], json!([]), "{name}");
    }
}

#[tokio::test]
async fn an_erased_user_writes_nothing_more() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = server.login_as("ada", Role::Author).await;
    let article = Pending::send(&server, &ada, ada.post(ARTICLES).json(json!({"title": "Tides"}))).await;
    let me = Pending::send(&server, &ada, ada.patch("/v1/me").json(json!({"name": "Ada again"}))).await;
    let key = json!({"name": "Build", "scopes": ["articles:read"], "current_password": PASSWORD});
    let key = Pending::send(&server, &ada, ada.post("/v1/api-keys").json(key)).await;
    admin.delete(user(&ada)).await.is(204);
    for pending in [article, me, key] {
        assert_eq!(pending.finish().await, 401);
    }
    assert_eq!(admin.get("/v1/drafts").await.expect(200)["items"], json!([]));
}

#[tokio::test]
async fn a_key_that_is_revoked_rotated_or_narrowed_meanwhile_creates_nothing() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let narrow = json!({"scopes": ["articles:read"]});
    for (what, expected) in [("revoke", 401), ("rotate", 401), ("narrow", 403)] {
        let (path, program) = given::api_key(&editor, &["articles:read", "articles:write"]).await;
        let pending =
            Pending::send(&server, &program, program.post(ARTICLES).json(json!({"title": "Tides"}))).await;
        match what {
            "revoke" => editor.delete(&path).await.is(204),
            "rotate" => editor
                .post(path + "/rotate")
                .json(json!({"grace_seconds": 0, "current_password": PASSWORD}))
                .await
                .is(200),
            _ => editor.patch(&path).json(&narrow).await.is(200),
        };
        assert_eq!(pending.finish().await, expected, "{what}");
    }
    assert_eq!(editor.get("/v1/drafts").await.expect(200)["items"], json!([]));
}

/// Whichever comes first: no article belongs to somebody who was erased without a successor.
#[tokio::test]
async fn an_article_and_the_erasure_of_its_owner_exclude_each_other() {
    let one = Server::start().await;
    let other = Server::start_on(one.database(), one.clock.clone(), |_| {}).await;
    let admin = one.login(Role::Admin).await;
    let there = other.client();
    for round in 0..rounds(12) {
        let ada = one.login_as(&format!("ada-{round}"), Role::Author).await;
        let create = there.clone().with_token(&ada.token().expect("a token")).post(ARTICLES);
        let (created, erased) =
            join(create.json(json!({"title": "Tides"})).send(), admin.delete(user(&ada)).send()).await;
        let both = (created.status(), erased.status());
        assert!([(201, 409), (401, 204)].contains(&both), "{both:?}");
    }
}

/// Admins who change each other at the same time, on two replicas, wait for each other.
#[tokio::test]
async fn admins_change_users_side_by_side() {
    let one = Server::start().await;
    let other = Server::start_on(one.database(), one.clock.clone(), |_| {}).await;
    let (first, second) = (one.login_as("ada", Role::Admin).await, one.login_as("bo", Role::Admin).await);
    let replicas = [one.client(), other.client()];
    let targets = [user(&first), user(&second)];
    let changes = (0..24usize).map(|n| {
        let token = if n % 3 == 0 { first.token() } else { second.token() }.expect("a token");
        let client = replicas[n % 2].clone().with_token(&token);
        let target = targets[n % 2].clone();
        async move {
            let me = client.patch("/v1/me").json(json!({"name": format!("Name {n}")})).send();
            let user = client.patch(target).json(json!({"name": format!("Other {n}")})).send();
            let (me, user) = join(me, user).await;
            (me.status(), user.status())
        }
    });
    let done = join_all(changes).await;
    assert!(done.iter().all(|statuses| *statuses == (200, 200)), "{done:?}");
}

#[tokio::test]
async fn who_writes_without_a_pause_can_still_be_disabled() {
    let server = Server::start().await;
    let admin = server.login(Role::Admin).await;
    let ada = server.login_as("ada", Role::Author).await;
    let (_, program) = given::api_key(&ada, &["articles:write"]).await;
    let write = async |n: usize| {
        loop {
            let status = program.post(ARTICLES).json(json!({"title": format!("Tides {n}")})).await.status();
            if status != 201 {
                return status;
            }
        }
    };
    let disable = async {
        server.answer_others().await;
        admin.patch(user(&ada)).json(json!({"disabled": true})).await.status()
    };
    let (writers, disabled) = join(join_all((0..8).map(write)), disable).await;
    assert_eq!(disabled, 200);
    assert_eq!(writers, [401; 8]);
}
