//! An article as its editors have it now.

use diesel::Identifiable as _;

use super::equality::find_changed;
use super::store::{self, ArticleRow, SectionRow};
use super::translation_store::Group;
use super::{Content, metadata_store};
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::ids::SectionId;

/// A draft: the row of the article, and what was written.
#[derive(Debug, Clone)]
pub struct Draft {
    /// The article's state.
    pub row: ArticleRow,
    /// What was written.
    pub content: Content,
    /// Its translation group.
    pub group: Option<Group>,
    /// Whether the content differs from what readers see, or they see nothing.
    pub has_unpublished_changes: bool,
    /// The rows of the sections.
    pub(super) sections: Vec<SectionRow>,
}

impl Draft {
    /// Reads the content of an article.
    pub fn load(conn: &mut Connection, row: ArticleRow) -> Result<Self> {
        let (metadata, group) = metadata_store::find(conn, &row)?;
        let (tree, sections) = store::find_sections(conn, row.id)?;
        let has_unpublished_changes = !find_changed(conn, std::iter::once(&row))?.is_empty();
        let content = Content { metadata, sections: tree };
        Ok(Self { row, content, group, has_unpublished_changes, sections })
    }

    /// The version at which a section last changed.
    #[must_use]
    pub fn section_revision(&self, id: SectionId) -> i64 {
        let row = self.sections.iter().find(|row| *row.id() == id);
        row.map_or(self.row.revision, |row| row.revision)
    }
}
