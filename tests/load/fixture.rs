//! Generated articles: 12 sections each, about 8 KB of text, with links, emphasis and pieces of code, and words of every
//! frequency. Longer ones have more of the same.

use std::path::Path;

use clap::Parser as _;
use futures_util::{StreamExt as _, stream};
use lede::app::{App, Overrides};
use lede::articles::ArticleKey;
use lede::articles::edit::Editor;
use lede::articles::markdown_document::read_markdown;
use lede::articles::write::{NewArticle, create};
use lede::auth::{Actor, Identity, Password, PublishArticles, Role, WriteArticles};
use lede::base::config::Config;
use lede::base::db::Tx;
use lede::base::ids::UserId;
use lede::editions::publish::{self, Publication};
use lede::render_context::{self, ServerSettings};
use lede::users::EmailAddress;
use lede::users::store::{self as users, UserRow};
use serde_json::{Value, json};

const WORDS: &[&str] = &[
    "tide", "harbour", "rope", "lantern", "winter", "chart", "current", "anchor", "salt", "keel", "signal",
    "depth", "market", "bell", "storm", "island", "pilot", "cargo", "bridge", "moon", "ice", "gull", "net",
    "tower", "shore",
];

#[derive(clap::Parser)]
struct Settings {
    #[command(flatten)]
    config: Config,
}

/// The website that links point to: the same for who makes the articles and for who serves them.
pub const WEBSITE: &str = "https://website.example";
/// The password of whoever makes the articles.
pub const PASSWORD: &str = "correct horse battery staple";

/// The settings of a server on a database file.
pub fn config(database: &Path) -> Config {
    let url = format!("sqlite://{}", database.display());
    Settings::parse_from(["load", "--database-url", &url, "--website-url", WEBSITE]).config
}

pub fn slug(number: usize) -> String {
    format!("article-{number}")
}

/// Makes and publishes that many articles.
pub fn fill(database: &Path, articles: usize) {
    fill_with(database, articles, |_| 1);
}

/// Makes and publishes that many articles, each as many times as long as the others as `length` says.
pub fn fill_with(database: &Path, articles: usize, length: fn(usize) -> usize) {
    let config = config(database);
    let work = move || {
        actix_web::rt::System::new().block_on(async {
            let app = App::open(config, Overrides::default()).await.expect("an application");
            let settings = ServerSettings::new(&app.config);
            let save = move |tx: &mut Tx<'_>| render_context::store::save_settings_if_none(tx, &settings);
            app.db.write(save).await.expect("settings");
            let owner = add_user(&app, Role::Admin, PASSWORD).await;
            stream::iter(0..articles)
                .for_each_concurrent(32, |number| make(&app, owner, number, length(number)))
                .await;
        });
    };
    // In a thread of its own: the caller has a runtime already.
    std::thread::spawn(work).join().expect("articles");
}

/// Adds the one user, who can log in with that password.
pub async fn add_user(app: &App, role: Role, password: &str) -> UserId {
    let now = app.clock.now();
    let password = Password::typed(password).expect("a password");
    let email = EmailAddress::parse("load@website.example").expect("an address");
    let hash = app.passwords.hash(password).await.expect("a hash");
    let row = UserRow::new(app.random.id(now).expect("an id"), &email, "Load".into(), role, now)
        .with_password(hash);
    let id = row.id;
    app.db.write(move |tx| users::insert(tx, &row)).await.expect("a user");
    id
}

async fn make(app: &App, owner: UserId, number: usize, length: usize) {
    let now = app.clock.now();
    let document = read_markdown(&markdown(number, length), "").expect("a document");
    let new = NewArticle {
        id: app.random.id(now).expect("an id"),
        sections: document.new_sections("", &app.random, now).expect("sections"),
        metadata: document.metadata,
        published_at: document.published_at,
    };
    let (article, locale) = (ArticleKey::Id(new.id), app.config.site.locale.clone());
    let actor: Actor<WriteArticles> = Actor::new(Identity::of(owner, Role::Admin)).expect("an admin");
    app.db
        .write_as(owner, move |tx| create(tx, &Editor { actor, locale: &locale }, &new))
        .await
        .expect("an article");
    let actor: Actor<PublishArticles> = Actor::new(Identity::of(owner, Role::Admin)).expect("an admin");
    let publication = Publication { article: article.clone(), revision: 1, published_at: None, minor: false };
    let prepared = publish::prepare(app, actor, publication).await.expect("a rendering");
    app.db
        .write_as(owner, move |tx| publish::publish(tx, actor, &article, 1, prepared.as_ref()))
        .await
        .expect("an edition");
}

/// What creates an article of 12 sections and about 8 KB, as JSON.
pub fn article(title: &str) -> Value {
    let mut words = Words(1);
    let intro = words.paragraph(60);
    let mut body = || format!("{}\n\n{}", words.paragraph(50), words.paragraph(45));
    let sections: Vec<Value> =
        (0..12).map(|at| json!({"heading": format!("Section {at}"), "body": body()})).collect();
    json!({"title": title, "intro": intro, "sections": sections})
}

/// An article of as much as a Markdown document.
pub fn markdown(number: usize, length: usize) -> String {
    let mut words = Words(number as u64 + 1);
    let mut text = format!(
        "---\ntitle: Article {number}\nslug: {}\ndate: {}\ntopics: [topic-{}, topic-{}]\nauthor: Author {}\n---\n\n",
        slug(number),
        format_args!("20{:02}-{:02}-{:02}T00:00:00Z", 10 + number % 15, 1 + number % 12, 1 + number % 28),
        number % 40,
        number % 7,
        number % 20,
    );
    text += &words.paragraph(60 * length);
    // Words that few articles have, and one that every thirtieth has.
    text += &format!("kelpie{} marlin{} ", number / 5, number / 7);
    if number.is_multiple_of(30) {
        text += "drifter3 ";
    }
    for section in 0..12 {
        let level = if section % 3 == 0 { "##" } else { "###" };
        text += &format!(
            "\n\n{level} Section {section} of {number}\n\n{}\n\n{}",
            words.paragraph(50 * length),
            words.paragraph(45 * length)
        );
    }
    text
}

/// The same words in the same order, each time.
struct Words(u64);

impl Words {
    fn next(&mut self) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0)
    }

    fn paragraph(&mut self, length: usize) -> String {
        let mut text = String::new();
        for at in 0..length {
            let word = WORDS[self.next() % WORDS.len()];
            text += &match at % 20 {
                5 => format!("*{word}* "),
                11 => format!("[{word}](https://website.example/{word}) "),
                17 => format!("`{word}` "),
                _ => format!("{word} "),
            };
        }
        text
    }
}
