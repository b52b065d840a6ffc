//! What the migration makes of databases in which each draft named the article that it translates.

use std::collections::BTreeMap;

use diesel::connection::SimpleConnection as _;
use diesel::prelude::*;
use lede::auth::Role;
use lede::base::db::schema::{articles, draft_values, translation_groups, translation_locales, translations};
use lede::base::ids::{ArticleId, TranslationGroupId};
use serde_json::json;

use super::{draft, join, live, patch};
use crate::given::seconds;
use crate::server::Server;
use crate::writing::{at, create, id};

/// Runs one way of the migration.
fn migrate(server: &Server, way: &str) {
    let engine = if server.is_embedded() { "sqlite" } else { "postgres" };
    let root = env!("CARGO_MANIFEST_DIR");
    let path = format!("{root}/migrations/{engine}/0014_translation_groups/{way}.sql");
    let sql = std::fs::read_to_string(path).expect("a migration");
    server.database().connect().batch_execute(&sql).unwrap_or_else(|e| panic!("{e}"));
}

/// The groups by the title of their source: the titles of the members, and the languages that these have.
fn groups(server: &Server) -> BTreeMap<String, (Vec<String>, Vec<String>)> {
    let conn = &mut server.database().connect();
    let titles: Vec<(ArticleId, String)> =
        articles::table.select((articles::id, articles::title)).load(conn).expect("articles");
    let title = |id: &ArticleId| titles.iter().find(|(other, _)| other == id).expect("a title").1.clone();
    let sources: Vec<(TranslationGroupId, Option<ArticleId>)> =
        translation_groups::table.load(conn).expect("groups");
    let group = |(group, source): (TranslationGroupId, Option<ArticleId>)| {
        let conn = &mut server.database().connect();
        let members = translations::table.filter(translations::group_id.eq(group));
        let members: Vec<ArticleId> = members.select(translations::article_id).load(conn).expect("members");
        let mut members: Vec<String> = members.iter().map(title).collect();
        members.sort();
        let locales = translation_locales::table.filter(translation_locales::group_id.eq(group));
        let locales = locales.order(translation_locales::locale);
        let columns = (translation_locales::locale, translation_locales::article_id);
        let locales: Vec<(String, ArticleId)> = locales.select(columns).load(conn).expect("languages");
        let locales = locales.iter().map(|(locale, id)| format!("{locale} {}", title(id))).collect();
        (source.as_ref().map(title).unwrap_or_default(), (members, locales))
    };
    sources.into_iter().map(group).collect()
}

fn values(server: &Server) -> Vec<(String, String, ArticleId)> {
    let rows = draft_values::table.order((draft_values::name, draft_values::value, draft_values::article_id));
    rows.load(&mut server.database().connect()).expect("values")
}

#[tokio::test]
async fn groups_and_values_are_the_same_after_the_way_back_and_forth() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let source = live(&editor, "en", None).await;
    let german = live(&editor, "de", Some(&source)).await;
    patch(&editor, &german, json!({"locale": "da"})).await.is(200);
    let trashed = draft(&editor, "fr", Some(&source)).await;
    editor.delete(at(&trashed, "")).await.is(204);
    let custom = json!({
        "series": "ti\"d\\es\n é", "n": 5, "whole": 7.0, "half": 1.5, "minus": -3, "yes": true, "none": null,
        "deep": {"a": 1}, "a b": "x", "long": "x".repeat(201),
    });
    create(&editor, json!({"title": "Values", "custom": custom})).await;
    let before = (groups(&server), values(&server));
    assert_eq!((before.0.len(), before.1.len()), (1, 7));
    migrate(&server, "down");
    migrate(&server, "up");
    assert_eq!((groups(&server), values(&server)), before);
}

#[tokio::test]
async fn what_was_linked_becomes_groups_with_one_article_in_each_language() {
    let server = Server::start().await;
    let editor = server.login(Role::Editor).await;
    let mut links = Vec::new();
    let mut made = BTreeMap::new();
    for (title, locale, of, is_live) in [
        ("A", "en", None, true),
        // Of two in German the one that is live stays, though it is newer.
        ("B", "de", Some("A"), false),
        ("C", "de", Some("A"), true),
        // By way of another one.
        ("D", "fr", Some("C"), false),
        // Two that name each other, and one that names one of them.
        ("E", "en", Some("F"), false),
        ("F", "de", Some("E"), false),
        ("G", "fr", Some("F"), false),
        ("H", "en", None, false),
    ] {
        let body = json!({"title": title, "locale": locale});
        let draft = if is_live {
            crate::writing::published(&editor, body).await
        } else {
            create(&editor, body).await
        };
        // The ids of later ones are higher.
        server.clock.advance(seconds(1));
        links.extend(of.map(|of| (title, of)));
        made.insert(title, draft);
    }
    migrate(&server, "down");
    for (title, of) in links {
        let [article, of] = [title, of].map(|title| id(&made[title]).replace('-', ""));
        let sql = if server.is_embedded() {
            format!(
                "UPDATE article_metadata SET translation_of = unhex('{of}') WHERE article_id = unhex('{article}')"
            )
        } else {
            format!("UPDATE article_metadata SET translation_of = '{of}' WHERE article_id = '{article}'")
        };
        server.database().connect().batch_execute(&sql).expect("a link");
    }
    migrate(&server, "up");
    let of = |titles: &[&str], locales: &[&str]| {
        let owned = |all: &[&str]| all.iter().map(|one| (*one).to_owned()).collect::<Vec<_>>();
        (owned(titles), owned(locales))
    };
    let expected = BTreeMap::from([
        ("A".to_owned(), of(&["A", "C", "D"], &["de C", "en A", "fr D"])),
        ("E".to_owned(), of(&["E", "F", "G"], &["de F", "en E", "fr G"])),
    ]);
    assert_eq!(groups(&server), expected);
    join(&editor, &made["B"], Some(&made["A"])).await.problem(409, "translation-exists");
}
