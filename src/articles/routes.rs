//! Drafts as a whole: creating, listing, reading, changing metadata, the Markdown document, the trash.

use actix_web::http::header;
use actix_web::web::{Bytes, Data, Path};
use diesel::prelude::*;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::drafts::{self, Draft as Kept, Editor, NewArticle, Touches};
use super::input::{CreateArticle, UpdateDraft};
use super::output::{Draft, DraftItem, warnings};
use super::store::{self, ArticleRow};
use super::transfer::{self, Incoming};
use super::tree::flatten;
use super::{ArticleId, ArticleRef, Section, tree};
use crate::app::App;
use crate::auth::{Actor, ReadDrafts, RemoveArticles, WriteArticles};
use crate::authors;
use crate::clock::Timestamp;
use crate::db::Connection;
use crate::db::schema::{article_authors, article_topics, articles};
use crate::editions;
use crate::error::{Error, Invalid, Result, Violations};
use crate::events::Event;
use crate::http::query::{FromParams, Params};
use crate::http::{Answer, IdempotencyKey, IfMatch, Json, MergePatch, PageRequest, Query, page};
use crate::text::Locale;
use crate::text::slug::Slug;
use crate::topics;

/// Names an article.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct ArticlePath {
    /// The article's id or slug.
    #[param(value_type = String, max_length = 120, example = "tides-and-harbours")]
    pub article: ArticleRef,
}

/// The language a slug is of.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct InLocale {
    /// The language that the slug in the path is of. Default: the site's.
    #[param(value_type = Option<String>, max_length = 11, example = "en")]
    pub locale: Option<Locale>,
}

impl FromParams for InLocale {
    fn from_params(params: &mut Params) -> Self {
        Self { locale: params.parsed("locale", Locale::parse) }
    }
}

impl InLocale {
    /// The language meant.
    #[must_use]
    pub fn or_default(self, app: &App) -> Locale {
        self.locale.unwrap_or_else(|| app.config.locale.clone())
    }
}

/// The answer to a write of a draft.
pub(super) fn written(conn: &mut Connection, kept: &Kept, warnings: Vec<super::output::Warning>) -> Result<Answer> {
    let draft = Draft::new(conn, kept, warnings)?;
    Ok(Answer::ok(&draft)?.version(draft.version()))
}

/// Create an article
///
/// The article is a draft, owned by the caller, until it is published. Its text comes as `sections`, or as a whole
/// `markdown` or `html` document whose headings become the tree.
#[utoipa::path(post, path = "/v1/articles", tag = "drafts", security(("bearer" = [])),
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request have one effect.", max_length = 255)),
    request_body = CreateArticle,
    responses(
        (status = 201, description = "Created.", body = Draft,
         headers(("Location" = String, description = "Where the draft is."), ("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-taken`: another article has the slug."),
    ))]
pub async fn create_article(
    app: Data<App>,
    actor: Actor<WriteArticles>,
    key: IdempotencyKey,
    body: Json<CreateArticle>,
) -> Result<Answer> {
    let once = key.once(actor.user, &body.fingerprint);
    let new = prepare(&app, actor, &body.value)?;
    let policy = app.policy();
    let texts = [new.metadata.intro.as_deref().unwrap_or_default()];
    let bodies = flatten(&new.sections).into_iter().map(|(section, ..)| section.body.as_str());
    let warnings = warnings(texts.into_iter().chain(bodies), &policy);
    let (random, locale) = (app.random.clone(), app.config.locale.clone());
    let work = move |tx: &mut crate::db::Tx<'_>, new: &NewArticle| {
        let editor = Editor { actor, random: &random, locale: &locale };
        let kept = drafts::create(tx, &editor, new)?;
        let draft = Draft::new(tx, &kept, warnings.clone())?;
        Ok(Answer::created(format!("/v1/articles/{}/draft", new.id), &draft)?.version(draft.version()))
    };
    once.answer(&app, async { Ok(new) }, work).await
}

