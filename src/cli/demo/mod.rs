//! `lede demo`: a temporary publication with sample articles. Its data is deleted when it stops.

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context as _, anyhow};

use super::import::Import;
use super::temporary::Folder;
use super::{api_key, serve, user};
use crate::api_keys::NewApiKey;
use crate::app::{App, Overrides};
use crate::articles::correction::{CorrectSection, Correction};
use crate::articles::draft::Draft;
use crate::articles::edit::{Editor, edit};
use crate::articles::notes::{self, NoteChange};
use crate::articles::resolve::resolve_article;
use crate::articles::reviews::{NewReview, review};
use crate::articles::scope::WriteScope;
use crate::articles::{ArticleKey, ReviewState, SectionRef, store};
use crate::auth::{Actor, Identity, Password, ReadDrafts, Role};
use crate::base::config::Config;
use crate::base::db::{Connection, DatabaseUrl, Tx};
use crate::base::error::Error;
use crate::base::http::IfMatch;
use crate::base::ids::UserId;
use crate::base::random::Random;
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::base::text::slug::{Anchor, Slug};
use crate::editions::correct::{self, Target};

const EDITOR: &str = "editor@website.example";
/// Owns the article in review. Nobody logs in as this user.
const WRITER: &str = "mara@website.example";
/// What the API key of the demo may do.
const SCOPES: [&str; 4] = ["articles:read", "articles:write", "articles:review", "articles:publish"];

/// The sample articles, as files to import.
const ARTICLES: &[(&str, &str)] = &[
    ("reading-a-tide-table.md", include_str!("reading-a-tide-table.md")),
    ("five-knots-worth-knowing.md", include_str!("five-knots-worth-knowing.md")),
    ("how-a-lighthouse-lens-works.md", include_str!("how-a-lighthouse-lens-works.md")),
    ("a-winter-on-the-breakwater.md", include_str!("a-winter-on-the-breakwater.md")),
    ("the-names-of-the-wind.md", include_str!("the-names-of-the-wind.md")),
    ("how-to-read-a-buoy.md", include_str!("how-to-read-a-buoy.md")),
    ("eine-gezeitentafel-lesen.md", include_str!("eine-gezeitentafel-lesen.md")),
    ("the-last-ice-house.md", include_str!("the-last-ice-house.md")),
    ("listening-to-fog.md", include_str!("listening-to-fog.md")),
    ("a-small-boat-in-winter.md", include_str!("a-small-boat-in-winter.md")),
    ("what-the-strandline-keeps.md", include_str!("what-the-strandline-keeps.md")),
    ("supper-at-slack-water.md", include_str!("supper-at-slack-water.md")),
];

/// One that is published tomorrow. What stands for the time of that is replaced.
const TOMORROWS: (&str, &str) = ("the-year-of-the-herring.md", include_str!("the-year-of-the-herring.md"));
/// A draft of the writer's, whose slug is [`IN_REVIEW`].
const DRAFT: (&str, &str) = ("the-harbour-bell.md", include_str!("the-harbour-bell.md"));
const IN_REVIEW: &str = "the-harbour-bell";

/// One that is corrected while its draft is ahead, and what is corrected in it.
const BUOYS: &str = "how-to-read-a-buoy";
const MISTAKE: (&str, &str) = ("Half the world has it", "America, Japan and Korea have it");
/// One with a translation that is behind, because this was changed since.
const TIDES: &str = "reading-a-tide-table";
const NEWS: (&str, &str) =
    ("Half of all the water comes", "Half of all the water, and the strongest stream, comes");

pub(super) async fn run(mut config: Config) -> anyhow::Result<ExitCode> {
    let bind = config.server.bind;
    let listener = TcpListener::bind(bind)
        .with_context(|| format!("cannot listen on {bind}; give another address with --bind 127.0.0.1:0"))?;
    config.server.bind = listener.local_addr()?;
    let folder = Folder::make("demo")?;
    config.database.url = DatabaseUrl::Sqlite(folder.path().join("demo.db").to_string_lossy().into_owned());
    config.secret.value = None;
    config.secret.file = None;
    config.mail.dir = folder.path().join("mail");
    if config.site.title == "Lede" {
        "The Harbour Almanac".clone_into(&mut config.site.title);
    }
    // The articles are in English, and one is in German.
    config.site.locale = Locale::parse("en").map_err(|invalid| anyhow!(invalid.detail))?;
    let address = config.base_url();
    let mail = config.mail.dir.clone();
    let app = App::open(config, Overrides::default()).await?;
    let login = fill(&app).await?;
    println!("{}", greeting(&address, &login, &mail));
    crate::server::serve(app, listener, serve::stop_on_signal()?).await?;
    Ok(ExitCode::SUCCESS)
}

