//! A model of what is live, what the draft holds and what it lacks of a correction, held against random histories.

use std::collections::BTreeMap;

use lede::auth::Role;
use serde_json::{Map, Value, json};

use super::correct;
use crate::client::Client;
use crate::following::Dice;
use crate::server::Server;
use crate::test_database::rounds;
use crate::writing::{at, create, flat, id};

/// What a revision holds: fields, and sections in document order. Few texts are used, so that contents meet again.
#[derive(Debug, Clone, PartialEq)]
struct Content {
    fields: BTreeMap<&'static str, Value>,
    sections: Vec<Section>,
}

#[derive(Debug, Clone, PartialEq)]
struct Section {
    id: String,
    parent: Option<String>,
    heading: String,
    body: String,
}

const FIELDS: [&str; 4] = ["title", "subtitle", "featured", "intro"];

impl Content {
    /// That of a draft or a revision.
    fn of(read: &Value) -> Self {
        fn walk(sections: &Value, parent: Option<&str>, out: &mut Vec<Section>) {
            for section in sections.as_array().expect("sections") {
                let text = |name: &str| section[name].as_str().unwrap_or_default().to_owned();
                let parent = parent.map(str::to_owned);
                out.push(Section { id: text("id"), parent, heading: text("heading"), body: text("body") });
                walk(&section["sections"], section["id"].as_str(), out);
            }
        }
        let mut sections = Vec::new();
        walk(&read["sections"], None, &mut sections);
        Self { fields: FIELDS.map(|name| (name, read[name].clone())).into(), sections }
    }

    fn find(&self, id: &str) -> Option<&Section> {
        self.sections.iter().find(|section| section.id == id)
    }

    /// Without where the sections are.
    fn texts(&self) -> BTreeMap<&str, (&str, &str)> {
        self.sections.iter().map(|s| (s.id.as_str(), (s.heading.as_str(), s.body.as_str()))).collect()
    }
}

/// An article as the model has it.
struct Model {
    draft: Content,
    revision: i64,
    version: i64,
    /// The number of the edition and its revision.
    live: Option<(i64, i64)>,
    last_edition: i64,
    revisions: BTreeMap<i64, (Option<i64>, Content)>,
}

impl Model {
    fn live(&self) -> Option<&Content> {
        self.live.map(|(_, revision)| &self.revisions[&revision].1)
    }

    /// An edit that the server has accepted; where sections are is taken from there.
    fn edited(&mut self, mut expected: Content, read: &Value) {
        let after = Content::of(read);
        assert_eq!((after.texts(), &after.fields), (expected.texts(), &expected.fields));
        expected.sections.clone_from(&after.sections);
        if expected != self.draft {
            self.version += 1;
            self.save(self.version, self.revision, expected.clone());
            (self.revision, self.draft) = (self.version, expected);
        }
    }

    fn save(&mut self, revision: i64, parent: i64, content: Content) {
        self.revisions.insert(revision, (Some(parent), content));
    }

    /// A correction: what the draft lacks of it.
    fn correct(
        &mut self,
        fields: &BTreeMap<&'static str, Value>,
        bodies: &BTreeMap<String, String>,
    ) -> Value {
        let live = self.live().expect("it is live").clone();
        let mut corrected = live.clone();
        corrected.fields.extend(fields.clone());
        for section in &mut corrected.sections {
            if let Some(body) = bodies.get(&section.id) {
                section.body.clone_from(body);
            }
        }
        if corrected == live {
            return json!([]);
        }
        let (mut missing, mut draft) = (Vec::new(), self.draft.clone());
        for (name, new) in &corrected.fields {
            let (old, own) = (&live.fields[name], &self.draft.fields[name]);
            if own == old {
                draft.fields.insert(*name, new.clone());
            } else if new != old && own != new {
                missing.push(*name);
            }
        }
        // As the server orders the fields.
        missing.sort_by_key(|name| FIELDS.iter().position(|field| field == name));
        let mut parts = Vec::new();
        for (new, old) in corrected.sections.iter().zip(&live.sections).filter(|(new, old)| new != old) {
            let own = draft.sections.iter_mut().find(|own| own.id == new.id);
            match own {
                Some(own) if (&own.heading, &own.body) == (&old.heading, &old.body) => {
                    own.body.clone_from(&new.body);
                }
                Some(own) if own.body == new.body => {}
                _ => parts.push((new.id.clone(), "section", vec!["body"])),
            }
        }
        let (edition, revision) = (self.last_edition + 1, self.version + 1);
        self.save(revision, self.live.expect("it is live").1, corrected.clone());
        (self.live, self.last_edition, self.version) = (Some((edition, revision)), edition, revision);
        if draft != corrected {
            self.version += 1;
            self.save(self.version, self.revision, draft.clone());
        }
        (self.revision, self.draft) = (self.version, draft);
        let metadata = (!missing.is_empty()).then(|| (String::new(), "metadata", missing));
        let all = metadata.into_iter().chain(parts);
        all.map(|(id, kind, fields)| json!({"id": id, "kind": kind, "fields": fields})).collect()
    }

