//! Joining in the same instant as others do.

use diesel::connection::SimpleConnection as _;
use futures_util::future::join_all;
use lede::auth::Role;
use serde_json::{Value, json};

use super::{body, draft, join, languages, live, now, patch};
use crate::server::Server;
use crate::test_database::rounds;
use crate::writing::{ARTICLES, at, publish};

#[tokio::test]
async fn of_those_who_take_a_language_at_once_one_has_it() {
    let server = Server::start().await;
    let second = Server::start_on(server.database(), server.clock.clone(), |_| {}).await;
    let editors = [server.login(Role::Editor).await, second.login_as("another", Role::Editor).await];
    for round in 0..rounds(8) {
        let source = draft(&editors[0], "en", None).await;
        let other = draft(&editors[0], "fr", Some(&source)).await;
        let alone = draft(&editors[0], "de", None).await;
        let moving = draft(&editors[0], "it", Some(&source)).await;
        let trashed = draft(&editors[0], "es", Some(&source)).await;
        patch(&editors[0], &trashed, json!({"locale": "de", "slug": null})).await.is(200);
        editors[0].delete(at(&trashed, "")).await.is(204);
        // One is made a translation of the source and one of its translation; one joins, one changes its language, one comes
        // back from the trash, and one is a copy.
        let copy = json!({"locale": "de", "translation": true});
        let calls = [
            editors[0].post(ARTICLES).json(body("de", Some(&source))),
            editors[1].post(ARTICLES).json(body("de", Some(&other))),
            join(&editors[0], &alone, Some(&other)),
            patch(&editors[1], &moving, json!({"locale": "de", "slug": null})),
            editors[0].post(at(&trashed, "/restore")),
            editors[1].post(at(&source, "/copy")).json(copy),
        ];
        let responses = join_all(calls.into_iter().map(crate::client::Call::send)).await;
        let (done, refused): (Vec<_>, Vec<_>) = responses.iter().partition(|one| one.status() < 300);
        assert_eq!(done.len(), 1, "round {round}");
        for refused in refused {
            refused.problem(409, "translation-exists");
        }
        let all = languages(&now(&editors[0], &source).await);
        assert_eq!(all.split(' ').filter(|locale| *locale == "de").count(), 1, "{all}");
    }
}

#[tokio::test]
async fn articles_that_name_each_other_at_once_are_one_group_and_those_that_go_live_at_once_know_each_other()
{
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for round in 0..rounds(8) {
        let (english, german) = (draft(&editor, "en", None).await, draft(&editor, "de", None).await);
        let calls = [join(&editor, &english, Some(&german)), join(&editor, &german, Some(&english))];
        for joined in join_all(calls.into_iter().map(crate::client::Call::send)).await {
            joined.is(200);
        }
        let (one, other) = (now(&editor, &english).await, now(&editor, &german).await);
        assert_eq!((languages(&one).as_str(), languages(&other).as_str()), ("de", "en"), "round {round}");
        let sources = [&one, &other].into_iter().filter(|one| one["translation_of"] == Value::Null).count();
        assert_eq!(sources, 1);
        join_all([publish(&editor, &one), publish(&editor, &other)]).await;
        for (one, other) in [(&one, "de"), (&other, "en")] {
            assert_eq!(languages(&reader.get(at(one, "")).await.expect(200)), other, "round {round}");
        }
    }
}

#[tokio::test]
async fn whoever_joins_while_being_published_is_linked_to() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    for round in 0..rounds(8) {
        let source = live(&editor, "en", None).await;
        let german = draft(&editor, "de", None).await;
        let calls = [
            editor.post(at(&german, "/publish")).json(json!({"revision": 1})),
            join(&editor, &german, Some(&source)),
        ];
        for done in join_all(calls.into_iter().map(crate::client::Call::send)).await {
            done.is(200);
        }
        for (one, other) in [(&source, "de"), (&german, "en")] {
            assert_eq!(languages(&reader.get(at(one, "")).await.expect(200)), other, "round {round}");
        }
    }
}

/// Publishing locks the group before the render context: two that did it in the opposite order would wait for each other.
#[tokio::test]
async fn who_joins_waits_for_the_group_before_anything_that_others_need_is_locked() {
    let server = Server::start().await;
    if server.is_embedded() {
        return;
    }
    let editor = server.login(Role::Editor).await;
    let source = draft(&editor, "en", None).await;
    draft(&editor, "fr", Some(&source)).await;
    let alone = live(&editor, "de", None).await;
    let mut holder = server.database().connect();
    let hold = "BEGIN; SELECT id FROM translation_groups FOR NO KEY UPDATE";
    holder.batch_execute(hold).expect("the lock of the group");
    let (joined, ()) = tokio::join!(join(&editor, &alone, Some(&source)).send(), async {
        let waiting = "pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'";
        while server.database().count(waiting) == 0 {
            tokio::task::yield_now().await;
        }
        let free = holder.batch_execute("SELECT epoch FROM render_context FOR UPDATE NOWAIT");
        holder.batch_execute("ROLLBACK").expect("released");
        free.expect("the render context is free");
    });
    joined.is(200);
}