/// Checks a new article and builds its tree.
fn prepare(app: &App, actor: Actor<WriteArticles>, body: &CreateArticle) -> Result<NewArticle> {
    let now = app.clock.now();
    let mut violations = Violations::default();
    let metadata = body.change(&mut violations);
    let given = [body.sections.is_some() || body.intro.is_some(), body.markdown.is_some(), body.html.is_some()];
    if given.iter().filter(|given| **given).count() > 1 {
        violations.take::<()>("", Err(Invalid::new("one-text", "either sections and intro, or markdown, or html")));
    }
    if body.published_at.is_some() {
        violations.take("/published_at", past(actor, body.published_at, now));
    }
    violations.check()?;
    let incoming = match (&body.markdown, &body.html) {
        (Some(markdown), _) => transfer::read_markdown(markdown)?,
        (_, Some(html)) => transfer::read_html(html)?,
        _ => Incoming::default(),
    };
    let published_at = body.published_at.or(incoming.published_at.filter(|at| past(actor, Some(*at), now).is_ok()));
    let mut sections = match &body.sections {
        Some(inputs) => tree::build(inputs, &[], &app.random, now)?,
        None => tree::adopt(&incoming.parts, &[], &incoming.section_custom, &app.random, now)?,
    };
    tree::settle(&mut sections)?;
    Ok(NewArticle { id: app.random.id(now)?, metadata: metadata.or(incoming.metadata), sections, published_at })
}

/// An editor may say that an article was published before.
fn past(actor: Actor<WriteArticles>, at: Option<Timestamp>, now: Timestamp) -> Result<(), Invalid> {
    if actor.only_of().is_some() {
        return Err(Invalid::new("not-for-your-role", "editors may say when an article was first published"));
    }
    if at.is_some_and(|at| at > now) {
        return Err(Invalid::new("in-the-future", "a moment in the past"));
    }
    Ok(())
}

/// Read a draft
///
/// The article as its editors have it now. The `ETag` is its version.
#[utoipa::path(get, path = "/v1/articles/{article}/draft", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale),
    responses(
        (status = 200, description = "The draft.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-moved`: the draft has another slug now."),
    ))]
pub async fn get_draft(
    app: Data<App>,
    actor: Actor<ReadDrafts>,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    app.db
        .snapshot(move |conn| {
            let row = drafts::find(conn, actor, &path.article, &locale)?;
            let kept = Kept::load(conn, row)?;
            written(conn, &kept, Vec::new())
        })
        .await
}

