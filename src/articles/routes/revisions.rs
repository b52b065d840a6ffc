//! What was written: every accepted edit of an article, to be read and to be restored.

use actix_web::web::{Data, Path};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::articles::drafts::{self, Draft as Kept, Editor, Touches};
use crate::articles::output::Draft;
use crate::articles::routes::articles::{ArticlePath, InLocale, named_in, written};
use crate::articles::{ArticleRef, Cover, Section, Seo, WebsitePath, store};
use crate::auth::{Actor, ReadDrafts, WriteArticles};
use crate::authors::{self, AuthorRef};
use crate::base::clock::Timestamp;
use crate::base::db::schema::revisions;
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};
use crate::base::http::conditional::IfMatchHeader;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::page::PageParams;
use crate::base::http::{Answer, IdempotencyKey, IfMatch, PageRequest, Query, page};
use crate::base::ids::{ArticleId, SectionId, UserId};
use crate::base::text::Locale;
use crate::base::text::slug::{Anchor, Slug};
use crate::topics::{self, TopicRef};

/// Names a revision of an article.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct RevisionPath {
    /// The article's id or slug.
    #[param(value_type = String, max_length = 120)]
    article: ArticleRef,
    /// The version at which the revision was made.
    #[param(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
}

/// A revision in a list.
#[derive(Debug, Serialize, Queryable, ToSchema)]
pub struct RevisionItem {
    /// The version at which it was made.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// Who made it.
    user_id: Option<UserId>,
    /// The title it has.
    #[schema(max_length = 300)]
    title: String,
    /// When it was made.
    created_at: Timestamp,
}

/// A page of revisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionPage {
    /// The revisions.
    #[schema(max_items = 100)]
    items: Vec<RevisionItem>,
    /// Names the next page, if there is one.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
    /// How many there are in all, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, minimum = 0, maximum = 2_147_483_647)]
    total: Option<i64>,
}

/// List revisions
///
/// Every accepted edit, newest first.
#[utoipa::path(get, path = "/v1/articles/{article}/revisions", tag = "history", security(("bearer" = [])),
    params(ArticlePath, InLocale, PageParams),
    responses(
        (status = 200, description = "A page of revisions.", body = RevisionPage),
        (status = 409, description = "`slug-moved`: the draft has another slug now."),
    ))]
pub async fn list_revisions(
    app: Data<App>,
    actor: Actor<ReadDrafts>,
    req: actix_web::HttpRequest,
    path: Path<ArticlePath>,
    Query((locale, page)): Query<(InLocale, PageRequest)>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    let answer = app
        .db
        .snapshot(move |conn| {
            let id = drafts::find(conn, actor, &path.article, &locale)?.id;
            let list = ("revisions", id);
            let before: Option<i64> = page.after(&list)?;
            let all = || revisions::table.filter(revisions::article_id.eq(id));
            let total = page.include_total.then(|| all().count().get_result(conn)).transpose()?;
            let mut items: Vec<RevisionItem> = all()
                .filter(revisions::revision.lt(before.unwrap_or(i64::MAX)))
                .order(revisions::revision.desc())
                .select((revisions::revision, revisions::user_id, revisions::title, revisions::created_at))
                .limit(page.limit + 1)
                .load(conn)?;
            let next_cursor = page.cut(&mut items, &list, |item| item.revision)?;
            Ok(RevisionPage { items, next_cursor, total })
        })
        .await?;
    Ok(page::with_next_link(
        Answer::ok(&answer)?,
        req.path(),
        req.query_string(),
        answer.next_cursor.as_deref(),
    ))
}

/// A revision: everything an editor wrote, as it was.
#[derive(Debug, Serialize, ToSchema)]
#[expect(clippy::struct_field_names, reason = "the contract's name for the number is the noun's")]
pub struct Revision {
    /// The version at which it was made.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    revision: i64,
    /// Who made it.
    user_id: Option<UserId>,
    /// When it was made.
    created_at: Timestamp,
    slug: Slug,
    locale: Locale,
    /// One line.
    #[schema(max_length = 300)]
    title: String,
    /// One line below the title.
    #[schema(max_length = 500)]
    subtitle: Option<String>,
    /// What was written.
    #[schema(max_length = 1000)]
    summary: Option<String>,
    cover: Option<Cover>,
    /// Whether the site puts it forward.
    featured: bool,
    /// Whether it stands in lists, feeds and search.
    listed: bool,
    /// Those of its authors who are still there.
    #[schema(max_items = 20)]
    authors: Vec<AuthorRef>,
    /// Those of its topics that are still there.
    #[schema(max_items = 50)]
    topics: Vec<TopicRef>,
    /// Markdown before the first section.
    #[schema(max_length = 200_000)]
    intro: String,
    /// The tree.
    #[schema(max_items = 1000)]
    sections: Vec<RevisionSection>,
    seo: Seo,
    /// Whatever else the site keeps.
    #[schema(value_type = Object)]
    custom: Map<String, Value>,
    /// The article this one translates.
    translation_of: Option<ArticleId>,
    /// Old addresses.
    #[schema(value_type = Vec<WebsitePath>, max_items = 100)]
    aliases: Vec<String>,
}

