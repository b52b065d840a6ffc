//! Stores the site settings in a table with a single row.

use diesel::prelude::*;
use serde_json::{Map, Value};

use super::{MAX_LOCALES, NavigationEntry};
use crate::base::config::Config;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::schema::{renderings, site};
use crate::base::db::types::Json;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::ids::ArticleId;
use crate::base::text::Locale;

/// The saved settings; `None` means the default.
#[derive(Debug, Clone, PartialEq, Queryable, AsChangeset)]
#[diesel(table_name = site, treat_none_as_null = true)]
pub struct SiteRow {
    id: i64,
    /// The publication's name.
    pub title: Option<String>,
    /// The description.
    pub description: Option<String>,
    /// The navigation.
    pub navigation: Json<Vec<NavigationEntry>>,
    /// The languages.
    pub locales: Option<Json<Vec<Locale>>>,
    /// Free-form data.
    pub custom: Json<Map<String, Value>>,
}

impl SiteRow {
    /// The navigation; empty if it cannot be read.
    #[must_use]
    pub fn navigation(&self) -> Vec<NavigationEntry> {
        self.navigation.clone().read("site.navigation").unwrap_or_default()
    }

    /// The languages, if any were set and can be read.
    #[must_use]
    pub fn locales(&self) -> Option<Vec<Locale>> {
        self.locales.clone()?.read("site.locales")
    }

    /// The free-form data; empty if it cannot be read.
    #[must_use]
    pub fn custom(&self) -> Map<String, Value> {
        self.custom.clone().read("site.custom").unwrap_or_default()
    }
}

/// The saved settings.
pub fn find(conn: &mut Connection) -> Result<SiteRow> {
    Ok(site::table.get_result(conn)?)
}

/// The saved settings, locked until the transaction ends. SQLite needs no row lock: it has one writer at a time.
pub fn find_to_change(tx: &mut Tx<'_>) -> Result<SiteRow> {
    Ok(match &mut **tx {
        Connection::Sqlite(conn) => site::table.get_result(conn)?,
        Connection::Postgres(conn) => site::table.for_update().get_result(conn)?,
    })
}

/// Saves changed settings.
pub fn update(tx: &mut Tx<'_>, row: &SiteRow) -> Result<()> {
    diesel::update(site::table).set(row.clone()).execute(&mut **tx)?;
    tx.append(Event::SiteUpdated);
    Ok(())
}

/// The publication's title and description.
pub fn title_and_description(conn: &mut Connection, config: &Config) -> Result<(String, Option<String>)> {
    let (title, description): (Option<String>, _) =
        site::table.select((site::title, site::description)).get_result(conn)?;
    Ok((title.unwrap_or_else(|| config.site.title.clone()), description))
}

/// The languages of the published articles, the default one first.
pub fn locales_in_use(conn: &mut Connection, default: &Locale) -> Result<Vec<Locale>> {
    let others: Vec<Locale> = renderings::table
        .filter(renderings::locale.ne(default))
        .select(renderings::locale)
        .distinct()
        .order(renderings::locale)
        .load(conn)?;
    Ok(std::iter::once(default.clone()).chain(others).take(MAX_LOCALES).collect())
}

/// The languages of the published articles and those that were set for the site, the default one first.
pub fn locales_set_or_in_use(conn: &mut Connection, default: &Locale) -> Result<Vec<Locale>> {
    let mut locales = locales_in_use(conn, default)?;
    for locale in find(conn)?.locales().unwrap_or_default() {
        if !locales.contains(&locale) {
            locales.push(locale);
        }
    }
    Ok(locales)
}

/// Tells that the languages of the site change, if they do, with an article in `locale` that comes or goes: if no other live
/// article has that language, it is not the default one, and nobody has set the languages.
pub fn tell_languages(
    tx: &mut Tx<'_>,
    article: ArticleId,
    locale: &Locale,
    default: Option<&Locale>,
) -> Result<()> {
    if default == Some(locale) {
        return Ok(());
    }
    // Two that are the last ones would otherwise each see the other.
    AdvisoryLock::Languages.take(tx)?;
    let others =
        renderings::table.filter(renderings::locale.eq(locale)).filter(renderings::article_id.ne(article));
    let are_set = site::table.filter(site::locales.is_not_null());
    let stays = diesel::dsl::exists(others).or(diesel::dsl::exists(are_set));
    if !diesel::select(stays).get_result::<bool>(&mut **tx)? {
        tx.append(Event::SiteLanguagesChanged);
    }
    Ok(())
}
