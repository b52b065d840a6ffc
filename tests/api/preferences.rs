//! The page of preferences: topics, leaving, a copy of one's data, erasure; and the welcome mail that leads there.

use lede::auth::Role;
use serde_json::{Value, json};

use crate::given::{days, link, mail_to};
use crate::server::Server;

const ADA: &str = "ada@reader.example";

/// Someone who has confirmed, and the path of their preferences.
async fn subscribed(server: &Server) -> String {
    let body = json!({"email": ADA, "locale": "en"});
    server.client().post("/v1/subscribers").json(body).await.is(202);
    let done = server.client().post(link(&mail_to(server, ADA).await, "confirm")).await;
    let (_, rest) = done.is(200).text().split_once("/subscribe/preferences/").expect("a link");
    format!("/subscribe/preferences/{}", rest.split('"').next().expect("an address"))
}

async fn followable(server: &Server) {
    let editor = server.login(Role::Editor).await;
    for (name, followable) in [("Sea", true), ("Sky", true), ("Land", false)] {
        let topic = json!({"name": name, "followable": followable});
        editor.post("/v1/topics").json(topic).await.is(201);
    }
}

async fn kept(server: &Server) -> Value {
    let editor = server.login(Role::Editor).await;
    editor.get("/v1/subscribers").await.expect(200)["items"][0].clone()
}

#[tokio::test]
async fn topics_are_chosen_among_those_that_can_be_followed() {
    let server = Server::start().await;
    followable(&server).await;
    let page = subscribed(&server).await;
    let anyone = server.client();
    let shown = anyone.get(&page).await;
    assert!(shown.is(200).text().contains("Sea") && !shown.text().contains("Land"), "{}", shown.text());
    assert!(!shown.text().contains(" checked"), "nothing is ticked for anybody");
    assert!(!shown.text().contains(ADA), "a mail that is passed on tells nobody's address");
    let choice = [("action", "save"), ("topic", "sea"), ("topic", "land"), ("topic", "No such")];
    let saved = anyone.post(&page).form(&choice).await;
    assert!(saved.is(200).text().contains("value=\"sea\" checked"), "{}", saved.text());
    assert_eq!(kept(&server).await["topics"], json!(["sea"]));
    anyone.post(&page).form(&[("action", "save")]).await.is(200);
    assert_eq!(kept(&server).await["topics"], json!([]));
}

#[tokio::test]
async fn a_confirmation_link_that_was_used_opens_nobodys_data() {
    let server = Server::start().await;
    let anyone = server.client();
    anyone.post("/v1/subscribers").json(json!({"email": ADA, "locale": "en"})).await.is(202);
    let confirm = link(&mail_to(&server, ADA).await, "confirm");
    let opens = |text: &str| text.contains("/subscribe/preferences/");
    let first = anyone.post(&confirm).await;
    assert!(opens(first.is(200).text()), "{}", first.text());
    let unsubscribe = kept(&server).await["id"].as_str().expect("an id").to_owned();
    let again = [anyone.post(&confirm).await, anyone.get(&confirm).await];
    for page in again {
        assert!(!opens(page.is(200).text()), "{}", page.text());
    }
    let editor = server.login(Role::Editor).await;
    editor.post(format!("/v1/subscribers/{unsubscribe}/unsubscribe")).await.is(204);
    server.clock.advance(days(30));
    for page in [anyone.post(&confirm).await, anyone.get(&confirm).await] {
        assert!(!opens(page.is(410).text()), "{}", page.text());
    }
}

#[tokio::test]
async fn saving_removes_no_topic_that_the_page_did_not_show() {
    let server = Server::start().await;
    followable(&server).await;
    let page = subscribed(&server).await;
    let (anyone, editor) = (server.client(), server.login(Role::Editor).await);
    anyone.post(&page).form(&[("action", "save"), ("topic", "sea"), ("topic", "sky")]).await.is(200);
    editor.patch("/v1/topics/sea").json(json!({"followable": false})).await.is(200);
    assert!(!anyone.get(&page).await.is(200).text().contains("value=\"sea\""));
    anyone.post(&page).form(&[("action", "save")]).await.is(200);
    assert_eq!(kept(&server).await["topics"], json!(["sea"]));
}

#[tokio::test]
async fn the_page_shows_what_is_followed_however_many_topics_there_are() {
    let server = Server::start().await;
    followable(&server).await;
    let page = subscribed(&server).await;
    let (anyone, editor) = (server.client(), server.login(Role::Editor).await);
    anyone.post(&page).form(&[("action", "save"), ("topic", "sky")]).await.is(200);
    for n in 0..100 {
        let topic = json!({"name": format!("A {n:02}"), "followable": true});
        editor.post("/v1/topics").json(topic).await.is(201);
    }
    let shown = anyone.get(&page).await;
    let slugs: Vec<&str> = shown
        .is(200)
        .text()
        .split("name=\"topic\" value=\"")
        .skip(1)
        .filter_map(|rest| rest.split('"').next())
        .collect();
    assert_eq!((slugs.len(), slugs.last()), (100, Some(&"sky")));
    // A browser sends the button after everything that is ticked.
    let mut form: Vec<(&str, &str)> = slugs.iter().map(|slug| ("topic", *slug)).collect();
    form.push(("action", "save"));
    assert!(anyone.post(&page).form(&form).await.is(200).text().contains("role=\"status\""));
    assert_eq!(kept(&server).await["topics"].as_array().map(Vec::len), Some(100));
    anyone.post(&page).form(&[("action", "save")]).await.is(200);
    assert_eq!(kept(&server).await["topics"], json!([]));
}

