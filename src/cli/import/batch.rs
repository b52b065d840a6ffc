//! Imports documents in batches: all of a batch are looked up with one read and stored with one write, and parsed and
//! rendered on every core. If one of them cannot be stored, each gets a write of its own.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context as _, anyhow, bail};
use futures_util::future::join_all;

use super::files::name_and_date;
use crate::app::App;
use crate::articles::edit::{Editor, edit};
use crate::articles::markdown_document::{MAX_DOCUMENT, ParsedDocument, read_markdown};
use crate::articles::scope::WriteScope;
use crate::articles::write::{NewArticle, create, replace_by_document};
use crate::articles::{ArticleKey, slugs, store};
use crate::auth::{self, Actor, PublishArticles, Role};
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::http::IfMatch;
use crate::base::ids::{ArticleId, UserId};
use crate::base::random::Random;
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::base::text::slug::Slug;
use crate::base::text::validate;
use crate::editions::publish::{Prepared, Publication, Unrendered, publish};
use crate::users;

/// What was done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::cli) enum Outcome {
    Created,
    Updated,
    Skipped,
}

/// What was done with a file, and what else there is to say of it.
pub(in crate::cli) struct Done {
    pub outcome: Outcome,
    /// Why it is not published, although it might be.
    pub remark: Option<String>,
    /// What of it was left out.
    pub warnings: Vec<String>,
}

/// What the import of every document needs.
pub(in crate::cli) struct Import<'a> {
    app: &'a App,
    owner: UserId,
    publish: bool,
    dry_run: bool,
    /// Which file of this run belongs to which article.
    claimed: Mutex<HashMap<Identity, PathBuf>>,
}

/// What a document says of the article that it belongs to.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    Id(ArticleId),
    Slug(Locale, Slug),
}

/// A document that was read.
struct Post {
    file: PathBuf,
    document: ParsedDocument,
    /// The article that it is, unless there is one already.
    new: NewArticle,
    locale: Locale,
    slug: Option<Slug>,
    /// Why it is not published, although it might be.
    remark: Option<String>,
}

/// A post with the article that it belongs to, if there is one.
type Known = (Arc<Post>, Option<ArticleId>);

/// The newest revision of an article.
type Revision = (ArticleId, i64);

/// What has become of each document.
pub(in crate::cli) type Outcomes = Vec<(PathBuf, anyhow::Result<Done>)>;