/// Change metadata and intro
///
/// Absent members stay as they are; `null` puts the default back. Goes through if neither has changed since the version
/// that `If-Match` names.
#[utoipa::path(patch, path = "/v1/articles/{article}/draft", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale, ("If-Match" = String, Header, description = "The version seen, as in `\"7\"`, or `*`.", max_length = 40)),
    request_body(content = UpdateDraft, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The draft now.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-taken`, `slug-moved` or `in-trash`."),
    ))]
pub async fn update_draft(
    app: Data<App>,
    actor: Actor<WriteArticles>,
    seen: IfMatch,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
    body: MergePatch<UpdateDraft>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    let mut violations = Violations::default();
    let change = body.value.change(&mut violations);
    violations.check()?;
    let warnings = warnings(change.intro.as_deref(), &app.policy());
    let (random, site_locale) = (app.random.clone(), app.config.locale.clone());
    app.db
        .write(move |tx| {
            let editor = Editor { actor, random: &random, locale: &site_locale };
            let article = named_in(tx, actor, &path.article, &locale)?;
            let kept = drafts::edit(tx, &editor, &article, seen, |_| Ok(Touches::Metadata), |tx, draft| {
                drafts::change_metadata(tx, &editor, draft, &change)?;
                Ok(Vec::new())
            })?;
            written(tx, &kept, warnings.clone())
        })
        .await
}

/// Resolves a slug in the path with the language that came along, so that all that follows goes by id.
pub(super) fn named_in(
    conn: &mut Connection,
    actor: Actor<WriteArticles>,
    article: &ArticleRef,
    locale: &Locale,
) -> Result<ArticleRef> {
    Ok(ArticleRef::Id(drafts::find(conn, actor, article, locale)?.id))
}

/// Read a draft as Markdown
///
/// The whole draft as one document with front matter, to be edited and sent back.
#[utoipa::path(get, path = "/v1/articles/{article}/draft/markdown", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale),
    responses(
        (status = 200, description = "The document.", body = String, content_type = "text/markdown; charset=utf-8",
         headers(("ETag" = String, description = "The draft's version."))),
        (status = 409, description = "`slug-moved`: the draft has another slug now."),
    ))]
pub async fn get_draft_markdown(
    app: Data<App>,
    actor: Actor<ReadDrafts>,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    app.db
        .snapshot(move |conn| {
            let row = drafts::find(conn, actor, &path.article, &locale)?;
            let kept = Kept::load(conn, row)?;
            let document = document(conn, &kept)?;
            Ok(Answer::bytes("text/markdown; charset=utf-8", document.into()).version(kept.row.version))
        })
        .await
}

/// A draft as a Markdown document.
pub(crate) fn document(conn: &mut Connection, kept: &Kept) -> Result<String> {
    let authors = authors::store::resolve(conn, &kept.content.metadata.authors)?;
    let topics = topics::store::resolve(conn, &kept.content.metadata.topics)?;
    Ok(transfer::write_markdown(kept.row.id, &kept.content, &authors, &topics, kept.row.published_at))
}

/// Replace a draft by a Markdown document
///
/// Front matter replaces the metadata, the text intro and sections: those whose anchors it keeps are the same as before.
/// Goes through if nothing has changed since the version that `If-Match` names.
#[utoipa::path(put, path = "/v1/articles/{article}/draft/markdown", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale, ("If-Match" = String, Header, description = "The version seen, as in `\"7\"`, or `*`.", max_length = 40)),
    request_body(content = String, content_type = "text/markdown"),
    responses(
        (status = 200, description = "The draft now.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-taken`, `slug-moved` or `in-trash`."),
    ))]
pub async fn replace_draft_markdown(
    app: Data<App>,
    actor: Actor<WriteArticles>,
    seen: IfMatch,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
    req: actix_web::HttpRequest,
    body: Bytes,
) -> Result<Answer> {
    use actix_web::HttpMessage as _;
    if !matches!(req.content_type(), "text/markdown" | "text/plain") {
        return Err(Error::UnsupportedMediaType("text/markdown"));
    }
    let text = std::str::from_utf8(&body).map_err(|_| Error::malformed("", "not-utf-8", "the document is not UTF-8"))?;
    if text.contains('\0') {
        return Err(Error::invalid("", "nul", "U+0000 is not allowed in text"));
    }
    let incoming = transfer::read_markdown(text)?;
    let locale = locale.or_default(&app);
    let (random, site_locale, policy) = (app.random.clone(), app.config.locale.clone(), app.policy());
    app.db
        .write(move |tx| {
            let editor = Editor { actor, random: &random, locale: &site_locale };
            let article = named_in(tx, actor, &path.article, &locale)?;
            let kept = drafts::edit(tx, &editor, &article, seen, |_| Ok(Touches::Everything), |tx, draft| {
                replace(tx, &editor, draft, &incoming)
            })?;
            let warnings = all_warnings(&kept, &policy);
            written(tx, &kept, warnings)
        })
        .await
}

/// Puts what a document says in the place of what a draft says.
pub(crate) fn replace(
    tx: &mut crate::db::Tx<'_>,
    editor: &Editor<'_>,
    draft: &mut Kept,
    incoming: &Incoming,
) -> Result<Vec<super::SectionId>> {
    let before = std::mem::take(&mut draft.content.sections);
    drafts::change_metadata(tx, editor, draft, &incoming.metadata)?;
    draft.content.sections = tree::adopt(&incoming.parts, &before, &incoming.section_custom, editor.random, tx.now())?;
    Ok(drafts::moved(&before, &draft.content.sections))
}

fn all_warnings(kept: &Kept, policy: &crate::text::markdown::Policy) -> Vec<super::output::Warning> {
    let sections: &[Section] = &kept.content.sections;
    let bodies = flatten(sections).into_iter().map(|(section, ..)| section.body.as_str());
    warnings(std::iter::once(kept.content.metadata.intro.as_str()).chain(bodies), policy)
}

