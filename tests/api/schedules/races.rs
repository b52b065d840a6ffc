//! Several servers and editors in the same instant: what is scheduled happens once, or not at all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::future::{join, join_all};
use lede::auth::Role;
use lede::schedules::scheduler::run_due;
use serde_json::{Value, json};

use super::{by_hand, count, put, run, shown};
use crate::client::Client;
use crate::given::{hours, seconds};
use crate::server::Server;
use crate::test_database::rounds;
use crate::writing::{at, create, version};

/// Three servers on one database.
async fn three() -> [Server; 3] {
    let first = Server::start().await;
    let again = async || Server::start_on(first.database(), first.clock.clone(), |_| {}).await;
    let (second, third) = (again().await, again().await);
    [first, second, third]
}

/// Articles that are due in an hour.
async fn due(editor: &Client, server: &Server, number: usize) -> Vec<Value> {
    let soon = server.clock.now().plus(hours(1));
    let each = (0..number).map(async |n| {
        let draft = create(editor, json!({"title": format!("Article {n}"), "topics": ["sea"]})).await;
        put(editor, &draft, json!({"revision": 1, "publish_at": soon})).await.is(200);
        draft
    });
    join_all(each).await
}

async fn check_once(editor: &Client, server: &Server, drafts: &[Value]) {
    assert_eq!(count(server, "article.published").await, drafts.len());
    for draft in drafts {
        let after = editor.get(at(draft, "/draft")).await.expect(200);
        assert_eq!(
            (version(&after), &after["schedule"], &after["status"]),
            (3, &Value::Null, &json!("published"))
        );
        let editions = editor.get(at(draft, "/editions")).await.expect(200);
        assert_eq!(editions["items"].as_array().expect("items").len(), 1);
    }
}

#[tokio::test]
async fn three_servers_do_each_action_once() {
    let servers = three().await;
    let editor = servers[0].login(Role::Editor).await;
    let drafts = due(&editor, &servers[0], rounds(40)).await;
    servers[0].clock.advance(hours(1));
    let tried: usize = join_all(servers.iter().map(run)).await.into_iter().sum();
    assert_eq!(tried, drafts.len());
    check_once(&editor, &servers[0], &drafts).await;
}

/// Claims keep servers from working for nothing. What happens once does so without them.
#[tokio::test]
async fn servers_that_try_the_same_action_at_the_same_time_do_it_once() {
    let servers = three().await;
    let editor = servers[0].login(Role::Editor).await;
    let drafts = due(&editor, &servers[0], rounds(24)).await;
    servers[0].clock.advance(hours(1));
    let done = Arc::new(AtomicBool::new(false));
    let (stop, database) = (done.clone(), servers[0].database());
    let releasing = std::thread::spawn(move || {
        use diesel::connection::SimpleConnection as _;
        let mut conn = database.connect();
        while !stop.load(Ordering::SeqCst) {
            // It waits its turn, as writers do.
            let _ = conn.batch_execute("UPDATE schedules SET next_try_at = at");
        }
    });
    let mut tried = 0;
    while servers[0].database().count("schedules") > 0 {
        // One that finds the database locked tries again, as it does in the background.
        let runs = servers.iter().map(|server| run_due(&server.app));
        tried += join_all(runs).await.into_iter().filter_map(Result::ok).sum::<usize>();
    }
    done.store(true, Ordering::SeqCst);
    releasing.join().expect("a thread");
    println!("{tried} tries for {} actions", drafts.len());
    check_once(&editor, &servers[0], &drafts).await;
}

#[tokio::test]
async fn an_editor_who_publishes_in_the_same_instant_gets_what_they_named() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let (mut first, mut second) = (0, 0);
    for round in 0..rounds(16) {
        let draft = due(&editor, &server, 1).await.remove(0);
        let same = round % 2 == 0;
        let edit = editor.patch(at(&draft, "/draft")).if_match(2).json(json!({"subtitle": "Newer"}));
        let revision = if same { 1 } else { edit.await.expect(200)["revision"].as_i64().expect("a number") };
        server.clock.advance(hours(1));
        let by_hand = editor.post(at(&draft, "/publish")).json(json!({"revision": revision}));
        let (published, _) = join(by_hand.send(), run(&server)).await;
        let after = editor.get(at(&draft, "/draft")).await.expect(200);
        let editions = editor.get(at(&draft, "/editions")).await.expect(200);
        let editions = editions["items"].as_array().expect("items").len();
        assert_eq!((&after["schedule"], &after["status"]), (&Value::Null, &json!("published")));
        if published.status() == 200 {
            assert_eq!(after["published_revision"], json!(revision));
            assert_eq!(editions, if same || editions == 1 { 1 } else { 2 });
            first += 1;
        } else {
            published.problem(409, "overtaken");
            assert_eq!((&after["published_revision"], editions), (&json!(1), 1));
            second += 1;
        }
    }
    println!("the editor was first or told so {first} times, overtaken {second} times");
}

#[tokio::test]
async fn who_cancels_in_the_same_instant_knows_whether_it_happened() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    for _ in 0..rounds(12) {
        let draft = due(&editor, &server, 1).await.remove(0);
        server.clock.advance(hours(1));
        let cancel = editor.delete(at(&draft, "/schedule")).if_match(2);
        let (cancelled, _) = join(cancel.send(), run(&server)).await;
        let status = super::public(&server, &draft).await;
        if cancelled.status() == 204 {
            assert_eq!(status, 404);
        } else {
            cancelled.problem(412, "changed-since");
            assert_eq!(status, 200);
        }
        assert_eq!(shown(&editor, &draft).await, Value::Null);
    }
}

#[tokio::test]
async fn what_a_dead_server_has_claimed_is_done_by_another() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let drafts = due(&editor, &server, 3).await;
    server.clock.advance(hours(1));
    // As a server leaves it that has claimed them and died.
    let claim = if server.is_embedded() { "next_try_at + 5000000" } else { "next_try_at + interval '5 s'" };
    by_hand(&server, &format!("UPDATE schedules SET next_try_at = {claim}"));
    assert_eq!(run(&server).await, 0);
    server.clock.advance(seconds(5));
    assert_eq!(run(&server).await, 3);
    check_once(&editor, &server, &drafts).await;
}
