//! `GET /v1/articles/{article}/revisions/{revision}/diff`.

use actix_web::web::{Data, Path};
use serde::Serialize;
use serde_json::value::RawValue;
use serde_json::{Map, Value};
use utoipa::{IntoParams, ToSchema};

use super::article_in_path::DraftRead;
use super::paths::{InLocale, RevisionPath};
use crate::app::App;
use crate::articles::compare::{ChangedSection, SectionChange, compare};
use crate::articles::output::ArticleMetadata;
use crate::articles::store::ArticleRow;
use crate::articles::{Content, Metadata, Section, history};
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::query::{FromParams, Params};
use crate::base::http::{Query, Response};
use crate::base::ids::SectionId;
use crate::base::text::validate;
use crate::base::text::word_diff::{Run, WordOp, shortened};

/// The most bytes of changes in a response.
const MAX_BYTES: usize = 2_000_000 - 1000;

/// What to compare with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Base {
    /// The revision before.
    Previous,
    /// The revision that is published.
    Published,
    /// This one.
    Revision(i64),
}

/// What to compare a revision with.
#[derive(Debug, Clone, Copy, IntoParams)]
#[into_params(parameter_in = Query)]
pub struct Against {
    /// The older side: a revision, or `published` for the one that is published. Default: the revision before.
    #[param(value_type = Option<String>, nullable = false, max_length = 10, pattern = "^([1-9][0-9]{0,9}|published)$")]
    against: Base,
}

impl FromParams for Against {
    fn from_params(params: &mut Params) -> Self {
        let against = params.parsed("against", |text| match text {
            "published" => Ok(Base::Published),
            text => text
                .parse()
                .ok()
                .filter(|revision| (1..=i64::from(i32::MAX)).contains(revision))
                .map(Base::Revision)
                .ok_or_else(|| validate::malformed("revision", "Must be a revision, or `published`.")),
        });
        Self { against: against.unwrap_or(Base::Previous) }
    }
}

/// What differs between two revisions.
#[derive(Debug, Serialize, ToSchema)]
pub struct RevisionDiff {
    /// The older side; `null` if there is none, because the revision is the first.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    from: Option<i64>,
    /// The newer side: the revision in the path.
    #[schema(minimum = 1, maximum = 2_147_483_647)]
    to: i64,
    /// The members of the metadata that differ.
    #[schema(value_type = Vec<MemberDiff>, max_items = 50)]
    metadata: Vec<Box<RawValue>>,
    /// The sections that differ, in document order. A removed section follows the section that it followed before.
    #[schema(value_type = Vec<SectionDiff>, max_items = 2000)]
    sections: Vec<Box<RawValue>>,
    /// The number of words of intro and bodies that differ.
    words: WordCounts,
    /// Whether something was left out because the response would be larger than 2 MB: values are `null` then, and `words`
    /// is empty.
    truncated: bool,
}

/// A number of words.
#[derive(Debug, Serialize, ToSchema)]
pub struct WordCounts {
    /// Words that only the newer side has.
    #[schema(minimum = 0, maximum = 10_000_000)]
    added: u32,
    /// Words that only the older side has.
    #[schema(minimum = 0, maximum = 10_000_000)]
    removed: u32,
}

/// A member that differs.
#[derive(Debug, Serialize, ToSchema)]
pub struct MemberDiff {
    /// Its name.
    #[schema(min_length = 1, max_length = 60)]
    member: String,
    /// Its older value; `null` if there is none.
    before: Value,
    /// Its newer value; `null` if there is none.
    after: Value,
    /// The passages of the intro, in order; empty for other members.
    #[schema(max_items = 500_000)]
    words: Vec<WordRun>,
}

/// A section that differs.
#[derive(Debug, Serialize, ToSchema)]
pub struct SectionDiff {
    id: SectionId,
    /// Its newer heading; the older one if it was removed.
    #[schema(max_length = 300)]
    heading: Option<String>,
    change: SectionDiffKind,
    /// Whether its parent changed, or its order among the sections that both sides have.
    moved: bool,
    /// Which of `heading`, `anchor` and `custom` differ.
    #[schema(max_items = 3)]
    metadata: Vec<MemberDiff>,
    /// The passages of the body, in order; empty if it is the same.
    #[schema(max_items = 500_000)]
    words: Vec<WordRun>,
}