/// Move an article into the trash
///
/// Readers no longer see it; its slug stays its own. `restore` brings it back as an unpublished draft.
#[utoipa::path(delete, path = "/v1/articles/{article}", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale),
    responses(
        (status = 204, description = "In the trash."),
        (status = 409, description = "`in-trash` already, or `slug-moved`."),
    ))]
pub async fn remove_article(
    app: Data<App>,
    actor: Actor<RemoveArticles>,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    let random = app.random.clone();
    app.db
        .write(move |tx| {
            let mut row = drafts::find_to_write(tx, actor, &path.article, &locale)?;
            editions::store::withdraw(tx, &random, &mut row)?;
            row.trashed_at = Some(tx.now());
            let article = row.id;
            drafts::raise(tx, &mut row, actor.user, Event::ArticleTrashed { article })?;
            Ok(Answer::no_content().version(row.version))
        })
        .await
}

/// Bring an article back from the trash
///
/// It comes back as an unpublished draft.
#[utoipa::path(post, path = "/v1/articles/{article}/restore", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale,
        ("Idempotency-Key" = Option<String>, Header, description = "Makes a repeated request have one effect.", max_length = 255)),
    responses(
        (status = 200, description = "The draft.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`not-in-trash`, or `slug-moved`."),
    ))]
pub async fn restore_article(
    app: Data<App>,
    actor: Actor<RemoveArticles>,
    key: IdempotencyKey,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    let work = move |tx: &mut crate::db::Tx<'_>, (): &()| {
        let id = drafts::find(tx, actor, &path.article, &locale)?.id;
        let row = store::lock_article(tx, id)?.filter(|row| actor.reaches(row.owner_id));
        let mut row = row.ok_or(Error::NotFound("article"))?;
        if row.trashed_at.take().is_none() {
            return Err(Error::conflict("not-in-trash", "the article does not lie in the trash"));
        }
        drafts::raise(tx, &mut row, actor.user, Event::ArticleRestored { article: id })?;
        let kept = Kept::load(tx, row)?;
        written(tx, &kept, Vec::new())
    };
    key.once(actor.user, &[]).answer(&app, async { Ok(()) }, work).await
}

/// Which drafts are wanted, and in which order.
#[derive(Debug, Clone, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct DraftFilter {
    /// How far they have come: any of these.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, min_items = 1, max_items = 3)]
    status: Vec<StatusFilter>,
    /// Whether publishing would show readers something new.
    #[param(value_type = Option<bool>)]
    has_unpublished_changes: Option<bool>,
    /// Whether they lie in the trash. Default: no.
    #[param(value_type = Option<bool>)]
    trashed: bool,
    /// By any of these authors: ids or slugs.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    author: Vec<Slug>,
    /// About any of these topics: slugs.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    topic: Vec<Slug>,
    /// In any of these languages.
    #[param(value_type = Option<Vec<String>>, style = Form, explode = false, min_items = 1, max_items = 100)]
    locale: Vec<Locale>,
    /// Words that the title holds, in any case.
    #[param(value_type = Option<String>, max_length = 200)]
    q: Option<String>,
    /// Changed at this moment or later.
    #[param(value_type = Option<Timestamp>)]
    updated_at_gte: Option<Timestamp>,
    /// `updated_at`, `created_at`, `title`, each with `-` in front for descending. Default: `-updated_at`.
    #[param(value_type = Option<String>, max_length = 100, example = "-updated_at")]
    sort: DraftSort,
}

/// How far drafts have come, in filters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum StatusFilter {
    Draft,
    Published,
    Unpublished,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum DraftKey {
    UpdatedAt,
    CreatedAt,
    Title,
}

/// One key and its direction; ties are broken by id.
#[derive(Debug, Clone, Copy)]
struct DraftSort(DraftKey, bool);