    /// Holds the model against what is read.
    async fn check(&self, editor: &Client, reader: &Client, article: &Value, told: &[String]) {
        let draft = editor.get(at(article, "/draft")).await.expect(200);
        assert_eq!(Content::of(&draft), self.draft, "{told:#?}");
        let expected = json!([
            self.version,
            self.revision,
            self.live.map(|(_, revision)| revision),
            self.live() != Some(&self.draft)
        ]);
        let names = ["version", "revision", "published_revision", "has_unpublished_changes"];
        assert_eq!(
            names.map(|name| draft[name].clone()).to_vec(),
            *expected.as_array().unwrap(),
            "{told:#?}"
        );
        let flag = format!("/v1/drafts?has_unpublished_changes={}", draft["has_unpublished_changes"]);
        let listed = editor.get(flag + "&limit=1&sort=-updated_at").await.expect(200);
        assert_eq!(listed["items"][0]["id"], draft["id"], "{told:#?}");
        let seen = reader.get(at(article, "")).await;
        let Some((edition, revision)) = self.live else {
            seen.problem(404, "not-found");
            return;
        };
        let (seen, live) = (seen.expect(200), &self.revisions[&revision].1);
        assert_eq!((&seen["edition"], &seen["title"]), (&json!(edition), &live.fields["title"]), "{told:#?}");
        let html = |section: &Section| match section.body.as_str() {
            "" => String::new(),
            body => format!("<p>{body}</p>\n"),
        };
        let shown = flat(&seen["sections"]);
        let shown = shown.iter().map(|s| (s["id"].as_str().unwrap(), s["html"].as_str().unwrap().to_owned()));
        let expected = live.sections.iter().map(|section| (section.id.as_str(), html(section)));
        assert_eq!(shown.collect::<Vec<_>>(), expected.collect::<Vec<_>>(), "{told:#?}");
    }

    /// Every revision, at the end.
    async fn check_history(&self, editor: &Client, article: &Value) {
        let list = editor.get(at(article, "/revisions?limit=100")).await.expect(200);
        let items = list["items"].as_array().expect("items");
        let parents = items.iter().map(|item| (item["revision"].clone(), item["parent"].clone()));
        let expected =
            self.revisions.iter().rev().map(|(number, (parent, _))| (json!(number), json!(parent)));
        assert_eq!(parents.collect::<Vec<_>>(), expected.collect::<Vec<_>>());
        for (number, (_, content)) in &self.revisions {
            let read = editor.get(at(article, &format!("/revisions/{number}"))).await.expect(200);
            assert_eq!(Content::of(&read), *content, "revision {number}");
        }
    }
}

fn text(dice: &mut Dice) -> String {
    (*dice.one_of(&["One.", "Two.", "Three."]).expect("a text")).to_owned()
}

fn field(dice: &mut Dice) -> (&'static str, Value) {
    let name = *dice.one_of(&FIELDS).expect("a field");
    (name, if name == "featured" { json!(dice.below(2) == 0) } else { json!(text(dice)) })
}

