//! The old addresses of an article: which paths they may be.

use diesel::prelude::*;

use crate::base::db::Connection;
use crate::base::db::schema::addresses;
use crate::base::error::{Invalid, Result, Violations};
use crate::base::ids::ArticleId;
use crate::base::text::address::{Address, is_reserved};
use crate::base::text::validate;

/// The largest number of aliases of an article.
pub const MAX_ALIASES: usize = 100;
/// The longest alias, in bytes.
const MAX_ALIAS: usize = 500;
/// The rank in `addresses` of a live article's current path.
pub const CURRENT_PATH: i64 = 0;

/// Checks an old address: a path on the website of at most 500 bytes. `alias-malformed`, `alias-too-long`, or
/// `alias-reserved` for a path that the server or the website keeps.
pub fn check_alias(text: &str) -> Result<String, Invalid> {
    let path = validate::path("alias", text, MAX_ALIAS)?;
    if Address::parse(&path).is_some_and(|address| is_reserved(&address.key)) {
        return Err(Invalid::new("alias-reserved", "This path is kept for the website or the API."));
    }
    Ok(path)
}

/// Checks old addresses, and drops duplicates.
pub fn check_aliases(aliases: &[String], violations: &mut Violations) -> Vec<String> {
    if violations.take("/aliases", validate::count("aliases", aliases.len(), MAX_ALIASES)).is_none() {
        return Vec::new();
    }
    let mut kept: Vec<String> = Vec::new();
    for (at, alias) in aliases.iter().enumerate() {
        if let Some(path) = violations.take(format!("/aliases/{at}"), check_alias(alias))
            && !kept.contains(&path)
        {
            kept.push(path);
        }
    }
    kept
}

/// Those of these paths at which another article is live.
pub fn taken(conn: &mut Connection, article: ArticleId, aliases: &[&String]) -> Result<Vec<String>> {
    let key = |alias: &str| Address::parse(alias).map(|address| address.key);
    let keys: Vec<String> = aliases.iter().filter_map(|alias| key(alias)).collect();
    if keys.is_empty() {
        return Ok(Vec::new());
    }
    let live: Vec<String> = addresses::table
        .filter(addresses::key.eq_any(keys))
        .filter(addresses::rank.eq(CURRENT_PATH))
        .filter(addresses::article_id.ne(article))
        .select(addresses::key)
        .load(conn)?;
    let is_live = |alias: &str| key(alias).is_some_and(|key| live.contains(&key));
    Ok(aliases.iter().filter(|alias| is_live(alias)).map(|alias| (*alias).clone()).collect())
}

/// Those of these that an article may have now.
pub fn allowed(conn: &mut Connection, article: ArticleId, mut aliases: Vec<String>) -> Result<Vec<String>> {
    let taken = taken(conn, article, &aliases.iter().collect::<Vec<_>>())?;
    aliases.retain(|alias| check_alias(alias).is_ok() && !taken.contains(alias));
    Ok(aliases)
}