/// What the demo's admin logs in with, and a key for programs.
struct Login {
    password: String,
    api_key: String,
}

/// Adds an admin with an API key, the articles, and a writer with one in review.
async fn fill(app: &App) -> anyhow::Result<Login> {
    let (admin, password) = add_user(app, EDITOR, Role::Admin, "Demo editor").await?;
    let key = NewApiKey::parse("Demo", &SCOPES.map(str::to_owned), None, app.clock.now())?;
    let (_, api_key) = api_key::add(app, admin, key, None).await?;
    import(app, EDITOR, ARTICLES).await?;
    import(app, EDITOR, &[TOMORROWS]).await?;
    let (writer, _) = add_user(app, WRITER, Role::Contributor, "Mara Lindqvist").await?;
    import(app, WRITER, &[DRAFT]).await?;
    request_review(app, writer, admin).await?;
    begin_change(app, admin).await?;
    correct(app, admin, BUOYS, MISTAKE, true).await?;
    correct(app, admin, TIDES, NEWS, false).await?;
    Ok(Login { password, api_key: api_key.expose() })
}

/// Adds a user. Returns the id and the password.
async fn add_user(app: &App, email: &str, role: Role, name: &str) -> anyhow::Result<(UserId, String)> {
    let password = Random::System.token()?;
    let email = EmailAddress::parse(email).map_err(|invalid| anyhow!(invalid.detail))?;
    let chosen = Password::typed(&password).map_err(|invalid| anyhow!(invalid.detail))?;
    Ok((user::add(app, email, role, name.to_owned(), chosen).await?, password))
}

async fn import(app: &App, owner: &str, articles: &[(&str, &str)]) -> anyhow::Result<()> {
    let import = Import::new(app, Some(owner), true, false).await?;
    let tomorrow = app.clock.now().plus(Duration::from_secs(24 * 3600)).to_string();
    let documents =
        articles.iter().map(|(name, text)| (PathBuf::from(name), Some(text.replace("TOMORROW", &tomorrow))));
    let mut outcomes = import.documents(documents.collect()).await;
    import.join_translations(&mut outcomes).await?;
    for (file, outcome) in outcomes {
        outcome.with_context(|| file.display().to_string())?;
    }
    Ok(())
}

/// Lets the writer ask the editor for a review, and the editor write a note.
async fn request_review(app: &App, writer: UserId, editor: UserId) -> anyhow::Result<()> {
    let (locale, slug) = (app.config.site.locale.clone(), Slug::from_stored(IN_REVIEW.to_owned()));
    let request = move |tx: &mut Tx<'_>| {
        let row = store::find_by_slug(tx, &locale, &slug)?.ok_or(Error::NotFound("article"))?;
        let request = NewReview {
            revision: row.revision,
            state: ReviewState::Requested,
            message: Some("Is the second part too short?".to_owned()),
            assignee: Some(Some(editor)),
        };
        let actor = Actor::new(Identity::of(writer, Role::Contributor))?;
        review(tx, actor, &ArticleKey::Id(row.id), &request)?;
        Ok(row.id)
    };
    let article = app.db.write_as(writer, request).await?;
    let answer = move |tx: &mut Tx<'_>| {
        let section = SectionRef::Anchor(Anchor::from_stored("the-last-ringer".to_owned()));
        let note = NoteChange {
            section: Some(store::find_section(tx, article, &section)?),
            text: Some("Who says so? Please name somebody who knew her.".to_owned()),
            resolved: None,
        };
        let actor = Actor::new(Identity::of(editor, Role::Admin))?;
        notes::create(tx, actor, &ArticleKey::Id(article), &note).map(drop)
    };
    Ok(app.db.write_as(editor, answer).await?)
}

