//! Corrections in the same instant as other writes.

use futures_util::future::{join, join_all};
use lede::auth::Role;
use serde_json::json;

use super::{body_of, correct, edit, harbours, live, texts};
use crate::given::hours;
use crate::server::Server;
use crate::test_database::rounds;
use crate::writing::{at, version};

#[tokio::test]
async fn a_correction_beside_an_edit_of_another_section_fails_neither_and_loses_nothing() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let draft = harbours(&editor).await;
    edit(&editor, &draft, json!({"title": "Harbours of tomorrow"})).await;
    for edition in 1..=i64::try_from(rounds(24)).expect("a number") {
        let seen = version(&editor.get(at(&draft, "/draft")).await.expect(200));
        let (mine, theirs) = (format!("Mine {edition}."), format!("Theirs {edition}."));
        let lights = editor.patch(at(&draft, "/draft/sections/lights")).if_match(seen);
        let correction = json!({"sections": body_of(&draft, "Piers", &theirs)});
        let correction = correct(&editor, &draft, edition, correction);
        let (edited, corrected) = join(lights.json(json!({"body": mine})).send(), correction.send()).await;
        edited.is(200);
        assert_eq!(corrected.expect(200)["not_in_draft"], json!([]));
        let after = editor.get(at(&draft, "/draft")).await.expect(200);
        let bodies = |of: Vec<(String, String)>| of.into_iter().map(|(_, body)| body).collect::<Vec<_>>();
        let of_draft = bodies(texts(&after["sections"], "body"));
        assert_eq!(of_draft, [theirs.clone(), mine, "Ground.".to_owned()]);
        assert_eq!(bodies(live(&reader, &draft).await), [&theirs, "Bright.", "Ground."]);
        assert_eq!((version(&after), &after["has_unpublished_changes"]), (seen + 3, &json!(true)));
    }
}

#[tokio::test]
async fn of_corrections_of_one_edition_one_goes_out() {
    let server = Server::start().await;
    let second = Server::start_on(server.database(), server.clock.clone(), |_| {}).await;
    let editors = [server.login(Role::Editor).await, second.login_as("another", Role::Editor).await];
    let draft = harbours(&editors[0]).await;
    for edition in 1..=i64::try_from(rounds(12)).expect("a number") {
        server.clock.advance(hours(1));
        let each = editors.iter().zip(["Piers", "Lights"]).map(|(editor, heading)| {
            let correction = json!({"sections": body_of(&draft, heading, &format!("{heading} {edition}."))});
            correct(editor, &draft, edition, correction).send()
        });
        let responses = join_all(each).await;
        let (done, refused): (Vec<_>, Vec<_>) =
            responses.iter().partition(|response| response.status() == 200);
        assert_eq!((done.len(), refused.len()), (1, 1));
        refused[0].problem(409, "stale-edition");
        let after = done[0].expect(200);
        assert_eq!(
            (&after["edition"], &after["has_unpublished_changes"]),
            (&json!(edition + 1), &json!(false))
        );
        // The other one learns of it a moment later.
        let reader = if responses[0].status() == 200 { server.client() } else { second.client() };
        assert_eq!(texts(&after["sections"], "body"), live(&reader, &draft).await);
    }
}