impl FromParams for DraftFilter {
    fn from_params(params: &mut Params) -> Self {
        let known = [("updated_at", DraftKey::UpdatedAt), ("created_at", DraftKey::CreatedAt), ("title", DraftKey::Title)];
        let one = |text: &str| match page::sort(text, &known)?.as_slice() {
            [(key, descending)] => Ok(DraftSort(*key, *descending)),
            _ => Err(Invalid::new("unknown-sort", "one of updated_at, created_at, title")),
        };
        Self {
            status: params.list("status", |text| match text {
                "draft" => Ok(StatusFilter::Draft),
                "published" => Ok(StatusFilter::Published),
                "unpublished" => Ok(StatusFilter::Unpublished),
                _ => Err(Invalid::new("not-one-of", "draft, published or unpublished")),
            }),
            has_unpublished_changes: params.flag("has_unpublished_changes"),
            trashed: params.flag("trashed").unwrap_or(false),
            author: params.list("author", Slug::parse),
            topic: params.list("topic", Slug::parse),
            locale: params.list("locale", Locale::parse),
            q: params.text("q").filter(|q| !q.trim().is_empty()),
            updated_at_gte: params.time("updated_at_gte"),
            sort: params.parsed("sort", one).unwrap_or(DraftSort(DraftKey::UpdatedAt, true)),
        }
    }
}

/// Which page of a list is wanted.
#[derive(Debug, IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "documents what PageRequest reads")]
pub struct PageParams {
    /// How many items at most.
    #[param(minimum = 1, maximum = 100, default = 20)]
    limit: Option<i64>,
    /// `next_cursor` of the page before.
    #[param(max_length = 1000)]
    cursor: Option<String>,
    /// Whether to count all items.
    include_total: Option<bool>,
}

struct DraftQuery {
    filter: DraftFilter,
    page: PageRequest,
}

impl FromParams for DraftQuery {
    fn from_params(params: &mut Params) -> Self {
        Self { filter: DraftFilter::from_params(params), page: PageRequest::from_params(params) }
    }
}

/// A page of drafts.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftPage {
    /// The drafts.
    #[schema(max_items = 100)]
    items: Vec<DraftItem>,
    /// Names the next page, if there is one.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
    /// How many there are in all, if asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(required = false, nullable = false, minimum = 0)]
    total: Option<i64>,
}

/// List drafts
///
/// All articles as editors see them, those last changed first. Contributors and authors see their own.
#[utoipa::path(get, path = "/v1/drafts", tag = "drafts", security(("bearer" = [])), params(DraftFilter, PageParams),
    responses((status = 200, description = "A page of drafts.", body = DraftPage)))]
pub async fn list_drafts(
    app: Data<App>,
    actor: Actor<ReadDrafts>,
    req: actix_web::HttpRequest,
    Query(query): Query<DraftQuery>,
) -> Result<Answer> {
    let DraftQuery { filter, page } = query;
    let after: Option<(String, ArticleId)> = page.after(&filter)?;
    let answer = app
        .db
        .snapshot(move |conn| {
            let owner = actor.only_of();
            let total = page
                .include_total
                .then(|| matching(&filter, owner).count().get_result::<i64>(conn))
                .transpose()?;
            let mut rows = find_page(conn, &filter, owner, after, page.limit + 1)?;
            let more = rows.len() > usize::try_from(page.limit).unwrap_or(usize::MAX);
            rows.truncate(usize::try_from(page.limit).unwrap_or(usize::MAX));
            let next_cursor = match rows.last() {
                Some(last) if more => Some(page::cursor(&(sort_value(filter.sort.0, last), last.id), &filter)?),
                _ => None,
            };
            Ok(DraftPage { items: DraftItem::all(conn, &rows)?, next_cursor, total })
        })
        .await?;
    Ok(page::with_next_link(Answer::ok(&answer)?, req.path(), req.query_string(), answer.next_cursor.as_deref()))
        .map(|answer| answer.header(header::CACHE_CONTROL, "private, no-store"))
}

fn sort_value(key: DraftKey, row: &ArticleRow) -> String {
    match key {
        DraftKey::UpdatedAt => row.updated_at.as_micros().to_string(),
        DraftKey::CreatedAt => row.created_at.as_micros().to_string(),
        DraftKey::Title => row.title.clone(),
    }
}

type Matching<'a> = articles::BoxedQuery<'a, crate::db::MultiBackend>;