/// Does something that editors do, in the model, too.
async fn step(dice: &mut Dice, editor: &Client, article: &Value, model: &mut Model) -> String {
    let section = dice.one_of(&model.draft.sections).map(|section| section.id.clone());
    let path = |section: &str| at(article, &format!("/draft/sections/{section}"));
    let read = async || editor.get(at(article, "/draft")).await.expect(200);
    let (mut expected, kind) = (model.draft.clone(), dice.below(14));
    match (kind, section) {
        (0..3, Some(section)) => {
            let change =
                if dice.below(4) == 0 { json!({"heading": text(dice)}) } else { json!({"body": text(dice)}) };
            editor.patch(path(&section)).header("if-match", "*").json(&change).await.is(200);
            let own = expected.sections.iter_mut().find(|own| own.id == section).expect("a section");
            let new = |name: &str, old: &str| change[name].as_str().unwrap_or(old).to_owned();
            (own.heading, own.body) = (new("heading", &own.heading), new("body", &own.body));
            model.edited(expected, &read().await);
            format!("section {section}: {change}")
        }
        (3, Some(section)) => {
            let place = if dice.below(2) == 0 { "before" } else { "parent_id" };
            let other = dice.one_of(&expected.sections).map(|other| other.id.clone());
            let change = json!({place: other});
            editor.patch(path(&section)).header("if-match", "*").json(&change).await;
            model.edited(expected, &read().await);
            format!("move {section}: {change}")
        }
        (4, Some(section)) => {
            editor.delete(path(&section)).header("if-match", "*").await.is(204);
            let after = read().await;
            let left = Content::of(&after);
            expected.sections.retain(|own| left.find(&own.id).is_some());
            assert!(left.find(&section).is_none());
            model.edited(expected, &after);
            format!("delete {section}")
        }
        (5, _) if expected.sections.len() < 6 => {
            let new = json!({"heading": text(dice), "body": text(dice)});
            let made = editor.post(at(article, "/draft/sections")).json(&new).await.expect(201);
            let member = |name: &str| made["section"][name].as_str().expect("a text").to_owned();
            let (id, heading, body) = (member("id"), member("heading"), member("body"));
            expected.sections.push(Section { id, parent: None, heading, body });
            model.edited(expected, &read().await);
            "add".to_owned()
        }
        (6 | 7, _) => {
            let (name, value) = field(dice);
            let change = json!({name: value});
            let after = super::edit(editor, article, change.clone()).await;
            expected.fields.insert(name, value);
            model.edited(expected, &after);
            format!("metadata {change}")
        }
        (8, _) => {
            let numbers: Vec<i64> = model.revisions.keys().copied().collect();
            let number = *dice.one_of(&numbers).expect("a revision");
            let restore = editor.post(at(article, &format!("/revisions/{number}/restore")));
            let after = restore.header("if-match", "*").await.expect(200);
            model.edited(model.revisions[&number].1.clone(), &after);
            format!("restore {number}")
        }
        (9, _) => {
            let numbers: Vec<i64> = model.revisions.keys().copied().collect();
            let older = *dice.one_of(&numbers).expect("a revision");
            let number = if dice.below(3) == 0 { older } else { model.revision };
            editor.post(at(article, "/publish")).json(json!({"revision": number})).await.is(200);
            if model.live.is_none_or(|(_, revision)| revision != number) {
                model.last_edition += 1;
                model.version += 1;
                model.live = Some((model.last_edition, number));
            }
            format!("publish {number}")
        }
        _ => {
            let Some((edition, revision)) = model.live else { return "nothing to correct".to_owned() };
            let sections = model.revisions[&revision].1.sections.clone();
            let count = dice.below(3);
            let fields: BTreeMap<_, _> = (0..dice.below(3)).map(|_| field(dice)).collect();
            let bodies: BTreeMap<String, String> =
                (0..count).filter_map(|_| Some((dice.one_of(&sections)?.id.clone(), text(dice)))).collect();
            let metadata: Map<String, Value> =
                fields.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
            let list: Vec<Value> = bodies.iter().map(|(id, body)| json!({"id": id, "body": body})).collect();
            let change = json!({"sections": list, "metadata": metadata});
            let after = correct(editor, article, edition, change.clone()).await.expect(200);
            let mut missing = model.correct(&fields, &bodies);
            for part in missing.as_array_mut().expect("parts").iter_mut().filter(|part| part["id"] == "") {
                part["id"] = id(article).into();
            }
            assert_eq!((&after["not_in_draft"], &after["edition"]), (&missing, &json!(model.last_edition)));
            format!("correct {change}, not in the draft: {missing}")
        }
    }
}

#[tokio::test]
async fn a_model_says_what_is_live_what_the_draft_holds_and_what_it_lacks() {
    let server = Server::start().await;
    let (editor, reader) = (server.login(Role::Editor).await, server.client());
    let mut dice = Dice(13);
    for round in 0..rounds(12) {
        let sections: Vec<Value> =
            (0..3).map(|_| json!({"heading": "Part", "body": text(&mut dice)})).collect();
        let body = json!({"title": "One.", "slug": format!("article-{round}"), "sections": sections});
        let article = create(&editor, body).await;
        let draft = Content::of(&article);
        let revisions = BTreeMap::from([(1, (None, draft.clone()))]);
        let mut model = Model { draft, revision: 1, version: 1, live: None, last_edition: 0, revisions };
        let mut told = Vec::new();
        for _ in 0..20 {
            told.push(step(&mut dice, &editor, &article, &mut model).await);
            server.clock.advance(crate::given::seconds(1));
            model.check(&editor, &reader, &article, &told).await;
        }
        model.check_history(&editor, &article).await;
    }
}
