//! How the site is kept: in one row.

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::{MOST_LOCALES, NavigationEntry};
use crate::base::config::Config;
use crate::base::db::schema::{renderings, site};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::text::Locale;

/// What was set; `None` is the default.
#[derive(Debug, Clone, PartialEq, Queryable, AsChangeset)]
#[diesel(table_name = site, treat_none_as_null = true)]
pub struct SiteRow {
    id: i64,
    /// The publication's name.
    pub title: Option<String>,
    /// What it is about.
    pub description: Option<String>,
    /// The navigation.
    pub navigation: Json<Vec<NavigationEntry>>,
    /// Its languages.
    pub locales: Option<Json<Vec<Locale>>>,
    /// Whatever else.
    pub custom: Json<Map<String, Value>>,
}

/// What was set.
///
/// # Errors
/// When the database refuses.
pub fn find(conn: &mut Connection) -> Result<SiteRow> {
    Ok(site::table.get_result(conn)?)
}

/// What was set, which nobody else can change until this unit of work ends.
///
/// # Errors
/// When the database refuses.
pub fn find_to_change(tx: &mut Tx<'_>) -> Result<SiteRow> {
    Ok(match &mut **tx {
        Connection::Sqlite(conn) => site::table.get_result(conn)?,
        Connection::Postgres(conn) => site::table.for_update().get_result(conn)?,
    })
}

/// Keeps what was changed.
///
/// # Errors
/// When the database refuses.
pub fn update(tx: &mut Tx<'_>, row: &SiteRow) -> Result<()> {
    diesel::update(site::table).set(row.clone()).execute(&mut **tx)?;
    tx.append(Event::SiteUpdated);
    Ok(())
}

/// The publication's name and, if it has one, its description.
///
/// # Errors
/// When the database refuses.
pub fn title_and_description(conn: &mut Connection, config: &Config) -> Result<(String, Option<String>)> {
    let (title, description): (Option<String>, _) =
        site::table.select((site::title, site::description)).get_result(conn)?;
    Ok((title.unwrap_or_else(|| config.title.clone()), description))
}

/// The languages of the live editions, the default one first and the others in order.
///
/// # Errors
/// When the database refuses.
pub fn locales_in_use(conn: &mut Connection, default: &Locale) -> Result<Vec<Locale>> {
    let others: Vec<Locale> = renderings::table
        .filter(renderings::locale.ne(default))
        .select(renderings::locale)
        .distinct()
        .order(renderings::locale)
        .load(conn)?;
    Ok(std::iter::once(default.clone()).chain(others).take(MOST_LOCALES).collect())
}
