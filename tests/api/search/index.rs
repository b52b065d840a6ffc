//! What the index holds: what readers see, whoever published it, and nothing else.

use diesel::prelude::*;
use diesel::sql_types::BigInt;
use lede::auth::Role;
use lede::base::db::Connection;
use lede::base::db::schema::{search_articles, search_places, search_words};
use serde_json::json;

use super::{found, found_for, pages};
use crate::older_release;
use crate::server::Server;
use crate::writing::{ARTICLES, at, create, publish, published};

#[tokio::test]
async fn what_is_found_is_what_readers_see() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let reader = server.client();
    let draft =
        create(&editor, json!({"title": "Tides", "sections": [{"heading": "Ebb", "body": "Away."}]})).await;
    assert_eq!(found_for(&reader, "ebb").await, "");
    let live = publish(&editor, &draft).await;
    assert_eq!(found_for(&reader, "ebb").await, "tides#ebb");
    let ebb = at(&draft, &format!("/draft/sections/{}", draft["sections"][0]["id"].as_str().unwrap()));
    editor
        .patch(&ebb)
        .header("if-match", "*")
        .json(json!({"heading": "Flow", "body": "Back."}))
        .await
        .is(200);
    assert_eq!(
        (found_for(&reader, "ebb").await, found_for(&reader, "flow").await),
        ("tides#ebb".into(), String::new())
    );
    let edited = editor.get(at(&draft, "/draft")).await.expect(200);
    publish(&editor, &edited).await;
    assert_eq!(
        (found_for(&reader, "ebb").await, found_for(&reader, "flow").await),
        (String::new(), "tides#ebb".into())
    );
    editor.post(at(&live, "/unpublish")).await.is(200);
    assert_eq!(found_for(&reader, "flow").await, "");
    let back = editor.get(at(&draft, "/draft")).await.expect(200);
    publish(&editor, &back).await;
    assert_eq!(found_for(&reader, "flow").await, "tides#ebb");
    let unlisted = editor
        .patch(at(&draft, "/draft"))
        .header("if-match", "*")
        .json(json!({"listed": false}))
        .await
        .expect(200);
    publish(&editor, &unlisted).await;
    assert_eq!(found_for(&reader, "flow").await, "");
    reader.get(format!("{ARTICLES}/tides")).await.is(200);
    let listed = editor
        .patch(at(&draft, "/draft"))
        .header("if-match", "*")
        .json(json!({"listed": true}))
        .await
        .expect(200);
    publish(&editor, &listed).await;
    assert_eq!(found_for(&reader, "flow").await, "tides#ebb");
    editor.delete(at(&draft, "")).await.is(204);
    assert_eq!(found_for(&reader, "flow").await, "");
    let mut conn = server.database().connect();
    let left: (i64, i64) = (
        search_articles::table.count().get_result(&mut conn).unwrap(),
        search_places::table.count().get_result(&mut conn).unwrap(),
    );
    assert_eq!(left, (0, 0));
}

#[tokio::test]
async fn a_hit_shows_the_present_names_and_a_merged_topic_finds_as_before() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let reader = server.client();
    published(&editor, json!({"title": "Tides", "topics": ["sea"], "authors": ["ada"]})).await;
    let place = || search_articles::table.select((search_articles::slot, search_articles::fingerprint));
    let before: (i64, Vec<u8>) = place().get_result(&mut server.database().connect()).unwrap();
    editor.patch("/v1/topics/sea").json(json!({"name": "The sea"})).await.is(200);
    let topic = async || {
        reader.get("/v1/search?q=tides").await.expect(200)["items"][0]["article"]["topics"][0]["name"].clone()
    };
    assert_eq!(topic().await, "The sea");
    server.run_jobs().await;
    assert_eq!(place().get_result::<(i64, Vec<u8>)>(&mut server.database().connect()).unwrap(), before);
    editor.post("/v1/topics").json(json!({"name": "Ocean"})).await.is(201);
    editor.post("/v1/authors").json(json!({"name": "Ada Marsh"})).await.is(201);
    editor.post("/v1/topics/sea/merge").json(json!({"into": "ocean"})).await.is(200);
    editor.post("/v1/authors/ada/merge").json(json!({"into": "ada-marsh"})).await.is(200);
    for remade in [false, true] {
        for filter in ["topic=sea", "topic=ocean", "topic_all=sea,ocean", "author=ada", "author=ada-marsh"] {
            assert_eq!(found(&reader, &format!("q=tides&{filter}")).await, "tides", "{filter} {remade}");
        }
        assert_eq!(topic().await, "Ocean");
        server.run_jobs().await;
    }
    editor.delete("/v1/topics/ocean").await.is(204);
    assert_eq!(found(&reader, "q=tides&topic=ocean").await, "");
    assert_eq!(found(&reader, "q=tides").await, "tides");
}

#[tokio::test]
async fn what_an_older_release_published_is_found_soon() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    published(&editor, json!({"title": "Tides", "sections": [{"heading": "Ebb", "body": "Away."}]})).await;
    let (database, clock) = (server.database(), server.clock.clone());
    let before = server.app.db.generation().number();
    server.stop().await;
    let mut conn = database.connect();
    diesel::delete(search_articles::table).execute(&mut conn).unwrap();
    if let Connection::Sqlite(conn) = &mut conn {
        diesel::sql_query("DELETE FROM search_index WHERE rowid IN (SELECT id FROM search_places)")
            .execute(conn)
            .unwrap();
    }
    diesel::delete(search_places::table).execute(&mut conn).unwrap();
    diesel::delete(search_words::table).execute(&mut conn).unwrap();
    older_release::made_everything(&mut conn);
    let server = Server::start_on(database, clock, |_| {}).await;
    assert!(server.app.db.generation().number() > before);
    assert_eq!(found_for(&server.client(), "ebb").await, "tides#ebb");
}

#[tokio::test]
async fn the_index_is_tidied_up_and_finds_the_same() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    if let Connection::Sqlite(conn) = &mut server.database().connect() {
        // So that every publication leaves a piece of its own.
        let never = "INSERT INTO search_index (search_index, rank) VALUES ('automerge', 0)";
        diesel::sql_query(never).execute(conn).unwrap();
    }
    for n in 0..12 {
        published(&editor, json!({"title": format!("Tide {n}"), "intro": format!("number{n}")})).await;
    }
    let reader = server.client();
    let before = pages(&reader, "q=tide&limit=100").await;
    let mut steps = 0;
    while server.app.db.write(lede::search::store::tidy).await.unwrap() {
        steps += 1;
        assert!(steps < 100, "tidying up has no end");
    }
    assert_eq!(steps > 0, server.is_embedded());
    assert_eq!(pages(&reader, "q=tide&limit=100").await, before);
    assert_eq!(found_for(&reader, "number7").await, "tide-7");
}

#[tokio::test]
async fn a_publication_adds_one_piece_to_the_index_however_many_sections_it_has() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let mut conn = server.database().connect();
    let Connection::Sqlite(conn) = &mut conn else { return };
    let sections: Vec<_> = (0..6).map(|n| json!({"heading": format!("Part {n}"), "body": "Away."})).collect();
    published(&editor, json!({"title": "Tides", "sections": sections})).await;
    let pieces = diesel::dsl::sql::<BigInt>("SELECT count(DISTINCT segid) FROM search_index_idx");
    assert_eq!(pieces.get_result::<i64>(conn).unwrap(), 1);
}