/// What became of a section.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum SectionDiffKind {
    /// It is new.
    Added,
    /// It was removed.
    Removed,
    /// Its position changed, its text did not.
    Moved,
    /// Its heading, anchor, body or `custom` differ.
    Edited,
}

/// A passage. The older text consists of the passages that are not `insert`, the newer of those that are not `delete`.
#[derive(Debug, Serialize, ToSchema)]
pub struct WordRun {
    op: WordRunKind,
    /// The passage, in Markdown.
    #[schema(max_length = 200_000)]
    text: String,
    /// How many characters of a long equal passage are left out after `text`.
    #[schema(minimum = 0, maximum = 1_000_000)]
    omitted: usize,
}

/// Which text a passage is of.
#[derive(Debug, Clone, Copy, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum WordRunKind {
    /// Both.
    Equal,
    /// The newer one only.
    Insert,
    /// The older one only.
    Delete,
}

/// Compare two revisions
///
/// Requires the right `articles:read`; contributors and authors have it for their own articles and for those that they
/// are asked to review. Returns what differs in metadata and sections, and word by word in the intro and in the bodies.
/// Long equal passages are shortened to their ends. Authors and topics have their present names.
#[utoipa::path(get, path = "/v1/articles/{article}/revisions/{revision}/diff", tag = "history",
    security(("bearer" = [])),
    params(RevisionPath, InLocale, Against),
    responses(
        (status = 200, description = "The differences.", body = RevisionDiff),
        (status = 409, description = "`not-published`: nothing is published to compare with. `slug-moved`: the slug of the draft has changed. The new one is in `slug`."),
    ))]
pub async fn compare_revisions(
    app: Data<App>,
    read: DraftRead,
    path: Path<RevisionPath>,
    Query(against): Query<Against>,
) -> Result<Response> {
    let to = path.into_inner().revision;
    let found = app
        .db
        .snapshot(move |conn| {
            let row = read.row(conn)?;
            Sides::find(conn, &row, to, against.against)
        })
        .await?;
    app.compute.run(move || Response::ok(&found.diff()?)).await
}

/// One side: the content, and its metadata as responses have it.
struct Side {
    content: Content,
    metadata: Map<String, Value>,
}

/// Both sides.
struct Sides {
    from: Option<(i64, Side)>,
    to: i64,
    after: Side,
    /// The metadata of an article with nothing but a title, a slug and a language.
    defaults: Map<String, Value>,
}

impl Side {
    fn find(conn: &mut Connection, article: &ArticleRow, revision: i64) -> Result<Self> {
        let content = history::find_revision_content(conn, article.id, revision)?;
        let content = content.ok_or(Error::NotFound("revision"))?;
        let metadata = members(&ArticleMetadata::new(conn, content.metadata.clone())?)?;
        Ok(Self { content, metadata })
    }
}

impl Sides {
    fn find(conn: &mut Connection, article: &ArticleRow, to: i64, base: Base) -> Result<Self> {
        let from = match base {
            Base::Revision(revision) => Some(revision),
            Base::Previous => history::previous_revision(conn, article.id, to)?,
            Base::Published => {
                let published = article.published_revision.filter(|_| article.live_edition.is_some());
                Some(
                    published
                        .ok_or_else(|| Error::conflict("not-published", "The article is not published."))?,
                )
            }
        };
        let after = Side::find(conn, article, to)?;
        let from = from.map(|from| Ok::<_, Error>((from, Side::find(conn, article, from)?))).transpose()?;
        let Metadata { title, slug, locale, .. } = after.content.metadata.clone();
        let defaults = members(&ArticleMetadata::new(conn, Metadata::new(title, slug, locale))?)?;
        Ok(Self { from, to, after, defaults })
    }

