//! One change to many articles. Each article has a unit of work of its own: a failure of one does not affect the
//! others.

pub mod routes;

use crate::app::App;
use crate::articles::ArticleKey;
use crate::articles::checks::MAX_TOPICS;
use crate::articles::draft::Draft;
use crate::articles::edit::{Editor, edit};
use crate::articles::input::DraftPatch;
use crate::articles::metadata::change_metadata;
use crate::articles::metadata_change::MetadataChange;
use crate::articles::ownership::set_owner;
use crate::articles::scope::WriteScope;
use crate::auth::{Actor, DeleteArticles, Identity, PublishArticles, PurgeArticles, WriteArticles};
use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::error::{Error, Invalid, Result};
use crate::base::http::IfMatch;
use crate::base::ids::{ArticleId, TopicId};
use crate::base::text::validate;
use crate::editions::publish::{self, Publication};
use crate::editions::purge;
use crate::schedules::{Plan, write};
use crate::terms;
use crate::terms::names::Named;

/// What is done to each article, in the name of someone who has the right to do it to some article.
#[derive(Debug, Clone)]
pub enum Change {
    /// Publishes the revision that the target names.
    Publish(Actor<PublishArticles>),
    /// Unpublishes it.
    Unpublish(Actor<PublishArticles>),
    /// Publishes the revision that the target names at that time.
    Schedule(Actor<PublishArticles>, Timestamp),
    /// Moves it to the trash.
    Trash(Actor<DeleteArticles>),
    /// Restores it from the trash.
    Restore(Actor<DeleteArticles>),
    /// Deletes it for good from the trash.
    Purge(Actor<PurgeArticles>),
    /// Changes metadata and intro, if neither has changed since the version that the target names.
    Update(Actor<WriteArticles>, Box<DraftPatch>),
    /// Adds topics after those that it has.
    AddTopics(Actor<WriteArticles>, Vec<Named>),
    /// Removes topics from it.
    RemoveTopics(Actor<WriteArticles>, Vec<Named>),
}

/// An article that is to be changed.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    /// The article.
    pub id: ArticleId,
    /// The revision to publish.
    pub revision: Option<i64>,
    /// The version that the client has read.
    pub version: Option<i64>,
}

/// A change, who makes it, and whether it is a dry run.
#[derive(Debug, Clone)]
pub struct Bulk {
    /// Who makes it.
    pub identity: Identity,
    /// The change.
    pub change: Change,
    /// Whether everything is checked and nothing saved.
    pub dry_run: bool,
}

impl Bulk {
    /// Changes one article. Returns its new version; `None` in a dry run or if it was deleted for good.
    ///
    /// # Errors
    /// Those of the operation that changes one article so.
    pub async fn apply(&self, app: &App, target: Target) -> Result<Option<i64>> {
        let article = ArticleKey::Id(target.id);
        let locale = app.config.site.locale.clone();
        match self.change.clone() {
            Change::Publish(actor) => {
                let revision = target.revision.unwrap_or_default();
                let publication =
                    Publication { article: article.clone(), revision, published_at: None, minor: false };
                let prepared = publish::prepare(app, actor, publication).await?;
                let publish = move |tx: &mut Tx<'_>| {
                    publish::publish(tx, actor, &article, revision, prepared.as_ref())
                        .map(|row| Some(row.version))
                };
                self.write(app, publish).await
            }
            Change::Unpublish(actor) => {
                let unpublish = move |tx: &mut Tx<'_>| {
                    publish::unpublish(tx, actor, &article).map(|draft| Some(draft.row.version))
                };
                self.write(app, unpublish).await
            }
            Change::Schedule(actor, at) => {
                let revision = target.revision.unwrap_or_default();
                let plan = Plan { publish: Some((at, revision)), unpublish_at: None };
                let schedule = move |tx: &mut Tx<'_>| {
                    write::set(tx, actor, &article, None, &plan).map(|written| Some(written.version))
                };
                self.write(app, schedule).await
            }
            Change::Trash(actor) => {
                self.write(app, move |tx| publish::trash(tx, actor, &article).map(Some)).await
            }
            Change::Restore(actor) => {
                self.write(app, move |tx| {
                    publish::restore(tx, actor, &article).map(|draft| Some(draft.row.version))
                })
                .await
            }
            Change::Purge(actor) => {
                self.write(app, move |tx| purge::purge(tx, actor, &article).map(|()| None)).await
            }
            Change::Update(actor, patch) => {
                let seen = IfMatch::Version(target.version.unwrap_or_default());
                let update = move |tx: &mut Tx<'_>| {
                    let editor = Editor { actor, locale: &locale };
                    let draft = edit(tx, &editor, &article, seen, &WriteScope::Metadata, |tx, draft| {
                        let (change, owner) = patch.change(&draft.content.metadata)?;
                        change_metadata(tx, &editor, draft, &change)?;
                        set_owner(tx, draft, owner)?;
                        Ok(Vec::new())
                    });
                    draft.map(|draft| Some(draft.row.version))
                };
                self.write(app, update).await
            }
            Change::AddTopics(actor, named) => {
                let change = MetadataChange { topics: Some(named), ..MetadataChange::default() };
                let add = move |tx: &mut Tx<'_>| {
                    let editor = Editor { actor, locale: &locale };
                    let draft =
                        edit(tx, &editor, &article, IfMatch::Any, &WriteScope::Nothing, |tx, draft| {
                            add_topics(tx, &editor, draft, &change)?;
                            Ok(Vec::new())
                        });
                    draft.map(|draft| Some(draft.row.version))
                };
                self.write(app, add).await
            }
            Change::RemoveTopics(actor, named) => {
                let remove = move |tx: &mut Tx<'_>| {
                    let editor = Editor { actor, locale: &locale };
                    let removed: Vec<Option<TopicId>> = terms::names::find(tx, &named)?;
                    let draft =
                        edit(tx, &editor, &article, IfMatch::Any, &WriteScope::Nothing, |_, draft| {
                            draft.content.metadata.topics.retain(|topic| !removed.contains(&Some(*topic)));
                            Ok(Vec::new())
                        });
                    draft.map(|draft| Some(draft.row.version))
                };
                self.write(app, remove).await
            }
        }
    }

    async fn write<F>(&self, app: &App, mut work: F) -> Result<Option<i64>>
    where
        F: FnMut(&mut Tx<'_>) -> Result<Option<i64>> + Send + 'static,
    {
        if self.dry_run {
            let rehearse = move |tx: &mut Tx<'_>| tx.rehearse(&mut work).map(|_| None);
            return app.db.write_as(self.identity.origin, rehearse).await;
        }
        app.db.write_as(self.identity.origin, work).await
    }
}

fn add_topics(
    tx: &mut Tx<'_>,
    editor: &Editor<'_>,
    draft: &mut Draft,
    change: &MetadataChange,
) -> Result<()> {
    let mut topics = draft.content.metadata.topics.clone();
    change_metadata(tx, editor, draft, change)?;
    for added in std::mem::take(&mut draft.content.metadata.topics) {
        if !topics.contains(&added) {
            topics.push(added);
        }
    }
    validate::count("topics", topics.len(), MAX_TOPICS)
        .map_err(|Invalid { code, detail }| Error::invalid("/topics", code, detail))?;
    draft.content.metadata.topics = topics;
    Ok(())
}
