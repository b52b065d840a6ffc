//! `/v1/articles/{article}/revisions/{revision}`.

use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use super::article_in_path::{ArticleInPath, DraftRead};
use super::article_write::{DraftWrite, draft_response};
use super::paths::{InLocale, RevisionPath};
use super::revisions::RevisionItem;
use crate::app::App;
use crate::articles::fold::Line;
use crate::articles::output::{ArticleMetadata, Draft};
use crate::articles::resolve::lock_article;
use crate::articles::scope::WriteScope;
use crate::articles::{Section, history, write as writes};
use crate::auth::WriteArticles;
use crate::base::actor::ActorRef;
use crate::base::clock::Timestamp;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result, Violations};
use crate::base::http::conditional::IfMatchHeader;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::json::present;
use crate::base::http::{IdempotencyKey, MergePatch, Response};
use crate::base::ids::{ArticleId, SectionId};
use crate::base::text::slug::Anchor;
use crate::base::text::validate;
use crate::users::Actors;

/// The longest label, in characters.
const MAX_LABEL: usize = 60;

/// A revision: metadata and sections as of one edit.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the contract's name for the number is the noun's")]
pub struct Revision {
    /// The version of the article that the edit made.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// The revision that it was made from: the draft's previous one, or the live one for a correction. `null` for the first.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    parent: Option<i64>,
    /// Who made the edit.
    by: Option<ActorRef>,
    /// When the edit was made.
    created_at: Timestamp,
    /// Its label.
    #[schema(max_length = 60)]
    label: Option<String>,
    #[serde(flatten)]
    metadata: ArticleMetadata,
    /// The sections at the top level, with those below them.
    #[schema(max_items = 1000)]
    sections: Vec<RevisionSection>,
}

/// A section of a revision.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionSection {
    id: SectionId,
    /// One line of inline Markdown.
    #[schema(max_length = 300)]
    heading: Option<String>,
    /// The fragment identifier within the page.
    anchor: Option<Anchor>,
    /// Markdown without headings.
    #[schema(max_length = 200_000)]
    body: String,
    /// Any other data of the site.
    #[schema(value_type = Object)]
    custom: Map<String, Value>,
    /// The sections below it.
    #[schema(no_recursion, max_items = 1000)]
    sections: Vec<RevisionSection>,
}

impl From<Section> for RevisionSection {
    fn from(section: Section) -> Self {
        Self {
            id: section.id,
            heading: section.heading,
            anchor: section.anchor,
            body: section.body,
            custom: section.custom,
            sections: section.sections.into_iter().map(Self::from).collect(),
        }
    }
}

/// Get a revision
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Returns metadata and sections as of one revision.
#[utoipa::path(get, path = "/v1/articles/{article}/revisions/{revision}", tag = "history", security(("bearer" = [])),
    params(RevisionPath, InLocale),
    responses(
        (status = 200, description = "The revision.", body = Revision),
        (status = 409, description = "`slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn get_revision(app: Data<App>, read: DraftRead, path: Path<RevisionPath>) -> Result<Response> {
    let revision = path.into_inner().revision;
    app.db
        .snapshot(move |conn| {
            let id = read.row(conn)?.id;
            Response::ok(&Revision::find(conn, id, revision)?)
        })
        .await
}

impl Revision {
    fn find(conn: &mut Connection, article: ArticleId, revision: i64) -> Result<Self> {
        let found = history::find_revision(conn, article, revision)?;
        let (row, content) = found.ok_or(Error::NotFound("revision"))?;
        let actors = Actors::load(conn, row.actor_id)?;
        Ok(Self {
            revision: row.revision,
            parent: row.parent,
            by: row.actor_id.map(|id| actors.get(id)),
            created_at: row.created_at,
            label: row.label,
            metadata: ArticleMetadata::new(conn, content.metadata)?,
            sections: content.sections.into_iter().map(RevisionSection::from).collect(),
        })
    }
}

/// What changes of a revision.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateRevision {
    /// The label: one line; `null` removes it. Omitted: unchanged.
    #[serde(default, deserialize_with = "present")]
    #[schema(format = "line", min_length = 1, max_length = 60, example = "As sent to the lawyers")]
    label: Option<Option<String>>,
}

/// Update a revision
///
/// Requires the right `articles:write`; contributors and authors have it for their own articles only. Sets or
/// removes the label of a revision. A revision with a label is never deleted. Its content never changes. Needs no
/// `If-Match`.
#[utoipa::path(patch, path = "/v1/articles/{article}/revisions/{revision}", tag = "history",
    security(("bearer" = [])),
    params(RevisionPath, InLocale),
    request_body(content = UpdateRevision, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The revision.", body = RevisionItem),
        (status = 409, description = "`slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn update_revision(
    app: Data<App>,
    target: ArticleInPath<WriteArticles>,
    path: Path<RevisionPath>,
    body: MergePatch<UpdateRevision>,
) -> Result<Response> {
    let revision = path.into_inner().revision;
    let label = body.value.label.map(|label| check_label(label.as_deref())).transpose()?;
    let update = move |tx: &mut Tx<'_>| {
        let article = lock_article(tx, target.actor, &target.article)?.id;
        let find = |tx: &mut Tx<'_>| {
            let found = history::list_revisions(tx, article, Some(revision.saturating_add(1)), 1)?;
            let found = found.into_iter().find(|row| row.revision == revision);
            found.ok_or(Error::NotFound("revision"))
        };
        let mut row = find(tx)?;
        if let Some(label) = label.clone().filter(|label| *label != row.label) {
            history::set_label(tx, article, revision, label.as_deref())?;
            row.label = label;
        }
        let items = RevisionItem::all(tx, vec![Line::of(row)])?;
        Response::ok(&items.first().ok_or(Error::NotFound("revision"))?)
    };
    app.db.write_as(target.actor.origin, update).await
}

fn check_label(label: Option<&str>) -> Result<Option<String>> {
    let mut violations = Violations::default();
    let checked = label.map(|label| validate::line("label", label, MAX_LABEL)).transpose();
    let label = violations.take("/label", checked).flatten();
    violations.check()?;
    Ok(label)
}

/// Restore a revision
///
/// Requires the right `articles:write`; contributors and authors have it for their own articles only. Replaces
/// everything in the draft except slug, language and translation group with an earlier revision, without `aliases` that
/// the caller could not set now. This creates a new revision; readers see nothing until it
/// is published. Succeeds only if nothing has changed since the version in `If-Match`; otherwise responds 412 with
/// the changes.
/// An article whose text could make more than 5,000,000 bytes of HTML is refused with 422 `rendering-too-large`.
#[utoipa::path(post, path = "/v1/articles/{article}/revisions/{revision}/restore", tag = "history",
    security(("bearer" = [])),
    params(RevisionPath, InLocale,
        IfMatchHeader,
        IdempotencyKeyHeader),
    responses(
        (status = 200, description = "The new draft.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-moved`: the new slug is in `slug`. `in-trash`: restore the article first."),
    ))]
pub async fn restore_revision(
    app: Data<App>,
    key: IdempotencyKey,
    write: DraftWrite,
    path: Path<RevisionPath>,
) -> Result<Response> {
    let revision = path.into_inner().revision;
    let once = key.once(write.actor.origin, &[]);
    let work = move |tx: &mut Tx<'_>| {
        let draft = write.apply(tx, &WriteScope::Everything, |tx, _, draft| {
            writes::restore_revision(tx, draft, revision)
        })?;
        draft_response(tx, &write.actor, &draft, Vec::new())
    };
    once.write(&app.db, work).await
}