    fn diff(&self) -> Result<RevisionDiff> {
        let before = self.from.as_ref().map(|(_, side)| side);
        let comparison = compare(before.map(|side| &side.content), &self.after.content);
        let mut room = Room { left: MAX_BYTES, truncated: false };
        let mut metadata = Vec::new();
        for (member, after) in &self.after.metadata {
            let old = before.map_or(&Value::Null, |side| side.metadata.get(member).unwrap_or(&Value::Null));
            let is_default = before.is_none()
                && !matches!(member.as_str(), "title" | "slug" | "locale")
                && self.defaults.get(member) == Some(after);
            if old == after || is_default {
                continue;
            }
            let mut changed = MemberDiff::new(member, old.clone(), after.clone());
            if member == "intro" {
                changed.words = words(comparison.intro.clone());
            }
            metadata.extend(room.fit(&changed, || MemberDiff::new(member, Value::Null, Value::Null))?);
        }
        let mut sections = Vec::with_capacity(comparison.sections.len());
        for changed in &comparison.sections {
            sections.extend(room.fit(&SectionDiff::new(changed), || SectionDiff::bare(changed))?);
        }
        Ok(RevisionDiff {
            from: self.from.as_ref().map(|(revision, _)| *revision),
            to: self.to,
            metadata,
            sections,
            words: WordCounts { added: comparison.added, removed: comparison.removed },
            truncated: room.truncated,
        })
    }
}

/// How many bytes of changes a response can still have.
struct Room {
    left: usize,
    truncated: bool,
}

impl Room {
    /// The JSON of a change. Without its values if the whole does not fit into the response.
    fn fit<T: Serialize>(&mut self, whole: &T, bare: impl FnOnce() -> T) -> Result<Option<Box<RawValue>>> {
        let whole = serde_json::value::to_raw_value(whole)?;
        if self.take(&whole) {
            return Ok(Some(whole));
        }
        self.truncated = true;
        let bare = serde_json::value::to_raw_value(&bare())?;
        Ok(self.take(&bare).then_some(bare))
    }

    fn take(&mut self, json: &RawValue) -> bool {
        let left = self.left.checked_sub(json.get().len() + 1);
        self.left = left.unwrap_or(self.left);
        left.is_some()
    }
}

impl MemberDiff {
    fn new(member: &str, before: Value, after: Value) -> Self {
        Self { member: member.to_owned(), before, after, words: Vec::new() }
    }
}

impl SectionDiff {
    fn new(changed: &ChangedSection<'_>) -> Self {
        let value = |section: Option<&Section>, member: &str| match (section, member) {
            (Some(section), "heading") => section.heading.clone().map_or(Value::Null, Value::from),
            (Some(section), "anchor") => {
                section.anchor.as_ref().map_or(Value::Null, |anchor| Value::from(anchor.as_str()))
            }
            (Some(section), _) if !section.custom.is_empty() => Value::Object(section.custom.clone()),
            _ => Value::Null,
        };
        let differing = ["heading", "anchor", "custom"].into_iter().map(|member| {
            MemberDiff::new(member, value(changed.before, member), value(changed.after, member))
        });
        Self {
            metadata: differing.filter(|member| member.before != member.after).collect(),
            words: words(changed.words.clone()),
            ..Self::bare(changed)
        }
    }

    /// The section without its values.
    fn bare(changed: &ChangedSection<'_>) -> Self {
        let section = changed.after.or(changed.before);
        let change = match changed.change {
            SectionChange::Added => SectionDiffKind::Added,
            SectionChange::Removed => SectionDiffKind::Removed,
            SectionChange::Moved => SectionDiffKind::Moved,
            SectionChange::Edited => SectionDiffKind::Edited,
        };
        Self {
            id: changed.id,
            heading: section.and_then(|section| section.heading.clone()),
            change,
            moved: changed.is_moved,
            metadata: Vec::new(),
            words: Vec::new(),
        }
    }
}

fn words(runs: Vec<Run<'_>>) -> Vec<WordRun> {
    let run = |run: Run<'_>| WordRun {
        op: match run.op {
            WordOp::Equal => WordRunKind::Equal,
            WordOp::Insert => WordRunKind::Insert,
            WordOp::Delete => WordRunKind::Delete,
        },
        text: run.text.to_owned(),
        omitted: run.omitted,
    };
    shortened(runs).into_iter().map(run).collect()
}

/// The members of metadata as JSON.
fn members(metadata: &ArticleMetadata) -> Result<Map<String, Value>> {
    match serde_json::to_value(metadata)? {
        Value::Object(members) => Ok(members),
        _ => Err(Error::internal("metadata is no object")),
    }
}