fn matching(filter: &DraftFilter, owner: Option<crate::users::UserId>) -> Matching<'static> {
    let mut query = articles::table.into_boxed();
    query = if filter.trashed {
        query.filter(articles::trashed_at.is_not_null())
    } else {
        query.filter(articles::trashed_at.is_null())
    };
    if let Some(owner) = owner {
        query = query.filter(articles::owner_id.eq(owner));
    }
    if !filter.status.is_empty() {
        let has = |status| filter.status.contains(&status);
        let live = articles::live_edition.is_not_null();
        let never = articles::last_edition.eq(0);
        query = query.filter(
            live.eq(true)
                .and(has(StatusFilter::Published))
                .or(live.eq(false).and(never.eq(true)).and(has(StatusFilter::Draft)))
                .or(live.eq(false).and(never.eq(false)).and(has(StatusFilter::Unpublished))),
        );
    }
    match filter.has_unpublished_changes {
        Some(true) => {
            query = query.filter(
                articles::published_revision.is_null().or(articles::published_revision.ne(articles::revision.nullable())),
            );
        }
        Some(false) => query = query.filter(articles::published_revision.eq(articles::revision.nullable())),
        None => {}
    }
    if !filter.author.is_empty() {
        let by = article_authors::table
            .inner_join(crate::db::schema::authors::table.on(crate::db::schema::authors::id.eq(article_authors::author_id)))
            .filter(crate::db::schema::authors::slug.eq_any(filter.author.clone()))
            .select(article_authors::article_id);
        query = query.filter(articles::id.eq_any(by));
    }
    if !filter.topic.is_empty() {
        let about = article_topics::table
            .inner_join(crate::db::schema::topics::table.on(crate::db::schema::topics::id.eq(article_topics::topic_id)))
            .filter(crate::db::schema::topics::slug.eq_any(filter.topic.clone()))
            .select(article_topics::article_id);
        query = query.filter(articles::id.eq_any(about));
    }
    if !filter.locale.is_empty() {
        query = query.filter(articles::locale.eq_any(filter.locale.clone()));
    }
    for word in filter.q.iter().flat_map(|q| q.split_whitespace()) {
        let escaped = word.to_lowercase().replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        query = query.filter(lower(articles::title).like(format!("%{escaped}%")).escape('\\'));
    }
    if let Some(at) = filter.updated_at_gte {
        query = query.filter(articles::updated_at.ge(at));
    }
    query
}

diesel::define_sql_function! {
    /// Lower case, of ASCII letters at least.
    fn lower(text: diesel::sql_types::Text) -> diesel::sql_types::Text;
}

fn find_page(
    conn: &mut Connection,
    filter: &DraftFilter,
    owner: Option<crate::users::UserId>,
    after: Option<(String, ArticleId)>,
    limit: i64,
) -> Result<Vec<ArticleRow>> {
    let DraftSort(key, descending) = filter.sort;
    let mut query = matching(filter, owner).limit(limit);
    macro_rules! keyset {
        ($column:expr, $parse:expr) => {{
            if let Some((value, id)) = after {
                let value = $parse(value)?;
                query = if descending {
                    query.filter($column.lt(value.clone()).or($column.eq(value).and(articles::id.lt(id))))
                } else {
                    query.filter($column.gt(value.clone()).or($column.eq(value).and(articles::id.gt(id))))
                };
            }
            if descending {
                query.order(($column.desc(), articles::id.desc()))
            } else {
                query.order(($column.asc(), articles::id.asc()))
            }
        }};
    }
    let moment = |text: String| {
        let micros = text.parse().ok().and_then(|micros| Timestamp::from_micros(micros).ok());
        micros.ok_or_else(|| Error::parameter("cursor", "foreign-cursor", "not a cursor of this list"))
    };
    let query = match key {
        DraftKey::UpdatedAt => keyset!(articles::updated_at, moment),
        DraftKey::CreatedAt => keyset!(articles::created_at, moment),
        DraftKey::Title => keyset!(articles::title, Ok::<String, Error>),
    };
    Ok(query.load(conn)?)
}

