//! Adjacent articles: the neighbours of an article in the order of publication, among those that match the filters.

use super::list::EditionFilter;
use super::order::{EditionOrder, Position};
use super::renderings::ItemRow;
use crate::base::db::Connection;
use crate::base::error::Result;

/// The neighbours of a position: the newer one, if there is one, then the older one, if there is one; and whether there is
/// a newer one.
pub fn find(conn: &mut Connection, filter: &EditionFilter, here: &Position) -> Result<(Vec<ItemRow>, bool)> {
    let editions = filter.resolve(conn)?;
    let mut rows = editions.find(conn, &EditionOrder::oldest_first(), Some(here), 1)?;
    let has_newer = !rows.is_empty();
    rows.extend(editions.find(conn, &EditionOrder::newest_first(), Some(here), 1)?);
    Ok((rows, has_newer))
}
