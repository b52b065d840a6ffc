//! A publication that came about by chance travels like any other. `LEDE_TEST_STEPS` says how many operations there are, and
//! `LEDE_TEST_ROUNDS` how many such publications.

use std::sync::Arc;

use lede::auth::Role;
use lede::base::clock::Clock;
use lede::base::db::migrate;
use serde_json::{Value, json};

use super::journey::travel;
use crate::client::{Client, Response};
use crate::following::Dice;
use crate::given;
use crate::redirects::REDIRECTS;
use crate::server::Server;
use crate::test_database::{TestDatabase, rounds, setting};
use crate::writing::{ARTICLES, at};

/// Numbers that look random and are the same every time.
fn sequence(seed: u64) -> impl FnMut(usize) -> usize {
    let mut dice = Dice(seed);
    move |below| usize::try_from(dice.below(below as u64)).expect("a small number")
}

/// Those who act, and what there is.
struct Story {
    server: Server,
    admin: Client,
    random: Box<dyn FnMut(usize) -> usize>,
    /// The articles that are not gone.
    articles: Vec<Value>,
    /// How many operations were done, and how many refused because of what was done before.
    done: usize,
    refused: usize,
}

impl Story {
    async fn new(seed: u64) -> Self {
        // In a run on PostgreSQL the other journeys begin there.
        let database = TestDatabase::of_the_other_engine();
        migrate::run(&database.url).expect("migrated");
        let server = Server::start_on(Arc::new(database), Clock::fixed(given::moment()), |_| {}).await;
        let admin = server.login(Role::Admin).await;
        let random = Box::new(sequence(seed));
        Self { server, admin, random, articles: Vec::new(), done: 0, refused: 0 }
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[(self.random)(all.len())]
    }

    /// Counts an operation that may be refused.
    fn tried(&mut self, response: &Response) {
        match response.status() {
            ..300 => self.done += 1,
            404 | 409 => self.refused += 1,
            // The original is in the trash.
            422 if response.text().contains("article-unknown") => self.refused += 1,
            status => panic!("{status}: {}", response.text()),
        }
    }

    async fn write(&mut self, step: usize, text: &str) {
        let locale = self.pick(&["en", "en", "de"]);
        let english = self.articles.iter().rev().find(|draft| draft["locale"] == "en");
        let original = english.filter(|_| locale == "de").map(|draft| draft["id"].clone());
        let body = json!({
            "title": text, "locale": locale, "translation_of": original, "authors": ["ada"],
            "topics": [self.pick(&TOPICS)], "intro": "The **tide**.", "custom": {"depth": step},
            "sections": [{"heading": "One", "body": text}, {"heading": "Two", "body": "| a | b |\n|---|---|\n| 1 | 2 |"}],
        });
        let made = self.admin.post(ARTICLES).json(body).await;
        self.tried(&made);
        if made.status() == 201 {
            self.articles.push(made.json().clone());
        }
    }

    /// Does something to an article, or to what articles share.
    async fn change(&mut self, step: usize, text: &str) {
        let at_random = (self.random)(self.articles.len());
        let article = self.articles[at_random].clone();
        let to = |rest: &str| at(&article, rest);
        let (topic, other, is_odd) = (self.pick(&TOPICS), self.pick(&TOPICS), (self.random)(2) == 1);
        let admin = self.admin.clone();
        let call = match (self.random)(20) {
            0..=2 => {
                let change = json!({"subtitle": text, "featured": is_odd, "topics": [topic, other]});
                admin.patch(to("/draft")).json(change)
            }
            3..=6 => {
                let draft = admin.get(to("/draft")).await;
                admin.post(to("/publish")).json(json!({"revision": draft.json()["revision"]}))
            }
            7 => admin.post(to("/unpublish")),
            8 => {
                admin.put(to("/schedule")).json(json!({"revision": 1, "publish_at": "2027-01-05T09:00:00Z"}))
            }
            9 => admin.delete(to("/schedule")),
            10 => admin.post(to("/notes")).json(json!({"text": text})),
            11 => {
                let slug = json!({"slug": format!("place-{}", (self.random)(200))});
                admin.patch(to("/draft")).json(slug)
            }
            12 => admin.post(to("/revisions/1/restore")),
            13 => admin.delete(to("")),
            14 => admin.post(to("/restore")),
            15 => {
                let section = json!({"heading": text, "body": "More *water*."});
                admin.post(to("/draft/sections")).json(section)
            }
            16 => admin.post(to("/preview-links")).json(json!({})),
            17 => admin.patch(format!("/v1/topics/{topic}")).json(json!({"description": text})),
            18 => {
                let place = format!("/old/{}", (self.random)(500));
                admin
                    .post(REDIRECTS)
                    .json(json!({"from": place, "to": format!("/new/{step}"), "status": 301}))
            }
            _ => {
                let body = json!({"email": format!("reader{}@reader.example", (self.random)(300)), "source": "footer"});
                self.server.client().post("/v1/subscribers").json(body)
            }
        };
        let response = call.header("if-match", "*").await;
        self.tried(&response);
        if is_odd && step.is_multiple_of(50) {
            self.admin.delete(to("")).await;
            if self.admin.delete(to("?permanent=true")).await.status() == 202 {
                self.articles.remove(at_random);
            }
        }
    }
}

const TOPICS: [&str; 3] = ["sea", "land", "sky"];

#[tokio::test]
async fn a_publication_that_came_about_by_chance_survives_a_journey_through_both_databases() {
    let steps = setting("LEDE_TEST_STEPS").map_or(60, |steps| steps.parse().expect("a number"));
    for seed in 1..=rounds(1) as u64 {
        let mut story = Story::new(seed).await;
        for step in 0..steps {
            story.server.clock.advance(given::milliseconds(1 + (story.random)(5_000) as u64));
            let text = format!("Ebb and flow {seed}.{step} — “Flut”, \u{1f30a} \\ \"");
            if story.articles.is_empty() || (story.random)(5) == 0 {
                story.write(step, &text).await;
            } else {
                story.change(step, &text).await;
            }
            if (story.random)(8) == 0 {
                story.server.run_jobs().await;
            }
        }
        println!("seed {seed}: {} operations done, {} refused", story.done, story.refused);
        assert!(story.done > 2 * story.refused, "most are done");
        for article in &story.articles {
            story.server.client().get(at(article, "")).await;
        }
        Box::pin(travel(story.server)).await;
    }
}