#[tokio::test]
async fn a_form_offers_the_topics_too() {
    let server = Server::start().await;
    followable(&server).await;
    let form = [("email", ADA), ("topic", "sky"), ("topic", "sea"), ("form_token", &server.form_token())];
    server.client().post("/subscribe").form(&form).await.is(200);
    assert_eq!(kept(&server).await["topics"], json!(["sea", "sky"]));
}

#[tokio::test]
async fn leaving_and_erasing_take_a_press_and_erasing_is_meant() {
    let server = Server::start().await;
    let page = subscribed(&server).await;
    let anyone = server.client();
    let left = anyone.post(&page).form(&[("action", "unsubscribe")]).await;
    assert!(left.is(200).text().contains("We send you no more mail"), "{}", left.text());
    assert_eq!(kept(&server).await["status"], "unsubscribed");
    let unsure = anyone.post(&page).form(&[("action", "erase")]).await;
    assert!(unsure.is(422).text().contains("aria-invalid=\"true\""), "{}", unsure.text());
    let erased = anyone.post(&page).form(&[("action", "erase"), ("sure", "yes")]).await;
    assert!(erased.is(200).text().contains("Everything is erased"), "{}", erased.text());
    assert_eq!(kept(&server).await, Value::Null);
    anyone.get(&page).await.is(404);
    anyone.post(&page).form(&[("action", "save")]).await.is(404);
    let editor = server.login(Role::Editor).await;
    let suppressed = editor.get("/v1/suppressions").query(&[("email", ADA)]).await.expect(200);
    // Who left before is remembered as one who left.
    assert_eq!(suppressed["items"][0]["reason"], "unsubscribed");
}

#[tokio::test]
async fn the_link_that_others_may_know_leaves_and_chooses_and_opens_nothing_else() {
    let server = Server::start().await;
    followable(&server).await;
    subscribed(&server).await;
    let page = link(&mail_to(&server, ADA).await, "unsubscribe").replace("/unsubscribe/", "/preferences/");
    let anyone = server.client();
    let shown = anyone.get(&page).await;
    assert!(!shown.is(200).text().contains("value=\"erase\""), "{}", shown.text());
    anyone.post(&page).form(&[("action", "erase"), ("sure", "yes")]).await.is(200);
    anyone.post(format!("{page}/export")).await.problem(404, "not-found");
    anyone.post(&page).form(&[("action", "save"), ("topic", "sea")]).await.is(200);
    // What says nothing changes nothing.
    anyone.post(&page).form(&[("List-Unsubscribe", "One-Click")]).await.is(200);
    assert_eq!(kept(&server).await["topics"], json!(["sea"]));
}

#[tokio::test]
async fn a_copy_of_everything_is_one_press_away() {
    let server = Server::start().await;
    let page = subscribed(&server).await;
    let copy = server.client().post(format!("{page}/export")).await;
    assert_eq!(copy.header("content-disposition"), Some("attachment; filename=\"subscription.json\""));
    assert_eq!(copy.header("cache-control"), Some("no-store"));
    let copy = copy.expect(200);
    assert_eq!(copy["subscriber"]["email"], ADA);
    assert_eq!(copy["consents"].as_array().expect("consents").len(), 3);
    server.client().post("/subscribe/preferences/cut-off/export").await.problem(404, "not-found");
}

#[tokio::test]
async fn whoever_confirms_is_welcomed_once_if_the_settings_say_so() {
    let server = Server::start_with(|config| config.mail.welcome = true).await;
    let body = json!({"email": ADA, "locale": "de"});
    server.client().post("/v1/subscribers").json(body).await.is(202);
    let asked = mail_to(&server, ADA).await;
    for _ in 0..2 {
        server.client().post(link(&asked, "confirm")).await.is(200);
        server.run_jobs().await;
    }
    let [_, welcome] = server.mail.all().try_into().expect("two mails");
    assert_eq!(welcome.subject, "Willkommen bei Lede");
    for address in ["https://website.example", &link(&welcome, "preferences"), &link(&welcome, "unsubscribe")]
    {
        assert!(welcome.text.contains(address) && welcome.html.contains(address), "{address}");
    }
    assert!(welcome.headers.iter().any(|(name, _)| name == "List-Unsubscribe-Post"));
    // Who leaves before it is sent is not welcomed.
    let other = json!({"email": "bo@reader.example"});
    server.client().post("/v1/subscribers").json(other).await.is(202);
    let asked = mail_to(&server, "bo@reader.example").await;
    server.client().post(link(&asked, "confirm")).await.is(200);
    server.client().post(link(&asked, "unsubscribe")).await.is(200);
    server.run_jobs().await;
    assert_eq!(server.mail.all().len(), 3);
}