impl<'a> Import<'a> {
    pub(in crate::cli) async fn new(
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

    /// Imports files.
    pub(in crate::cli) async fn files(&self, files: Vec<PathBuf>) -> Outcomes {
        self.documents(files.into_iter().map(|file| (file, None)).collect()).await
    }

    /// Imports documents, each with its text, or with the text that its file has. The name of the file provides a missing
    /// title, slug and date.
    pub(in crate::cli) async fn documents(
        &self,
        documents: Vec<(PathBuf, Option<&'static str>)>,
    ) -> Outcomes {
        let read = documents.into_iter().map(async |(file, text)| {
            let post = self.read(file.clone(), text).await;
            (file, post.and_then(|post| self.claim(post)))
        });
        let (mut outcomes, mut posts) = (Vec::new(), Vec::new());
        for (file, post) in join_all(read).await {
            match post {
                Ok(post) => posts.push(post),
                Err(error) => outcomes.push((file, Err(error))),
            }
        }
        outcomes.extend(self.save(posts).await);
        outcomes
    }

    /// Reads and parses a document.
    async fn read(&self, file: PathBuf, text: Option<&'static str>) -> anyhow::Result<Post> {
        let (site, random, now) =
            (self.app.config.site.locale.clone(), self.app.random.clone(), self.app.clock.now());
        let read = move || {
            Ok(match text {
                Some(text) => Post::parse(file, text, &site, &random, now),
                None => load(&file).and_then(|text| Post::parse(file, &text, &site, &random, now)),
            })
        };
        self.app.compute.run(read).await?
    }

    /// Refuses a document with the id, or the language and slug, of another of this run.
    fn claim(&self, post: Post) -> anyhow::Result<Post> {
        let slug = post.slug.clone().map(|slug| Identity::Slug(post.locale.clone(), slug));
        let identities = [post.document.id.map(Identity::Id), slug];
        let mut claimed = self.claimed.lock().unwrap_or_else(PoisonError::into_inner);
        for identity in identities.iter().flatten() {
            let Some(other) = claimed.get(identity) else { continue };
            match identity {
                Identity::Id(id) => bail!("{} has the same id, {id}", other.display()),
                Identity::Slug(_, slug) => bail!("{} has the same slug, {slug}", other.display()),
            }
        }
        claimed.extend(identities.into_iter().flatten().map(|identity| (identity, post.file.clone())));
        drop(claimed);
        Ok(post)
    }

    /// Stores documents, and publishes those that are to be published.
    async fn save(&self, posts: Vec<Post>) -> Outcomes {
        let files: Vec<PathBuf> = posts.iter().map(|post| post.file.clone()).collect();
        let outcomes: Vec<anyhow::Result<Done>> = match self.try_save(posts).await {
            Ok(outcomes) => outcomes.into_iter().map(|outcome| outcome.map_err(Into::into)).collect(),
            Err(error) => files.iter().map(|_| Err(anyhow!("{error}"))).collect(),
        };
        files.into_iter().zip(outcomes).collect()
    }

    async fn try_save(&self, posts: Vec<Post>) -> Result<Vec<Result<Done>>> {
        let posts: Vec<Arc<Post>> = posts.into_iter().map(Arc::new).collect();
        let posts: Vec<Known> = self.app.db.read(move |conn| find_all_known(conn, &posts)).await?;
        if self.dry_run {
            let outcome = |known: Option<_>| known.map_or(Outcome::Created, |_| Outcome::Updated);
            return Ok(posts.iter().map(|(post, known)| Ok(post.done(outcome(*known)))).collect());
        }
        let posts = Arc::new(posts);
        let (owner, locale) = (self.owner, self.app.config.site.locale.clone());
        let store = move |tx: &mut Tx<'_>, (post, known): &Known| {
            let editor =
                Editor { actor: Actor::new(auth::Identity::of(owner, Role::Admin))?, locale: &locale };
            post.store(tx, &editor, *known)
        };
        let stored = self.write_each(&posts, store).await;
        let wanted = |post: &Post| self.publish && !post.document.draft && post.remark.is_none();
        let publication = |((post, _), stored): (&Known, &Result<(Revision, Outcome)>)| {
            let ((id, revision), _) = *stored.as_ref().ok().filter(|_| wanted(post))?;
            let (article, published_at) = (ArticleKey::Id(id), post.new.published_at);
            Some(Publication { article, revision, published_at })
        };
        let published = self.publish(posts.iter().zip(&stored).map(publication).collect()).await?;
        let outcomes = stored.into_iter().zip(published).map(|(stored, published)| {
            Ok(match (stored?.1, published?) {
                (Outcome::Skipped, true) => Outcome::Updated,
                (outcome, _) => outcome,
            })
        });
        let done =
            |((post, _), outcome): (&Known, Result<Outcome>)| outcome.map(|outcome| post.done(outcome));
        Ok(posts.iter().zip(outcomes).map(done).collect())
    }

    /// Publishes revisions, and returns for each whether that was needed.
    async fn publish(&self, publications: Vec<Option<Publication>>) -> Result<Vec<Result<bool>>> {
        let actor: Actor<PublishArticles> = Actor::new(auth::Identity::of(self.owner, Role::Admin))?;
        let (config, now) = (self.app.config.clone(), self.app.clock.now());
        let find = move |conn: &mut Connection| {
            let found = publications.iter().map(|wanted| {
                let Some(publication) = wanted else { return Ok(None) };
                Unrendered::find(conn, actor, publication, &config, now)
            });
            Ok(found.collect::<Vec<Result<_>>>())
        };
        let found = self.app.db.snapshot(find).await?;
        let render = found.into_iter().map(async |found| match found? {
            Some(unrendered) => self.app.compute.run(move || unrendered.render()).await.map(Some),
            None => Ok(None),
        });
        let mut prepared: Vec<Prepared> = Vec::new();
        let mut keep = |one| -> Result<bool> {
            let Some(one) = one? else { return Ok(false) };
            prepared.push(one);
            Ok(true)
        };
        // Whether each is needed: then it is the next of those that were prepared.
        let needed: Vec<Result<bool>> = join_all(render).await.into_iter().map(&mut keep).collect();
        if prepared.is_empty() {
            return Ok(needed);
        }
        let work = move |tx: &mut Tx<'_>, prepared: &Prepared| {
            publish(tx, actor, &ArticleKey::Id(prepared.article()), prepared.revision(), Some(prepared))
                .map(|_| true)
        };
        let mut written = self.write_each(&Arc::new(prepared), work).await.into_iter();
        let published = needed.into_iter().map(|needed| match needed {
            Ok(true) => written.next().unwrap_or(Ok(false)),
            other => other,
        });
        Ok(published.collect())
    }