/// An article of the demo, by its slug.
fn article(app: &App, slug: &str) -> anyhow::Result<ArticleKey> {
    let slug = Slug::parse(slug).map_err(|invalid| anyhow!(invalid.detail))?;
    Ok(ArticleKey::Slug(app.config.site.locale.clone(), slug))
}

/// Begins a larger change of one article.
async fn begin_change(app: &App, admin: UserId) -> anyhow::Result<()> {
    let (actor, locale) = (Actor::new(Identity::of(admin, Role::Admin))?, app.config.site.locale.clone());
    let key = article(app, BUOYS)?;
    let begin = move |tx: &mut Tx<'_>| {
        let editor = Editor { actor, locale: &locale };
        edit(tx, &editor, &key, IfMatch::Any, &WriteScope::Metadata, |_, draft| {
            draft.content.metadata.subtitle = Some("And what to do without one".to_owned());
            Ok(Vec::new())
        })
    };
    app.db.write_as(admin, begin).await?;
    Ok(())
}

/// Corrects what readers see of an article: the first text of these becomes the second.
async fn correct(
    app: &App,
    admin: UserId,
    slug: &str,
    (before, after): (&str, &str),
    minor: bool,
) -> anyhow::Result<()> {
    let identity = Identity::of(admin, Role::Admin);
    let (article, key) = (article(app, slug)?, article(app, slug)?);
    let actor = Actor::<ReadDrafts>::new(identity)?;
    let read = move |conn: &mut Connection| {
        let row = resolve_article(conn, actor, &key)?;
        Draft::load(conn, row)
    };
    let draft = app.db.read(read).await?;
    let sections = draft.content.sections.iter().filter(|section| section.body.contains(before));
    let sections =
        sections.map(|section| CorrectSection { id: section.id, body: section.body.replace(before, after) });
    let correction = Correction::parse(sections.collect(), serde_json::json!({}));
    let (actor, target) = (Actor::new(identity)?, Target { article, edition: 1, minor });
    let corrected = correct::prepare(app, actor, target.clone(), correction).await?;
    let work = move |tx: &mut Tx<'_>| correct::correct(tx, actor, &target, corrected.as_ref()).map(|_| ());
    Ok(app.db.write_as(admin, work).await?)
}

fn greeting(address: &str, Login { password, api_key }: &Login, mail: &Path) -> String {
    format!(
        r#"
A temporary publication with sample articles. Press Ctrl-C to stop it and delete its data.

  articles          {address}/v1/articles
  documentation     {address}/docs
  subscribe form    {address}/subscribe
  emails            {mail}

  log in as         {EDITOR}
  with              {password}
  API key           {api_key}

Fetch an article by its slug:
  curl {address}/v1/articles/reading-a-tide-table

List titles, by topic:
  curl '{address}/v1/articles?topic=sea&fields=title,slug,summary'

Watch what changes, here or in a browser's EventSource, while you publish something:
  curl -N {address}/v1/changes/stream

Log in, and keep the token:
  TOKEN=$(curl -s {address}/v1/auth/sessions -H 'Content-Type: application/json' -d '{{"email":"{EDITOR}","password":"{password}"}}' | sed 's/.*"access_token":"\([^"]*\)".*/\1/')

Or send the API key instead, which does not expire and may read, write and publish articles:
  curl {address}/v1/drafts -H 'Authorization: Bearer {api_key}'

List the drafts in review: a contributor asks the editor for one, who has written a note:
  curl '{address}/v1/drafts?review=requested' -H 'Authorization: Bearer {api_key}'
  curl {address}/v1/articles/the-harbour-bell/notes -H 'Authorization: Bearer {api_key}'

List what has changed since it was translated, here into German:
  curl '{address}/v1/drafts?translation_behind=true' -H 'Authorization: Bearer {api_key}'

Edit one section of the draft (readers see nothing yet), then publish that revision:
  curl -X PATCH {address}/v1/articles/reading-a-tide-table/draft/sections/the-rule-of-twelfths -H "Authorization: Bearer $TOKEN" -H 'If-Match: *' -H 'Content-Type: application/merge-patch+json' -d '{{"body":"Count in *twelfths*."}}'
  curl {address}/v1/articles/reading-a-tide-table/publish -H "Authorization: Bearer $TOKEN" -H 'Content-Type: application/json' -d '{{"revision":4}}'
"#,
        mail = mail.display(),
    )
}
