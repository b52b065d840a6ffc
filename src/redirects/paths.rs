//! Stores the paths at which articles have been live. Unlike `addresses`, which are those of the current settings and of
//! live articles only, they stay when `LEDE_ARTICLE_PATH` changes or an article is unpublished.

use diesel::prelude::*;

use crate::base::db::schema::article_paths;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::ArticleId;
use crate::base::text::Locale;
use crate::base::text::address::Address;

/// The paths at which an article has been live, with the language that it had there.
pub fn list(conn: &mut Connection, article: ArticleId) -> Result<Vec<(Address, Locale)>> {
    let own = article_paths::table.filter(article_paths::article_id.eq(article)).order(article_paths::key);
    let rows: Vec<(String, String, Locale)> =
        own.select((article_paths::key, article_paths::path, article_paths::locale)).load(conn)?;
    Ok(rows.into_iter().map(|(key, path, locale)| (Address { path, key }, locale)).collect())
}

/// Records that an article is live at a path for the first time.
pub fn insert(tx: &mut Tx<'_>, article: ArticleId, address: &Address, locale: &Locale) -> Result<()> {
    diesel::insert_into(article_paths::table)
        .values((
            article_paths::article_id.eq(article),
            article_paths::key.eq(&address.key),
            article_paths::path.eq(&address.path),
            article_paths::locale.eq(locale),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// An article that was live at this path in this language.
pub fn find(conn: &mut Connection, from: &Address, locale: &Locale) -> Result<Option<ArticleId>> {
    Ok(article_paths::table
        .filter(article_paths::key.eq(&from.key))
        .filter(article_paths::locale.eq(locale))
        .order(article_paths::article_id)
        .select(article_paths::article_id)
        .limit(1)
        .get_result(conn)
        .optional()?)
}

/// Forgets that an article was live at this path.
pub fn delete(tx: &mut Tx<'_>, article: ArticleId, from: &Address) -> Result<()> {
    let own = article_paths::table.filter(article_paths::article_id.eq(article));
    diesel::delete(own.filter(article_paths::key.eq(&from.key))).execute(&mut **tx)?;
    Ok(())
}