    /// Does the same for each of these in one write. If that fails, each gets a write of its own: those that cannot be
    /// written leave the others alone.
    async fn write_each<I, T>(
        &self,
        items: &Arc<Vec<I>>,
        work: impl Fn(&mut Tx<'_>, &I) -> Result<T> + Clone + Send + 'static,
    ) -> Vec<Result<T>>
    where
        I: Send + Sync + 'static,
        T: Send + 'static,
    {
        let (all, each) = (items.clone(), work.clone());
        let all = move |tx: &mut Tx<'_>| all.iter().map(|item| each(tx, item)).collect::<Result<Vec<T>>>();
        if let Ok(written) = self.app.db.write_as(self.owner, all).await {
            return written.into_iter().map(Ok).collect();
        }
        let mut written = Vec::with_capacity(items.len());
        for at in 0..items.len() {
            let (items, work) = (items.clone(), work.clone());
            written.push(self.app.db.write_as(self.owner, move |tx| work(tx, &items[at])).await);
        }
        written
    }
}

impl Post {
    /// Parses a document. The name of its file provides a missing title, slug and date.
    fn parse(
        file: PathBuf,
        text: &str,
        site: &Locale,
        random: &Random,
        now: Timestamp,
    ) -> anyhow::Result<Self> {
        if text.contains('\0') {
            bail!("U+0000 is not allowed in text");
        }
        let mut document = read_markdown(text, "")?;
        let (name, date) = name_and_date(&file);
        if document.published_at.is_none() && document.unreadable_date.is_none() {
            document.published_at = date;
        }
        let remark = document.check_date(now).map(|warning| warning.detail);
        let metadata = &mut document.metadata;
        if metadata.title.is_none() {
            let title = validate::line("title", &name.replace(['-', '_'], " "), 300);
            metadata.title = Some(title.map_err(|invalid| anyhow!("as the title: {}", invalid.detail))?);
        }
        let slug = metadata.slug.get_or_insert_with(|| Some(slugs::from_title(&name))).clone();
        let locale = metadata.locale.get_or_insert(None).clone().unwrap_or_else(|| site.clone());
        let new = NewArticle {
            // An unknown id is kept: the document comes from another installation.
            id: document.id.map_or_else(|| random.id(now), Ok)?,
            sections: document.new_sections("", random, now)?,
            metadata: document.metadata.clone(),
            published_at: document.published_at.filter(|at| *at <= now),
        };
        Ok(Self { file, document, new, locale, slug, remark })
    }

    fn done(&self, outcome: Outcome) -> Done {
        let warnings = self.document.warnings.iter().map(|warning| warning.detail.clone()).collect();
        Done { outcome, remark: self.remark.clone(), warnings }
    }

    /// Creates its article, or updates the one it belongs to.
    fn store(
        &self,
        tx: &mut Tx<'_>,
        editor: &Editor<'_>,
        known: Option<ArticleId>,
    ) -> Result<(Revision, Outcome)> {
        let Some(id) = known else {
            let draft = create(tx, editor, &self.new)?;
            return Ok(((draft.row.id, draft.row.revision), Outcome::Created));
        };
        let mut before = 0;
        let (article, scope) = (ArticleKey::Id(id), WriteScope::Everything);
        let row = edit(tx, editor, &article, IfMatch::Any, &scope, |tx, draft| {
            before = draft.row.version;
            replace_by_document(tx, editor, draft, &self.document)
        })?
        .row;
        let outcome = if row.version == before { Outcome::Skipped } else { Outcome::Updated };
        Ok(((id, row.revision), outcome))
    }
}

/// The text of a file, unless it is larger than a document may be.
fn load(file: &Path) -> anyhow::Result<String> {
    let metadata = std::fs::metadata(file)?;
    if !metadata.is_file() {
        bail!("not a file");
    }
    if metadata.len() > MAX_DOCUMENT as u64 {
        bail!("larger than {MAX_DOCUMENT} bytes");
    }
    String::from_utf8(std::fs::read(file)?).context("not UTF-8")
}

fn find_all_known(conn: &mut Connection, posts: &[Arc<Post>]) -> Result<Vec<Known>> {
    let known = |post: &Arc<Post>| {
        let known = find_known(conn, post.document.id, &post.locale, post.slug.as_ref())?;
        Ok((post.clone(), known))
    };
    posts.iter().map(known).collect()
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
