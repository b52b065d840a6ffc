//! Which parts of a draft a write replaces, and whether another write has changed one of them since its caller last
//! read the draft. This is what keeps two editors from overwriting each other.

use super::SectionRef;
use super::draft::Draft;
use super::history::{self, ChangeRow, Subjects};
use super::store::{self, ArticleRow};
use super::tree::{self, flatten};
use crate::base::db::Connection;
use crate::base::error::{Error, Result};
use crate::base::http::IfMatch;
use crate::base::http::details::{ChangedKind, ChangedPart, Details, MAX_CHANGED};
use crate::base::ids::{ArticleId, IsId as _, SectionId, SubjectId};
use crate::users::Actors;

/// The parts of a draft that a write replaces or removes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum WriteScope {
    /// None: it only adds something, and needs no `If-Match`.
    Nothing,
    /// Metadata and intro.
    Metadata,
    /// One section, without those below it.
    Section(SectionRef),
    /// One section and all below it.
    Subtree(SectionRef),
    /// Every section.
    Tree,
    /// Metadata, intro and every section.
    Everything,
}

impl WriteScope {
    /// The subjects of changes within this scope.
    fn subjects(&self, conn: &mut Connection, draft: &Draft) -> Result<Subjects> {
        let article = SubjectId::from_uuid(draft.row.id.uuid());
        let schedule = SubjectId::from_uuid(history::SCHEDULE);
        Ok(match self {
            Self::Nothing => Subjects::Only(Vec::new()),
            Self::Metadata => Subjects::Only(vec![article]),
            Self::Section(_) | Self::Subtree(_) => {
                let ids = self.section_ids(conn, draft)?;
                Subjects::Only(ids.into_iter().map(|id| SubjectId::from_uuid(id.uuid())).collect())
            }
            Self::Tree => Subjects::AllBut(vec![article, schedule]),
            Self::Everything => Subjects::AllBut(vec![schedule]),
        })
    }

    /// The ids of the sections that the scope names. A section that was removed is among them: its removal is a change.
    fn section_ids(&self, conn: &mut Connection, draft: &Draft) -> Result<Vec<SectionId>> {
        let find = |conn: &mut Connection, section: &SectionRef| {
            store::find_section(conn, draft.row.id, section)?.ok_or(Error::NotFound("section"))
        };
        Ok(match self {
            Self::Section(section) => vec![find(conn, section)?],
            Self::Subtree(section) => {
                let id = find(conn, section)?;
                let top = tree::find(&draft.content.sections, &SectionRef::Id(id));
                let below = top.map(std::slice::from_ref).map(flatten).unwrap_or_default();
                below.iter().map(|(section, ..)| section.id).chain([id]).collect()
            }
            Self::Nothing | Self::Metadata | Self::Tree | Self::Everything => Vec::new(),
        })
    }
}

/// Checks that nothing within `scope` has changed since the version that `if_match` names. Precondition failed
/// `changed-since` otherwise, with the current version and the changes.
pub fn check_unchanged(
    conn: &mut Connection,
    draft: &Draft,
    if_match: IfMatch,
    scope: &WriteScope,
) -> Result<()> {
    let IfMatch::Version(version) = if_match else { return Ok(()) };
    let subjects = scope.subjects(conn, draft)?;
    check_since(conn, &draft.row, version, subjects)
}

/// Checks that the schedule of an article has not changed since the version that `if_match` names, like
/// [`check_unchanged`].
pub fn check_schedule_unchanged(conn: &mut Connection, row: &ArticleRow, if_match: IfMatch) -> Result<()> {
    let IfMatch::Version(version) = if_match else { return Ok(()) };
    check_since(conn, row, version, Subjects::Only(vec![SubjectId::from_uuid(history::SCHEDULE)]))
}

fn check_since(conn: &mut Connection, row: &ArticleRow, version: i64, subjects: Subjects) -> Result<()> {
    let changed = history::list_changes_since(conn, row.id, version, subjects, MAX_CHANGED)?;
    if changed.is_empty() && version <= row.version {
        return Ok(());
    }
    let actors = Actors::load(conn, changed.iter().filter_map(|change| change.actor_id))?;
    let changed = changed.into_iter().map(|change| changed_part(row.id, change, &actors)).collect();
    let details = Details { version: Some(row.version), changed: Some(changed), ..Details::default() };
    Err(details
        .stale("changed-since", "What this request replaces has changed since the version in If-Match."))
}

fn kind_of(article: ArticleId, subject: SubjectId) -> ChangedKind {
    match subject.uuid() {
        history::SCHEDULE => ChangedKind::Schedule,
        id if id == article.uuid() => ChangedKind::Metadata,
        _ => ChangedKind::Section,
    }
}

fn changed_part(article: ArticleId, change: ChangeRow, actors: &Actors) -> ChangedPart {
    let kind = kind_of(article, change.subject_id);
    ChangedPart {
        kind,
        id: if kind == ChangedKind::Section {
            change.subject_id
        } else {
            SubjectId::from_uuid(article.uuid())
        },
        fields: change.fields.and_then(|fields| fields.read(format_args!("changes.fields of {article}"))),
        by: change.actor_id.map(|id| actors.get(id)),
        at: change.at,
    }
}
