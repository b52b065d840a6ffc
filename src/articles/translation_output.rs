//! What editors get of the other articles of a translation group.

use serde::Serialize;
use utoipa::ToSchema;

use super::translation_store::{self, Group, Member};
use super::{Status, draft::Draft};
use crate::auth::{Identity, ReadDrafts};
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::slug::Slug;
use crate::render_context::{self, Website};

/// Another article of a translation group: as readers see it, or as its draft is if it is not live.
#[derive(Debug, Serialize, ToSchema)]
pub struct DraftTranslation {
    id: ArticleId,
    locale: Locale,
    slug: Slug,
    /// The URL on the website that it has, or would have if it had been published when it was last changed.
    #[schema(max_length = 2500, format = Uri)]
    url: String,
    /// One line.
    #[schema(max_length = 300)]
    title: String,
    status: Status,
    /// Whether the source of the group has a newer edition, not a minor one, than when this one was last published.
    behind: bool,
}

impl DraftTranslation {
    /// The other articles of the group of a draft that are not in the trash: those that are live or that `caller` may read.
    pub fn all(conn: &mut Connection, caller: &Identity, draft: &Draft) -> Result<Vec<Self>> {
        let Some(Group { id: group, .. }) = draft.group else { return Ok(Vec::new()) };
        let members = translation_store::list(conn, group)?;
        let website = render_context::store::saved_website(conn)?;
        let is_known =
            |one: &Member| one.status == Status::Published || caller.covers::<ReadDrafts>(one.owner);
        let others = members.into_iter().filter(|one| one.id != draft.row.id && is_known(one));
        Ok(others.map(|one| Self::new(one, &website)).collect())
    }

    fn new(member: Member, website: &Website) -> Self {
        let Member { id, status, locale, slug, title, published_at, is_behind, .. } = member;
        let url = website.article(&locale, &slug, published_at);
        Self { id, url, locale, slug, title, status, behind: is_behind }
    }
}
