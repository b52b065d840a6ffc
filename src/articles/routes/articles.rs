//! Drafts as a whole: creating, listing, reading, changing metadata, the Markdown document, the trash.

use actix_web::web::{Data, Path};
use serde::Deserialize;
use serde_json::Value;
use utoipa::IntoParams;

use crate::app::App;
use crate::articles::drafts::{self, Draft as Kept, Editor, Touches};
use crate::articles::input::{CreateArticle, UpdateDraft};
use crate::articles::metadata::{self, NewArticle};
use crate::articles::output::{Draft, warnings};
use crate::articles::store::{self};
use crate::articles::transfer::{self, Incoming};
use crate::articles::tree::flatten;
use crate::articles::{ArticleRef, tree};
use crate::auth::{Actor, PublishArticles, ReadDrafts, RemoveArticles, WriteArticles};
use crate::authors;
use crate::base::clock::Timestamp;
use crate::base::db::Connection;
use crate::base::error::{Error, Invalid, Result, Violations};
use crate::base::events::Event;
use crate::base::http::conditional::IfMatchHeader;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Answer, IdempotencyKey, IfMatch, Json, Markdown, MergePatch, Query};
use crate::base::ids::SectionId;
use crate::base::text::Locale;
use crate::base::text::outline::Part;
use crate::editions;
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
pub fn written(
    conn: &mut Connection,
    kept: &Kept,
    warnings: Vec<crate::articles::output::Warning>,
) -> Result<Answer> {
    let draft = Draft::new(conn, kept, warnings)?;
    Ok(Answer::ok(&draft)?.version(draft.version()))
}

/// Create an article
///
/// The article is a draft, owned by the caller, until it is published. Its text comes as `sections`, or as a whole
/// `markdown` or `html` document whose headings become the tree.
#[utoipa::path(post, path = "/v1/articles", tag = "drafts", security(("bearer" = [])),
    params(IdempotencyKeyHeader),
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
    let locale = app.config.locale.clone();
    let work = move |tx: &mut crate::base::db::Tx<'_>, new: &NewArticle| {
        let editor = Editor { actor, locale: &locale };
        let kept = metadata::create(tx, &editor, new)?;
        let draft = Draft::new(tx, &kept, warnings.clone())?;
        Ok(Answer::created(format!("/v1/articles/{}/draft", new.id), &draft)?.version(draft.version()))
    };
    once.answer(&app.db, async { Ok(new) }, work).await
}

/// Checks a new article and builds its tree.
fn prepare(app: &App, actor: Actor<WriteArticles>, body: &CreateArticle) -> Result<NewArticle> {
    let now = app.clock.now();
    let mut violations = Violations::default();
    let metadata = body.change(&mut violations);
    let given =
        [body.sections.is_some() || body.intro.is_some(), body.markdown.is_some(), body.html.is_some()];
    if given.iter().filter(|given| **given).count() > 1 {
        violations
            .take::<()>("", Err(Invalid::new("one-text", "either sections and intro, or markdown, or html")));
    }
    if body.published_at.is_some() {
        violations.take("/published_at", past(actor, body.published_at, now));
    }
    let (incoming, pointer) = match (&body.markdown, &body.html) {
        (Some(markdown), _) => (transfer::read_markdown(markdown, "/markdown"), "/markdown"),
        (_, Some(html)) => (transfer::read_html(html, "/html"), "/html"),
        _ => (Ok(Incoming::default()), ""),
    };
    let incoming = violations.gather(incoming)?;
    if body.title.is_none() && incoming.as_ref().is_some_and(|incoming| incoming.metadata.title.is_none()) {
        violations.take::<()>("/title", Err(Invalid::new("required", "an article has a title")));
    }
    let incoming = incoming.unwrap_or_default();
    let sections = violations.gather(match &body.sections {
        Some(inputs) => tree::build(inputs, &[], &app.random, now),
        None => tree::adopt(&incoming.parts, &[], &incoming.section_custom, pointer, &app.random, now),
    })?;
    violations.check()?;
    let published_at =
        body.published_at.or(incoming.published_at.filter(|at| past(actor, Some(*at), now).is_ok()));
    Ok(NewArticle {
        id: app.random.id(now)?,
        metadata: metadata.or(incoming.metadata),
        sections: sections.unwrap_or_default(),
        published_at,
    })
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
    params(ArticlePath, InLocale, IfMatchHeader),
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
    body: MergePatch<Value>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    let changes = body.value;
    let warnings = warnings(changes.get("intro").and_then(Value::as_str), &app.policy());
    let site_locale = app.config.locale.clone();
    app.db
        .write_as(actor.user, move |tx| {
            let editor = Editor { actor, locale: &site_locale };
            let article = named_in(tx, actor, &path.article, &locale)?;
            let kept = drafts::edit(
                tx,
                &editor,
                &article,
                seen,
                |_| Ok(Touches::Metadata),
                |tx, draft| {
                    let mut violations = Violations::default();
                    let update = UpdateDraft::of_patch(&changes, &draft.content.metadata)?;
                    let change = update.change(&mut violations);
                    violations.check()?;
                    metadata::change_metadata(tx, &editor, draft, &change)?;
                    Ok(Vec::new())
                },
            )?;
            written(tx, &kept, warnings.clone())
        })
        .await
}

