//! Imports documents in batches: all of a batch are looked up with one read and stored with one write, and parsed and
//! rendered on every core. If one of them cannot be stored, each gets a write of its own.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{anyhow, bail};
use futures_util::future::join_all;

use super::post::{Done, Known, Outcome, Post, Stored, load};
use crate::app::App;
use crate::articles::edit::Editor;
use crate::articles::{ArticleKey, ArticleRef};
use crate::auth::{self, Actor, PublishArticles, Role, WriteArticles};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::http::IfMatch;
use crate::base::ids::{ArticleId, UserId};
use crate::base::text::Locale;
use crate::base::text::email::EmailAddress;
use crate::base::text::slug::Slug;
use crate::editions::publish::{Prepared, Publication, Unrendered, publish};
use crate::schedules::Plan;
use crate::schedules::write::set as set_schedule;
use crate::users;

/// What the import of every document needs.
pub(in crate::cli) struct Import<'a> {
    pub(super) app: &'a App,
    owner: UserId,
    publish: bool,
    dry_run: bool,
    /// Which file of this run belongs to which article.
    claimed: Mutex<HashMap<Identity, PathBuf>>,
    /// Which articles are to join a translation group, or to leave theirs.
    pub(super) waiting: Mutex<Vec<Translation>>,
}

/// What a document says of the article that it belongs to.
#[derive(PartialEq, Eq, Hash)]
enum Identity {
    Id(ArticleId),
    Slug(Locale, Slug),
}

/// What has become of each document.
pub(in crate::cli) type Outcomes = Vec<(PathBuf, anyhow::Result<Done>)>;

/// An article that was stored, and what its document says that it is a translation of; `None` for nothing.
#[derive(Debug, Clone)]
pub(super) struct Translation {
    pub file: PathBuf,
    pub article: ArticleId,
    pub wanted: Option<ArticleRef>,
}

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
        Ok(Self { app, owner, publish, dry_run, claimed: Mutex::default(), waiting: Mutex::default() })
    }

    /// Imports files.
    pub(in crate::cli) async fn files(&self, files: Vec<PathBuf>) -> Outcomes {
        self.documents(files.into_iter().map(|file| (file, None)).collect()).await
    }

    /// Imports documents, each with its text, or with the text that its file has. The name of the file provides a missing
    /// title, slug and date.
    pub(in crate::cli) async fn documents(&self, documents: Vec<(PathBuf, Option<String>)>) -> Outcomes {
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
    async fn read(&self, file: PathBuf, text: Option<String>) -> anyhow::Result<Post> {
        let (site, random, now) =
            (self.app.config.site.locale.clone(), self.app.random.clone(), self.app.clock.now());
        let read = move || {
            Ok(match text {
                Some(text) => Post::parse(file, &text, &site, &random, now),
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
        let find = move |conn: &mut Connection| {
            posts.iter().map(|post| Known::find(conn, post)).collect::<Result<Vec<_>>>()
        };
        let posts = self.app.db.read(find).await?;
        if self.dry_run {
            let done = |known: &Known| {
                let outcome = known.article()?.map_or(Outcome::Created, |_| Outcome::Updated);
                Ok(known.post.done(outcome, Vec::new()))
            };
            return Ok(posts.iter().map(done).collect());
        }
        let posts = Arc::new(posts);
        let (actor, locale) = (self.editor()?, self.app.config.site.locale.clone());
        let store = move |tx: &mut Tx<'_>, known: &Known| known.store(tx, &Editor { actor, locale: &locale });
        let stored = self.write_each(&posts, store).await;
        let translation = |(known, stored): (&Known, &Result<Stored>)| {
            let (stored, wanted) = (stored.as_ref().ok()?, known.post.translation_of.clone()?);
            Some(Translation { file: known.post.file.clone(), article: stored.article, wanted })
        };
        let translations = posts.iter().zip(&stored).filter_map(translation);
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner).extend(translations);
        let publication = |(known, stored): (&Known, &Result<Stored>)| {
            let stored = stored.as_ref().ok().filter(|_| self.publish && known.post.is_due())?;
            let (article, published_at) = (ArticleKey::Id(stored.article), known.post.new.published_at);
            Some(Publication { article, revision: stored.revision, published_at, minor: false })
        };
        let published = self.publish(posts.iter().zip(&stored).map(publication).collect()).await?;
        let plan = |(known, (stored, published)): (&Known, (&Result<Stored>, &Result<bool>))| {
            let stored = stored.as_ref().ok().filter(|_| self.publish && published.is_ok())?;
            Some((stored.article, known.post.plan(stored.revision)?))
        };
        let plans = posts.iter().zip(stored.iter().zip(&published)).map(plan).collect();
        let scheduled = self.schedule(plans).await?;
        let changed = published
            .into_iter()
            .zip(scheduled)
            .map(|(published, scheduled)| -> Result<bool> { Ok(published? | scheduled?) });
        let done = |(known, (stored, changed)): (&Known, (Result<Stored>, Result<bool>))| {
            let (stored, changed) = (stored?, changed?);
            let outcome = match stored.outcome {
                Outcome::Skipped if changed => Outcome::Updated,
                outcome => outcome,
            };
            Ok(known.post.done(outcome, stored.warnings))
        };
        Ok(posts.iter().zip(stored.into_iter().zip(changed)).map(done).collect())
    }

    /// Who stores the articles: the owner, with every right.
    pub(super) fn editor(&self) -> Result<Actor<WriteArticles>> {
        Actor::new(auth::Identity::of(self.owner, Role::Admin))
    }

    /// Schedules articles, and returns for each whether that was needed.
    async fn schedule(&self, plans: Vec<Option<(ArticleId, Plan)>>) -> Result<Vec<Result<bool>>> {
        let actor: Actor<PublishArticles> = Actor::new(auth::Identity::of(self.owner, Role::Admin))?;
        let wanted: Vec<bool> = plans.iter().map(Option::is_some).collect();
        let plans: Vec<(ArticleId, Plan)> = plans.into_iter().flatten().collect();
        if plans.is_empty() {
            return Ok(wanted.into_iter().map(Ok).collect());
        }
        let work = move |tx: &mut Tx<'_>, (article, plan): &(ArticleId, Plan)| {
            set_schedule(tx, actor, &ArticleKey::Id(*article), Some(IfMatch::Any), plan)
                .map(|set| set.changed)
        };
        let mut written = self.write_each(&Arc::new(plans), work).await.into_iter();
        Ok(wanted
            .into_iter()
            .map(|wanted| if wanted { written.next().unwrap_or(Ok(false)) } else { Ok(false) })
            .collect())
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
    pub(super) async fn write_each<I, T>(
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