/// A section as it was.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionSection {
    id: SectionId,
    /// One line of inline Markdown.
    #[schema(max_length = 300)]
    heading: Option<String>,
    /// Its name inside the page.
    anchor: Option<Anchor>,
    /// Markdown without headings.
    #[schema(max_length = 200_000)]
    body: String,
    /// Whatever else the site keeps.
    #[schema(value_type = Object)]
    custom: Map<String, Value>,
    /// The parts below it.
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

/// Read a revision
///
/// Everything an editor wrote, as it was.
#[utoipa::path(get, path = "/v1/articles/{article}/revisions/{revision}", tag = "history", security(("bearer" = [])),
    params(RevisionPath, InLocale),
    responses(
        (status = 200, description = "The revision.", body = Revision),
        (status = 409, description = "`slug-moved`: the draft has another slug now."),
    ))]
pub async fn get_revision(
    app: Data<App>,
    actor: Actor<ReadDrafts>,
    path: Path<RevisionPath>,
    Query(locale): Query<InLocale>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    app.db
        .snapshot(move |conn| {
            let id = drafts::find(conn, actor, &path.article, &locale)?.id;
            Answer::ok(&read_revision(conn, id, path.revision)?)
        })
        .await
}

fn read_revision(conn: &mut Connection, id: ArticleId, revision: i64) -> Result<Revision> {
    let content = store::find_revision(conn, id, revision)?.ok_or(Error::NotFound("revision"))?;
    let (user_id, created_at) = revisions::table
        .filter(revisions::article_id.eq(id))
        .filter(revisions::revision.eq(revision))
        .select((revisions::user_id, revisions::created_at))
        .get_result(conn)?;
    let metadata = content.metadata;
    Ok(Revision {
        revision,
        user_id,
        created_at,
        slug: metadata.slug,
        locale: metadata.locale,
        title: metadata.title,
        subtitle: metadata.subtitle,
        summary: metadata.summary,
        cover: metadata.cover,
        featured: metadata.featured,
        listed: metadata.listed,
        authors: authors::store::resolve(conn, &metadata.authors)?,
        topics: topics::store::resolve(conn, &metadata.topics)?,
        intro: metadata.intro,
        sections: content.sections.into_iter().map(RevisionSection::from).collect(),
        seo: metadata.seo,
        custom: metadata.custom,
        translation_of: metadata.translation_of,
        aliases: metadata.aliases,
    })
}

/// Restore a revision
///
/// The draft becomes what it was then, as a new revision; its slug and language stay. Goes through if nothing has changed
/// since the version that `If-Match` names.
#[utoipa::path(post, path = "/v1/articles/{article}/revisions/{revision}/restore", tag = "history",
    security(("bearer" = [])),
    params(RevisionPath, InLocale,
        IfMatchHeader,
        IdempotencyKeyHeader),
    responses(
        (status = 200, description = "The draft now.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-moved` or `in-trash`."),
    ))]
pub async fn restore_revision(
    app: Data<App>,
    actor: Actor<WriteArticles>,
    key: IdempotencyKey,
    req: actix_web::HttpRequest,
    path: Path<RevisionPath>,
    Query(locale): Query<InLocale>,
) -> Result<Answer> {
    let site_locale = app.config.locale.clone();
    let locale = locale.or_default(&app);
    // Read last: a request that was answered before is answered again, whatever it has seen.
    let seen = async { IfMatch::of(&req) };
    let work = move |tx: &mut Tx<'_>, seen: &IfMatch| {
        let editor = Editor { actor, locale: &site_locale };
        let article = named_in(tx, actor, &path.article, &locale)?;
        let kept = drafts::edit(
            tx,
            &editor,
            &article,
            *seen,
            |_| Ok(Touches::Everything),
            |tx, draft| bring_back(tx, draft, path.revision),
        )?;
        written(tx, &kept, Vec::new())
    };
    key.once(actor.user, &[]).answer(&app.db, seen, work).await
}

fn bring_back(tx: &mut Tx<'_>, draft: &mut Kept, revision: i64) -> Result<Vec<SectionId>> {
    let mut content = store::find_revision(tx, draft.row.id, revision)?.ok_or(Error::NotFound("revision"))?;
    let metadata = &mut content.metadata;
    metadata.slug = draft.content.metadata.slug.clone();
    metadata.locale = draft.content.metadata.locale.clone();
    metadata.authors =
        authors::store::resolve(tx, &metadata.authors)?.iter().map(|author| author.id).collect();
    metadata.topics = topics::store::resolve(tx, &metadata.topics)?.iter().map(|topic| topic.id).collect();
    if let Some(original) = metadata.translation_of
        && store::find(tx, original)?.is_none()
    {
        metadata.translation_of = None;
    }
    let before = std::mem::replace(&mut draft.content, content);
    Ok(drafts::moved(&before.sections, &draft.content.sections))
}