/// Resolves a slug in the path with the language that came along, so that all that follows goes by id.
pub fn named_in(
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
    params(ArticlePath, InLocale, IfMatchHeader),
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
    body: Markdown,
) -> Result<Answer> {
    let incoming = transfer::read_markdown(&body.0, "")?;
    let locale = locale.or_default(&app);
    let intro = incoming.metadata.intro.as_deref();
    let warnings = warnings(intro.into_iter().chain(incoming.parts.iter().flat_map(bodies)), &app.policy());
    let site_locale = app.config.locale.clone();
    app.db
        .write_as(actor.user, move |tx| {
            let editor = Editor { actor, locale: &site_locale };
            let article = named_in(tx, actor, &path.article, &locale)?;
            let kept = drafts::edit(
                tx,
                &editor,
                &article,
                seen,
                |_| Ok(Touches::Everything),
                |tx, draft| replace(tx, &editor, draft, &incoming),
            )?;
            written(tx, &kept, warnings.clone())
        })
        .await
}

/// Puts what a document says in the place of what a draft says.
pub(crate) fn replace(
    tx: &mut crate::base::db::Tx<'_>,
    editor: &Editor<'_>,
    draft: &mut Kept,
    incoming: &Incoming,
) -> Result<Vec<SectionId>> {
    let before = std::mem::take(&mut draft.content.sections);
    metadata::change_metadata(tx, editor, draft, &incoming.metadata)?;
    draft.content.sections =
        tree::adopt(&incoming.parts, &before, &incoming.section_custom, "", tx.random(), tx.now())?;
    Ok(drafts::moved(&before, &draft.content.sections))
}

/// The bodies of a part and of what is below it, in document order.
fn bodies(part: &Part) -> Vec<&str> {
    std::iter::once(part.body.as_str()).chain(part.sections.iter().flat_map(bodies)).collect()
}

/// Move an article into the trash
///
/// Readers no longer see it, so a published article takes the right to publish; its slug stays its own. `restore` brings it
/// back as an unpublished draft.
#[utoipa::path(delete, path = "/v1/articles/{article}", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale),
    responses(
        (status = 204, description = "In the trash.", headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`in-trash` already, or `slug-moved`."),
    ))]
pub async fn remove_article(
    app: Data<App>,
    actor: Actor<RemoveArticles>,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    app.db
        .write_as(actor.user, move |tx| {
            let mut row = drafts::find_to_write(tx, actor, &path.article, &locale)?;
            if row.live_edition.is_some() {
                // That takes it from its readers, which is a right of its own.
                Actor::<PublishArticles>::new(actor.user, actor.role)?;
            }
            editions::store::withdraw(tx, &mut row)?;
            row.trashed_at = Some(tx.now());
            let article = row.id;
            drafts::raise(tx, &mut row, Event::ArticleTrashed { article })?;
            Ok(Answer::no_content().version(row.version))
        })
        .await
}

/// Bring an article back from the trash
///
/// It comes back as an unpublished draft.
#[utoipa::path(post, path = "/v1/articles/{article}/restore", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale,
        IdempotencyKeyHeader),
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
    let work = move |tx: &mut crate::base::db::Tx<'_>, (): &()| {
        let id = drafts::find(tx, actor, &path.article, &locale)?.id;
        let row = store::lock_article(tx, id)?.filter(|row| actor.reaches(row.owner_id));
        let mut row = row.ok_or(Error::NotFound("article"))?;
        if row.trashed_at.take().is_none() {
            return Err(Error::conflict("not-in-trash", "the article does not lie in the trash"));
        }
        drafts::raise(tx, &mut row, Event::ArticleRestored { article: id })?;
        let kept = Kept::load(tx, row)?;
        written(tx, &kept, Vec::new())
    };
    key.once(actor.user, &[]).answer(&app.db, async { Ok(()) }, work).await
}
