//! `lede demo`: what it shows, and what it leaves behind.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use crate::executable::{lede, terminate};

#[tokio::test]
async fn the_demonstration_shows_its_articles_and_leaves_nothing_behind() {
    let folder = tempfile::tempdir().expect("a folder");
    let mut demo = lede()
        .env("TMPDIR", folder.path())
        .args(["demo", "--bind", "127.0.0.1:0"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the executable");
    // Kept to the end: whoever speaks into a closed pipe stumbles.
    let mut lines = BufReader::new(demo.stdout.take().expect("what it says")).lines().map_while(Result::ok);
    let said: Vec<String> = lines.by_ref().take_while(|line| !line.contains("/publish ")).collect();
    let list = said.iter().find_map(|line| line.trim().strip_prefix("articles ")).expect("an address").trim();
    let found = reqwest::get(format!("{list}?include_total=true")).await.expect("an answer");
    let found: serde_json::Value = found.json().await.expect("JSON");
    assert_eq!(found["total"], 12);
    let key = said.iter().find_map(|line| line.trim().strip_prefix("API key ")).expect("a key").trim();
    let get = async |path: &str| {
        let address = list.replace("/articles", path);
        let found = reqwest::Client::new().get(address).bearer_auth(key).send().await.expect("an answer");
        found.json::<serde_json::Value>().await.expect("JSON")["items"].clone()
    };
    let in_review = get("/drafts?review=requested").await;
    assert_eq!(in_review[0]["slug"], "the-harbour-bell");
    assert_eq!(
        (&in_review[0]["open_notes"], &in_review[0]["review"]["by"]["name"]),
        (&1.into(), &"Mara Lindqvist".into())
    );
    let notes = get("/articles/the-harbour-bell/notes").await;
    assert_eq!(notes[0]["section_heading"], "The last ringer");
    assert_eq!(get("/drafts?scheduled=true").await[0]["title"], "The year of the herring");
    let corrected = reqwest::get(format!("{list}/how-to-read-a-buoy")).await.expect("an answer").text().await;
    let corrected: serde_json::Value = serde_json::from_str(&corrected.expect("a text")).expect("JSON");
    assert_eq!((&corrected["edition"], &corrected["subtitle"]), (&2.into(), &serde_json::Value::Null));
    assert!(corrected.to_string().contains("America, Japan and Korea"));
    let behind = get("/drafts?translation_behind=true").await;
    assert_eq!(
        (&behind[0]["slug"], &behind[1]),
        (&"eine-gezeitentafel-lesen".into(), &serde_json::Value::Null)
    );
    terminate(&demo);
    let ended = demo.wait_with_output().expect("its end");
    assert!(ended.status.success());
    assert_eq!(String::from_utf8_lossy(&ended.stderr), "", "it logs nothing");
    assert_eq!(std::fs::read_dir(folder.path()).expect("a folder").count(), 0);
}
