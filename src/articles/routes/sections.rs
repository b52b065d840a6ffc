//! The sections of a draft, one by one and all at once.

use actix_web::web::{Data, Path};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::articles::drafts::{self, Draft as Kept, Editor, Touches};
use crate::articles::input::SectionInput;
use crate::articles::output::{Draft, DraftSection, WrittenSection, warnings};
use crate::articles::routes::articles::{ArticlePath, InLocale, named_in, written};
use crate::articles::section_change::{SectionChange, UpdateSection};
use crate::articles::tree::{self, Blame, Spot, flatten};
use crate::articles::{ArticleRef, SectionRef};
use crate::auth::{Actor, ReadDrafts, WriteArticles};
use crate::base::db::Tx;
use crate::base::error::{Error, Result};
use crate::base::http::conditional::IfMatchHeader;
use crate::base::http::idempotency::IdempotencyKeyHeader;
use crate::base::http::{Answer, IdempotencyKey, IfMatch, Json, MergePatch, Query};
use crate::base::ids::SectionId;

/// Names a section of an article.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Path)]
pub struct SectionPath {
    /// The article's id or slug.
    #[param(value_type = String, max_length = 120)]
    pub article: ArticleRef,
    /// The section's id or anchor.
    #[param(value_type = String, max_length = 120)]
    pub section: SectionRef,
}

/// The tree of a draft.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftSections {
    /// The sections at the top, with those below them.
    #[schema(max_items = 1000)]
    items: Vec<DraftSection>,
    /// Always `null`: a tree comes whole.
    #[schema(max_length = 1000)]
    next_cursor: Option<String>,
}

/// A new section and where it goes: at the end, unless `before` or `after` says otherwise.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AddSection {
    /// Below which section; at the top without.
    #[serde(default)]
    parent_id: Option<SectionId>,
    /// Right before this one.
    #[serde(default)]
    before: Option<SectionId>,
    /// Right after this one.
    #[serde(default)]
    after: Option<SectionId>,
    /// One line of inline Markdown; a section may have none.
    #[serde(default)]
    #[schema(max_length = 300)]
    heading: Option<String>,
    /// The name inside the page; made from the heading, if none is given.
    #[serde(default)]
    #[schema(max_length = 120)]
    anchor: Option<String>,
    /// Markdown without headings.
    #[serde(default)]
    #[schema(max_length = 200_000, nullable = false)]
    body: Option<String>,
    /// Whatever else the site wants to keep; at most 64 KiB as JSON.
    #[serde(default)]
    #[schema(value_type = Option<Object>, nullable = false)]
    custom: Option<Map<String, Value>>,
    /// The parts below it.
    #[serde(default)]
    #[schema(max_items = 1000, nullable = false)]
    sections: Option<Vec<SectionInput>>,
}

/// A whole tree that replaces another.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplaceSections {
    /// The sections at the top: known ids are kept, those without are new, those missing are removed.
    #[schema(max_items = 1000)]
    sections: Vec<SectionInput>,
}

/// Read a draft's sections
///
/// The tree as it is now. The `ETag` is the article's version.
#[utoipa::path(get, path = "/v1/articles/{article}/draft/sections", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale),
    responses(
        (status = 200, description = "The tree.", body = DraftSections, headers(("ETag" = String, description = "The article's version."))),
        (status = 409, description = "`slug-moved`: the draft has another slug now."),
    ))]
pub async fn list_draft_sections(
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
            let items =
                kept.content.sections.iter().map(|section| DraftSection::new(&kept, section)).collect();
            Ok(Answer::ok(&DraftSections { items, next_cursor: None })?.version(kept.row.version))
        })
        .await
}

/// Read a section of a draft
///
/// The section with what is below it. The `ETag` is the article's version.
#[utoipa::path(get, path = "/v1/articles/{article}/draft/sections/{section}", tag = "drafts", security(("bearer" = [])),
    params(SectionPath, InLocale),
    responses(
        (status = 200, description = "The section.", body = DraftSection, headers(("ETag" = String, description = "The article's version."))),
        (status = 409, description = "`slug-moved`: the draft has another slug now."),
    ))]
