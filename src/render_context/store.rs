//! The one row of the render context: the saved settings, and the epoch that rises when renderings become stale.

use diesel::prelude::*;

use super::{RenderSettings, RerenderArticles, ServerSettings, Website};
use crate::base::config::Config;
use crate::base::db::schema::{render_context as context, renderings};
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::events::Event;
use crate::base::jobs;
use crate::base::text::Locale;

/// The current epoch: a rendering of an earlier one may be stale.
pub fn epoch(conn: &mut Connection) -> Result<i64> {
    Ok(context::table.select(context::epoch).get_result(conn)?)
}

/// The current epoch and the settings to render with: those of `config` if no server has saved any yet.
pub fn find(conn: &mut Connection, config: &Config) -> Result<(i64, ServerSettings)> {
    let (epoch, saved): (i64, String) =
        context::table.select((context::epoch, context::settings)).get_result(conn)?;
    Ok((epoch, serde_json::from_str(&saved).unwrap_or_else(|_| ServerSettings::new(config))))
}

/// The settings that the last server has saved; `None` if none has, or if they cannot be read.
pub fn saved(conn: &mut Connection) -> Result<Option<ServerSettings>> {
    let saved: String = context::table.select(context::settings).get_result(conn)?;
    Ok(serde_json::from_str(&saved).ok())
}

/// The website that renderings link to.
pub fn website(conn: &mut Connection, config: &Config) -> Result<Website> {
    Ok(find(conn, config)?.1.render.website)
}

/// The website that renderings link to, if a server has saved it; else links have no host.
pub fn saved_website(conn: &mut Connection) -> Result<Website> {
    let saved: String = context::table.select(context::settings).get_result(conn)?;
    let settings = serde_json::from_str(&saved).map(|settings: ServerSettings| settings.render.website);
    Ok(settings.unwrap_or_else(|_| Website {
        url: String::new(),
        article_path: "/{slug}".to_owned(),
        site_locale: None,
    }))
}

/// Marks every rendering as possibly stale, because a name, a link or a setting that renderings embed has changed. A
/// job checks them all soon; a read that meets one earlier checks that one itself.
pub fn invalidate(tx: &mut Tx<'_>) -> Result<()> {
    let now = tx.now();
    diesel::update(context::table).set(context::epoch.eq(context::epoch + 1)).execute(&mut **tx)?;
    jobs::enqueue(tx, &RerenderArticles { after: None }, now)
}

/// The default language, if a server has saved it.
pub fn default_locale(conn: &mut Connection) -> Result<Option<Locale>> {
    Ok(saved(conn)?.and_then(|settings| settings.locale))
}

/// Saves the settings of a server that starts. If those that renderings embed differ from the saved ones, renderings
/// become stale.
pub fn save_settings(tx: &mut Tx<'_>, settings: &ServerSettings) -> Result<()> {
    let new = serde_json::to_string(settings)?;
    let old: String = context::table.select(context::settings).get_result(&mut **tx)?;
    if old == new {
        return Ok(());
    }
    diesel::update(context::table).set(context::settings.eq(new)).execute(&mut **tx)?;
    if !old.is_empty() {
        tx.append(Event::SiteUpdated);
    }
    let rendered_with: Option<RenderSettings> = serde_json::from_str(&old).ok();
    if rendered_with.as_ref() == Some(&settings.render) {
        return Ok(());
    }
    let any = diesel::select(diesel::dsl::exists(renderings::table.select(renderings::article_id)));
    if any.get_result(&mut **tx)? { invalidate(tx) } else { Ok(()) }
}

/// Saves the settings of a command that runs beside a server: only if no server has saved its own yet.
pub fn save_settings_if_none(tx: &mut Tx<'_>, settings: &ServerSettings) -> Result<()> {
    let old: String = context::table.select(context::settings).get_result(&mut **tx)?;
    if old.is_empty() { save_settings(tx, settings) } else { Ok(()) }
}
