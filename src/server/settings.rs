//! Saves the settings of a server that starts, unless two live articles would have the same address under them.

use crate::app::App;
use crate::base::db::locks::AdvisoryLock;
use crate::base::db::{Connection, Tx, log};
use crate::base::error::{Error, Result};
use crate::editions::addresses::{self, Shared};
use crate::render_context::{ServerSettings, Website, store};

/// How often addresses are checked again because another server has changed something that readers see meanwhile.
const TRIES: usize = 20;
/// How many paths the error names.
const MAX_NAMED: usize = 20;

/// Saves the settings of this process.
///
/// # Errors
/// Unavailable, if two live articles would have the same address: it names them.
pub(super) async fn save(app: &App) -> Result<()> {
    let settings = ServerSettings::new(&app.config);
    for _ in 0..TRIES {
        let website = settings.render.website.clone();
        let (checked, shared) = app.db.snapshot(move |conn| check(conn, &website)).await?;
        if !shared.is_empty() {
            return Err(Error::unavailable(refusal(&settings.render.website, &shared)));
        }
        let settings = settings.clone();
        let work = move |tx: &mut Tx<'_>| {
            AdvisoryLock::Addresses.take(tx)?;
            let is_current = log::newest_seen(tx)?.map(|(number, _)| number) == checked;
            if is_current {
                store::save_settings(tx, &settings)?;
            }
            Ok(is_current)
        };
        if app.db.write(work).await? {
            return Ok(());
        }
    }
    Err(Error::unavailable("the addresses of articles cannot be checked: other servers publish too often"))
}

/// The number of the newest event, and the addresses that two live articles would share if this website is another than the
/// last server had.
fn check(conn: &mut Connection, website: &Website) -> Result<(Option<i64>, Shared)> {
    let newest = log::newest_seen(conn)?.map(|(number, _)| number);
    let is_same = store::saved(conn)?.is_some_and(|saved| {
        let saved = saved.render.website;
        (saved.article_path, saved.site_locale) == (website.article_path.clone(), website.site_locale.clone())
    });
    Ok((newest, if is_same { Shared::new() } else { addresses::find_shared(conn, website)? }))
}

fn refusal(website: &Website, shared: &Shared) -> String {
    let named = shared.iter().take(MAX_NAMED).map(|(path, articles)| {
        let articles: Vec<String> = articles.iter().map(ToString::to_string).collect();
        format!("{path} (articles {})", articles.join(", "))
    });
    let more = match shared.len().saturating_sub(MAX_NAMED) {
        0 => String::new(),
        more => format!(" and {more} more"),
    };
    format!(
        "LEDE_ARTICLE_PATH: with {}, live articles would have the same address: {}{more}. Start with the former setting and \
         rename or unpublish one of each, or use a path with {{locale}}",
        website.article_path,
        named.collect::<Vec<_>>().join(", "),
    )
}