pub async fn get_draft_section(
    app: Data<App>,
    actor: Actor<ReadDrafts>,
    path: Path<SectionPath>,
    Query(locale): Query<InLocale>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    app.db
        .snapshot(move |conn| {
            let row = drafts::find(conn, actor, &path.article, &locale)?;
            let kept = Kept::load(conn, row)?;
            let section =
                tree::find(&kept.content.sections, &path.section).ok_or(Error::NotFound("section"))?;
            Ok(Answer::ok(&DraftSection::new(&kept, section))?.version(kept.row.version))
        })
        .await
}

/// Add a section
///
/// Needs no `If-Match`: nothing is replaced.
#[utoipa::path(post, path = "/v1/articles/{article}/draft/sections", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale,
        IdempotencyKeyHeader),
    request_body = AddSection,
    responses(
        (status = 201, description = "Added.", body = WrittenSection,
         headers(("Location" = String, description = "Where the section is."), ("ETag" = String, description = "The article's version."))),
        (status = 409, description = "`slug-moved` or `in-trash`."),
    ))]
pub async fn add_section(
    app: Data<App>,
    actor: Actor<WriteArticles>,
    key: IdempotencyKey,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
    body: Json<AddSection>,
) -> Result<Answer> {
    let once = key.once(actor.user, &body.fingerprint);
    let locale = locale.or_default(&app);
    let AddSection { parent_id, before, after, heading, anchor, body, custom, sections } = body.value;
    let spot = Spot { parent: parent_id, before, after };
    if before.is_some() && after.is_some() {
        return Err(Error::invalid("/after", "one-place", "either before or after"));
    }
    let input = SectionInput { id: None, heading, anchor, body, custom, sections };
    let warnings = warnings(bodies(&input), &app.policy());
    let site_locale = app.config.locale.clone();
    let work = move |tx: &mut Tx<'_>, (): &()| {
        let editor = Editor { actor, locale: &site_locale };
        let article = named_in(tx, actor, &path.article, &locale)?;
        let mut added = None;
        let kept = drafts::edit(
            tx,
            &editor,
            &article,
            IfMatch::Any,
            |_| Ok(Touches::Nothing),
            |tx, draft| {
                // Built without settling first: its anchors have to be free among all of the article's.
                let section = tree::unsettled(&input, tx.random(), tx.now())?;
                added = Some(section.id);
                tree::insert(&mut draft.content.sections, section, spot)?;
                let blame = Blame { tree: "/parent_id", name: "/anchor" };
                tree::settle(&mut draft.content.sections, blame)?;
                Ok(Vec::new())
            },
        )?;
        let id = added.ok_or(Error::NotFound("section"))?;
        let section =
            tree::find(&kept.content.sections, &SectionRef::Id(id)).ok_or(Error::NotFound("section"))?;
        let answer = WrittenSection::new(&kept, section, warnings.clone());
        let location = format!("/v1/articles/{}/draft/sections/{id}", kept.row.id);
        Ok(Answer::created(location, &answer)?.version(kept.row.version))
    };
    once.answer(&app.db, async { Ok(()) }, work).await
}

fn bodies(input: &SectionInput) -> Vec<&str> {
    let below = input.sections.iter().flatten().flat_map(bodies);
    input.body.as_deref().into_iter().chain(below).collect()
}

/// Replace the tree
///
/// Known ids are kept, sections without are made, missing ones removed. Goes through if no section has changed since the
/// version that `If-Match` names.
#[utoipa::path(put, path = "/v1/articles/{article}/draft/sections", tag = "drafts", security(("bearer" = [])),
    params(ArticlePath, InLocale, IfMatchHeader),
    request_body = ReplaceSections,
    responses(
        (status = 200, description = "The draft now.", body = Draft, headers(("ETag" = String, description = "Its version."))),
        (status = 409, description = "`slug-moved` or `in-trash`."),
    ))]
pub async fn replace_sections(
    app: Data<App>,
    actor: Actor<WriteArticles>,
    seen: IfMatch,
    path: Path<ArticlePath>,
    Query(locale): Query<InLocale>,
    body: Json<ReplaceSections>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    let inputs = body.value.sections;
    let warnings = warnings(inputs.iter().flat_map(bodies), &app.policy());
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
                |_| Ok(Touches::Tree),
                |tx, draft| {
                    let after = tree::build(&inputs, &draft.content.sections, tx.random(), tx.now())?;
                    let before = std::mem::replace(&mut draft.content.sections, after);
                    Ok(drafts::moved(&before, &draft.content.sections))
                },
            )?;
            written(tx, &kept, warnings.clone())
        })
        .await
}

