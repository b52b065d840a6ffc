//! `lede import`: imports Markdown files as articles. A file belongs to the article with the id in its front matter, or else
//! with its language and slug, so that a second run updates what changed and skips the rest. A bad file does not stop the
//! others.

mod files;

use std::collections::HashMap;
use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::{Mutex, PoisonError};

use anyhow::{Context as _, bail};
use futures_util::{StreamExt as _, stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::files::Found;
use crate::app::App;
use crate::articles::draft::Draft;
use crate::articles::edit::{Editor, edit};
use crate::articles::markdown_document::{ParsedDocument, read_markdown};
use crate::articles::scope::WriteScope;
use crate::articles::write::{NewArticle, create, replace_by_document};
use crate::articles::{ArticleKey, slugs, store};
use crate::auth::{Actor, PublishArticles, Role, WriteArticles};
use crate::base::clock::Timestamp;
use crate::base::config::Config;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::http::IfMatch;
use crate::base::ids::{ArticleId, UserId};
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::base::text::slug::Slug;
use crate::base::text::validate;
use crate::editions::publish::{self, Publication};
use crate::render_context::{self, RenderSettings};
use crate::users::{self};

/// How many files are imported at the same time; their commits share an fsync.
const AT_ONCE: usize = 16;

#[derive(Debug, clap::Args)]
pub(super) struct Arguments {
    /// A Markdown file, or a folder of Markdown files.
    path: PathBuf,
    /// Publish the imported articles, except those that their front matter marks as drafts.
    #[arg(long)]
    publish: bool,
    /// Print what would be imported, and change nothing.
    #[arg(long)]
    dry_run: bool,
    /// The user who owns the imported articles. Default: the first admin.
    #[arg(long, value_name = "EMAIL")]
    owner: Option<String>,
}

/// What was done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Outcome {
    Created,
    Updated,
    Skipped,
}

/// What was done with a file, and what else there is to say of it.
pub(super) struct Done {
    pub outcome: Outcome,
    /// Why it is not published, although it might be.
    remark: Option<String>,
}

pub(super) async fn run(config: Config, arguments: Arguments) -> anyhow::Result<ExitCode> {
    let Found { files, skipped } = files::find(&arguments.path)?;
    let app = super::open(config).await?;
    let settings = RenderSettings::new(&app.config);
    app.db.write(move |tx| render_context::store::save_settings_if_none(tx, &settings)).await?;
    let import = Import::new(&app, arguments.owner.as_deref(), arguments.publish, arguments.dry_run).await?;
    let bar = progress_bar(files.len());
    let outcomes: Vec<(PathBuf, anyhow::Result<Done>)> = stream::iter(files)
        .map(|file| {
            let (import, bar) = (&import, &bar);
            async move {
                let outcome = import.file(&file).await;
                bar.inc(1);
                (file, outcome)
            }
        })
        .buffer_unordered(AT_ONCE)
        .collect()
        .await;
    bar.finish_and_clear();
    Ok(report(outcomes, &skipped, arguments.dry_run))
}

/// Prints how many files were imported, and each that failed, was skipped or stays a draft, with the reason.
fn report(
    mut outcomes: Vec<(PathBuf, anyhow::Result<Done>)>,
    skipped: &[(PathBuf, &'static str)],
    dry_run: bool,
) -> ExitCode {
    outcomes.sort_by(|(a, _), (b, _)| a.cmp(b));
    let count = |wanted| {
        outcomes.iter().filter(|(_, done)| matches!(done, Ok(done) if done.outcome == wanted)).count()
    };
    let mut failed = 0;
    for (file, done) in &outcomes {
        match done {
            Ok(Done { remark: None, .. }) => {}
            Ok(Done { remark: Some(remark), .. }) => eprintln!("{}: stays a draft: {remark}", file.display()),
            Err(error) => {
                failed += 1;
                eprintln!("{}: {error:#}", file.display());
            }
        }
    }
    for (path, reason) in skipped {
        eprintln!("{}: skipped: {reason}", path.display());
    }
    let ignored = if skipped.is_empty() { String::new() } else { format!(", {} skipped", skipped.len()) };
    println!(
        "{}{} created, {} updated, {} unchanged, {failed} failed{ignored}",
        if dry_run { "dry run: " } else { "" },
        count(Outcome::Created),
        count(Outcome::Updated),
        count(Outcome::Skipped),
    );
    match failed {
        0 => ExitCode::SUCCESS,
        _ if failed == outcomes.len() => ExitCode::from(2),
        _ => ExitCode::from(1),
    }
}

fn progress_bar(files: usize) -> ProgressBar {
    let bar = ProgressBar::with_draw_target(Some(files as u64), ProgressDrawTarget::stderr());
    if !std::io::stderr().is_terminal() {
        bar.set_draw_target(ProgressDrawTarget::hidden());
    }
    if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos}/{len} files, {eta} left") {
        bar.set_style(style);
    }
    bar
}

/// What the import of every file needs.
pub(super) struct Import<'a> {
    app: &'a App,
    owner: UserId,
    publish: bool,
    dry_run: bool,
    /// Which file of this run has which slug.
    claimed: Mutex<HashMap<(Locale, Slug), PathBuf>>,
}

impl<'a> Import<'a> {
    pub(super) async fn new(
        app: &'a App,
        owner: Option<&str>,
        publish: bool,
        dry_run: bool,
    ) -> anyhow::Result<Self> {
        let owner = match owner {
            Some(email) => {
                let email = EmailAddress::parse(email)
                    .map_err(|invalid| anyhow::anyhow!("{email}: {}", invalid.detail))?;
                app.db
                    .read(move |conn| users::store::find_active_by_email(conn, &email))
                    .await?
                    .map(|user| user.id)
            }
            None => app.db.read(users::store::find_first_admin).await?,
        };
        let Some(owner) = owner else {
            bail!("articles need an owner, and there is no such user; add one with `lede user add`")
        };
        Ok(Self { app, owner, publish, dry_run, claimed: Mutex::default() })
    }

