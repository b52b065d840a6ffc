//! The list of all redirects, by path: those from old addresses of articles, and those that editors create.

use super::created::{self, CreatedRow};
use super::store::{self, AddressRow, RedirectFilter};
use crate::base::db::Connection;
use crate::base::error::Result;
use crate::base::ids::{ArticleId, RedirectId};
use crate::base::text::Locale;
use crate::base::text::address::{is_reserved, is_served};
use crate::render_context::Website;

/// A redirect in the list.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RedirectRow {
    /// Identifies the path.
    pub key: String,
    /// The path.
    pub from: String,
    /// The URL; `None` with the status 410.
    pub to: Option<String>,
    /// 301, 302 or 410.
    pub status: i64,
    /// Identifies one that an editor created.
    pub id: Option<RedirectId>,
    /// The article whose old address the path is.
    pub article: Option<ArticleId>,
    /// The language of the slug or the alias.
    pub locale: Option<Locale>,
}

impl RedirectRow {
    /// One that an editor created, with the URL it leads to.
    #[must_use]
    pub fn of_created(row: CreatedRow, to: Option<String>) -> Self {
        let CreatedRow { id, key, path, status, .. } = row;
        Self { key, from: path, to, status, id: Some(id), article: None, locale: None }
    }

    /// Whether it may not be used, because its path was reserved after it was stored. Paths of slugs and aliases are
    /// reserved, too, that nothing serves.
    #[must_use]
    pub fn is_reserved(&self) -> bool {
        if self.article.is_some() { is_reserved(&self.key) } else { is_served(&self.key) }
    }
}

impl From<AddressRow> for RedirectRow {
    fn from(row: AddressRow) -> Self {
        let AddressRow { key, article_id, path, locale, url, .. } = row;
        let (article, locale) = (Some(article_id), Some(locale));
        Self { key, from: path, to: Some(url), status: 301, id: None, article, locale }
    }
}

/// At most `limit` redirects with keys after `after`, ordered by key.
pub fn list(
    conn: &mut Connection,
    filter: &RedirectFilter,
    website: &Website,
    after: Option<&str>,
    limit: i64,
) -> Result<Vec<RedirectRow>> {
    let of_articles = store::list(conn, filter, after, limit)?;
    let mut rows: Vec<RedirectRow> = of_articles.into_iter().map(RedirectRow::from).collect();
    // Those that editors create have no language.
    if filter.locale.is_none() {
        let created = created::list(conn, website, filter.from.as_ref(), after, limit)?;
        let urls = created::urls(conn, website, &created)?;
        rows.extend(created.into_iter().zip(urls).map(|(row, to)| RedirectRow::of_created(row, to)));
        rows.sort_by(|a, b| a.key.cmp(&b.key));
        rows.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    }
    Ok(rows)
}

/// The number of redirects in the whole list.
pub fn count(conn: &mut Connection, filter: &RedirectFilter, website: &Website) -> Result<i64> {
    let of_articles = store::count(conn, filter)?;
    if filter.locale.is_some() {
        return Ok(of_articles);
    }
    Ok(of_articles + created::count(conn, website, filter.from.as_ref())?)
}