/// Change or move a section
///
/// Absent members stay as they are. Goes through if this section has not changed since the version that `If-Match` names;
/// what others do elsewhere in the article does not matter.
#[utoipa::path(patch, path = "/v1/articles/{article}/draft/sections/{section}", tag = "drafts", security(("bearer" = [])),
    params(SectionPath, InLocale, IfMatchHeader),
    request_body(content = UpdateSection, content_type = "application/merge-patch+json"),
    responses(
        (status = 200, description = "The section now.", body = WrittenSection, headers(("ETag" = String, description = "The article's version."))),
        (status = 409, description = "`slug-moved` or `in-trash`."),
    ))]
pub async fn update_section(
    app: Data<App>,
    actor: Actor<WriteArticles>,
    seen: IfMatch,
    path: Path<SectionPath>,
    Query(locale): Query<InLocale>,
    body: MergePatch<UpdateSection>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    let change = SectionChange::parse(body.value)?;
    let warnings = warnings(change.body.as_deref(), &app.policy());
    let site_locale = app.config.locale.clone();
    app.db
        .write_as(actor.user, move |tx| {
            let editor = Editor { actor, locale: &site_locale };
            let article = named_in(tx, actor, &path.article, &locale)?;
            let id = section_id(tx, &article, &path.section)?;
            let touches = |_: &Kept| Ok(Touches::Sections(vec![id]));
            let kept = drafts::edit(tx, &editor, &article, seen, touches, |_, draft| {
                change.apply(id, &mut draft.content.sections)
            })?;
            let section =
                tree::find(&kept.content.sections, &SectionRef::Id(id)).ok_or(Error::NotFound("section"))?;
            Ok(Answer::ok(&WrittenSection::new(&kept, section, warnings.clone()))?.version(kept.row.version))
        })
        .await
}

/// The id that a path's section has, or had: one that was removed meanwhile is a conflict, not a stranger.
fn section_id(tx: &mut Tx<'_>, article: &ArticleRef, section: &SectionRef) -> Result<SectionId> {
    let ArticleRef::Id(article) = article else { return Err(Error::NotFound("article")) };
    crate::articles::store::find_section(tx, *article, section)?.ok_or(Error::NotFound("section"))
}

/// Remove a section
///
/// And everything below it. Goes through if none of that has changed since the version that `If-Match` names.
#[utoipa::path(delete, path = "/v1/articles/{article}/draft/sections/{section}", tag = "drafts", security(("bearer" = [])),
    params(SectionPath, InLocale, IfMatchHeader),
    responses(
        (status = 204, description = "Removed.", headers(("ETag" = String, description = "The article's version."))),
        (status = 409, description = "`slug-moved` or `in-trash`."),
    ))]
pub async fn remove_section(
    app: Data<App>,
    actor: Actor<WriteArticles>,
    seen: IfMatch,
    path: Path<SectionPath>,
    Query(locale): Query<InLocale>,
) -> Result<Answer> {
    let locale = locale.or_default(&app);
    let site_locale = app.config.locale.clone();
    app.db
        .write_as(actor.user, move |tx| {
            let editor = Editor { actor, locale: &site_locale };
            let article = named_in(tx, actor, &path.article, &locale)?;
            let id = section_id(tx, &article, &path.section)?;
            let touches = |draft: &Kept| {
                let below = tree::find(&draft.content.sections, &SectionRef::Id(id));
                let below = below.map(std::slice::from_ref).map(flatten).unwrap_or_default();
                Ok(Touches::Sections(below.iter().map(|(section, ..)| section.id).chain([id]).collect()))
            };
            let kept = drafts::edit(tx, &editor, &article, seen, touches, |_, draft| {
                tree::remove(&mut draft.content.sections, id).ok_or(Error::NotFound("section"))?;
                Ok(Vec::new())
            })?;
            Ok(Answer::no_content().version(kept.row.version))
        })
        .await
}