    /// Imports one file.
    pub(super) async fn file(&self, file: &Path) -> anyhow::Result<Done> {
        let bytes = std::fs::read(file)?;
        let text = std::str::from_utf8(&bytes).context("not UTF-8")?;
        self.document(file, text).await
    }

    /// Imports one document. The file's name provides a missing title, slug and date.
    pub(super) async fn document(&self, file: &Path, text: &str) -> anyhow::Result<Done> {
        if text.contains('\0') {
            bail!("U+0000 is not allowed in text");
        }
        let text = text.to_owned();
        let mut document = self.app.compute.run(move || read_markdown(&text, "")).await?;
        let (name, date) = files::name_and_date(file);
        if document.published_at.is_none() && document.unreadable_date.is_none() {
            document.published_at = date;
        }
        let metadata = &mut document.metadata;
        if metadata.title.is_none() {
            let title = validate::line("title", &name.replace(['-', '_'], " "), 300);
            metadata.title =
                Some(title.map_err(|invalid| anyhow::anyhow!("as the title: {}", invalid.detail))?);
        }
        let slug = metadata.slug.get_or_insert_with(|| Some(slugs::from_title(&name))).clone();
        let locale = metadata.locale.clone().flatten().unwrap_or_else(|| self.app.config.site.locale.clone());
        if let Some(slug) = slug.clone() {
            let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(other) = claimed.insert((locale.clone(), slug.clone()), file.to_owned()) {
                bail!("{} has the same slug, {slug}", other.display());
            }
        }
        let wanted = document.id;
        let known = self.app.db.read(move |conn| find_known(conn, wanted, &locale, slug.as_ref())).await?;
        let now = self.app.clock.now();
        let remark = document.check_date(now).map(|invalid| invalid.detail.into_owned());
        if self.dry_run {
            let outcome = if known.is_some() { Outcome::Updated } else { Outcome::Created };
            return Ok(Done { outcome, remark });
        }
        let publish = self.publish && !document.draft && remark.is_none();
        let published_at = document.published_at.filter(|at| *at <= now);
        let (draft, outcome) = match known {
            Some(id) => self.update(id, document).await?,
            None => (self.create(document).await?, Outcome::Created),
        };
        let published = publish && self.publish(&draft, published_at).await?;
        let outcome = if published && outcome == Outcome::Skipped { Outcome::Updated } else { outcome };
        Ok(Done { outcome, remark })
    }

    async fn create(&self, document: ParsedDocument) -> Result<Draft> {
        let actor: Actor<WriteArticles> = Actor::new(self.owner, Role::Admin)?;
        let (locale, random, now) =
            (self.app.config.site.locale.clone(), &self.app.random, self.app.clock.now());
        let new = NewArticle {
            // An unknown id is kept: the document comes from another installation.
            id: document.id.map_or_else(|| random.id(now), Ok)?,
            sections: document.new_sections("", random, now)?,
            metadata: document.metadata,
            published_at: document.published_at.filter(|at| *at <= now),
        };
        let work = move |tx: &mut Tx<'_>| create(tx, &Editor { actor, locale: &locale }, &new);
        self.app.db.write_as(self.owner, work).await
    }

    async fn update(&self, id: ArticleId, mut document: ParsedDocument) -> Result<(Draft, Outcome)> {
        let actor: Actor<WriteArticles> = Actor::new(self.owner, Role::Admin)?;
        let locale = self.app.config.site.locale.clone();
        document.metadata.locale.get_or_insert(None);
        let work = move |tx: &mut Tx<'_>| {
            let editor = Editor { actor, locale: &locale };
            let (article, scope) = (ArticleKey::Id(id), WriteScope::Everything);
            let mut before = 0;
            let draft = edit(tx, &editor, &article, IfMatch::Any, &scope, |tx, draft| {
                before = draft.row.version;
                replace_by_document(tx, &editor, draft, &document)
            })?;
            let outcome = if draft.row.version == before { Outcome::Skipped } else { Outcome::Updated };
            Ok((draft, outcome))
        };
        self.app.db.write_as(self.owner, work).await
    }

    /// Publishes the newest revision, first at the given time, and returns whether that was needed.
    async fn publish(&self, draft: &Draft, published_at: Option<Timestamp>) -> Result<bool> {
        let actor: Actor<PublishArticles> = Actor::new(self.owner, Role::Admin)?;
        let (article, revision) = (ArticleKey::Id(draft.row.id), draft.row.revision);
        let publication = Publication { article: article.clone(), revision, published_at };
        let Some(prepared) = publish::prepare(self.app, actor, publication).await? else { return Ok(false) };
        let work = move |tx: &mut Tx<'_>| publish::publish(tx, actor, &article, revision, Some(&prepared));
        self.app.db.write_as(self.owner, work).await.map(|_| true)
    }
}

/// The article that a document belongs to: by id, or else by language and slug.
fn find_known(
    conn: &mut Connection,
    id: Option<ArticleId>,
    locale: &Locale,
    slug: Option<&Slug>,
) -> Result<Option<ArticleId>> {
    if let Some(id) = id
        && let Some(row) = store::find(conn, id)?
    {
        return Ok(Some(row.id));
    }
    slug.map_or(Ok(None), |slug| slugs::find_draft(conn, locale, slug))
}
