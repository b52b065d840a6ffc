//! What is kept of consent, and what a dry run tells.

use diesel::prelude::*;
use lede::auth::Role;
use lede::base::db::schema::{events, import_dry_run_people};
use serde_json::{Value, json};

use super::services::FILES;
use super::{
    ADA, count_consents, counts, done, everybody, imported, lines, report, subscribe, told, try_out,
};
use crate::server::Server;

#[tokio::test]
async fn consent_is_kept_with_the_statement_and_what_the_file_says() {
    let server = Server::start().await;
    let import = imported(&server, FILES[1].1).await;
    let admin = server.login(Role::Admin).await;
    let ada = everybody(&server).await.remove(ADA).expect("Ada");
    let path = format!("/v1/subscribers/{}/consents", ada["id"].as_str().unwrap());
    let consents = admin.get(path).await.expect(200)["items"].clone();
    assert_eq!(consents.as_array().expect("items").len(), 1);
    for (member, value) in [
        ("kind", json!("imported")),
        ("via", json!("import")),
        ("actor", json!({"kind": "user", "id": admin.user(), "name": "admin"})),
        ("text", json!("They signed up by double opt-in.")),
        ("source", json!("The old letter")),
        (
            "details",
            json!({
                "signed_up_at": "2021-03-01 08:00:00", "signed_up_from": "192.0.2.1",
                "confirmed_at": "2021-03-01 08:05:00", "confirmed_from": "192.0.2.2",
                "status": "confirmed", "import": import["id"]
            }),
        ),
    ] {
        assert_eq!(consents[0][member], value, "{member}");
    }
    let told = told(&server).await;
    assert_eq!((told["subscriber.imported"], told["subscribers.imported"]), (1, 1));
    let actors = server.app.db.read(|conn| {
        let own = events::table.filter(events::kind.like("subscriber%"));
        Ok(own.select(events::actor_id).load::<Option<lede::base::ids::UserId>>(conn)?)
    });
    assert_eq!(actors.await.expect("actors"), [Some(admin.user()); 2]);
}

#[tokio::test]
async fn a_dry_run_tells_the_same_and_changes_nothing() {
    let file = "email,name,status,tags\n\
        ada@reader.example,Ada,active,\n\
        bo@reader.example,,active,\n\
        bo@reader.example,Bo,active,patron\n\
        bo@reader.example,Bob,active,patron\n\
        bo@reader.example,,unsubscribed,\n\
        bo@reader.example,,active,\n\
        cy@reader.example,,bounced,\n\
        nobody,,active,\n\
        dee@reader.example,,maybe,\n\
        too,many,cells,in,here\n";
    let server = Server::start().await;
    subscribe(&server, ADA).await;
    let before = (everybody(&server).await, told(&server).await, count_consents(&server).await);
    let admin = server.login(Role::Admin).await;
    let tried = done(&server, try_out(&admin, file)).await;
    assert_eq!((everybody(&server).await, told(&server).await, count_consents(&server).await), before);
    assert_eq!(admin.get("/v1/suppressions?include_total=true").await.expect(200)["total"], 0);
    let taken = imported(&server, file).await;
    assert_eq!(counts(&tried), [2, 3, 1, 1, 3]);
    assert_eq!(counts(&taken), counts(&tried));
    let wanted = [
        "2 updated -",
        "3 created -",
        "4 updated -",
        "5 unchanged -",
        "6 updated -",
        "7 suppressed unsubscribed",
        "8 created -",
        "9 refused email-malformed",
        "10 refused status-unknown",
        "11 refused cells-mismatched",
    ];
    assert_eq!(report(&server, &tried, "").await, wanted);
    assert_eq!(report(&server, &taken, "").await, wanted);
    assert_eq!(report(&server, &taken, "&outcome=refused,suppressed").await.len(), 4);
    let known = ["ada confirmed Ada []", "bo unsubscribed Bo [patron]", "cy bounced - []"];
    assert_eq!(lines(&server).await, known);
    // And once more, as the real thing.
    assert_eq!(counts(&imported(&server, file).await), [0, 0, 3, 4, 3]);
    let seen = server.app.db.read(|conn| Ok(import_dry_run_people::table.count().get_result::<i64>(conn)?));
    assert_eq!(seen.await.expect("a count"), 0);
}

#[tokio::test]
async fn whoever_a_file_calls_blocked_bounced_or_complained_is_never_confirmed() {
    let server = Server::start().await;
    let file = "email,Status,EMAIL_BLOCKLISTED,Hard bounces,Do Not Email,Spam report,topics\n\
         ada@reader.example,active,Yes,0,No,No,\nbo@reader.example,active,No,2,No,No,\n\
         cy@reader.example,active,No,0,x,No,\ndee@reader.example,active,No,0,No,2024-02-03,\n\
         eve@reader.example,active,No,0,No,No,\nfay@reader.example,purple,No,0,No,No,\n\
         gus@reader.example,active,Perhaps,0,No,No,\n";
    let import = imported(&server, file).await;
    assert_eq!(counts(&import), [5, 0, 0, 0, 2]);
    let known = [
        "ada unsubscribed - []",
        "bo bounced - []",
        "cy unsubscribed - []",
        "dee complained - []",
        "eve confirmed - []",
    ];
    assert_eq!(lines(&server).await, known);
    let refused = ["7 refused status-unknown", "8 refused status-unknown"];
    assert_eq!(report(&server, &import, "&outcome=refused").await, refused);
    let meanings =
        import["columns"].as_array().expect("columns").iter().map(|column| column["meaning"].clone());
    let wanted = ["email", "status", "unsubscribed", "bounced", "unsubscribed", "complained", "topics"];
    assert_eq!(meanings.collect::<Vec<_>>(), wanted);
}

#[tokio::test]
async fn dates_and_topics_that_cannot_be_taken_are_reported() {
    let server = Server::start().await;
    let topics = (0..101).map(|n| format!("t{n:03}")).collect::<Vec<_>>().join(",");
    let file = format!(
        "email,status,created_at,unsubscribed_at,topics\nada@reader.example,active,02/03/2023,,\n\
         bo@reader.example,unsubscribed,2023/02/10,02/03/2023,\ncy@reader.example,active,10 Feb 2023,,\"{topics}\"\n"
    );
    let import = imported(&server, &file).await;
    let rows = ["2 refused date-unreadable", "3 created date-unreadable", "4 created topics-too-many"];
    assert_eq!(report(&server, &import, "").await, rows);
    let all = everybody(&server).await;
    assert_eq!(all["bo@reader.example"]["unsubscribed_at"], Value::Null);
    assert_eq!(all["cy@reader.example"]["created_at"], "2023-02-10T00:00:00.000000Z");
}
