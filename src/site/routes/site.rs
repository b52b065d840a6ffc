//! `/v1/site`: get and update the site settings.

use actix_web::http::header::VARY;
use actix_web::web::Data;
use actix_web::{FromRequest as _, HttpRequest};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::App;
use crate::auth::guard::bearer;
use crate::auth::{Actor, WriteSite};
use crate::base::clock::Timestamp;
use crate::base::config::{Config, MAX_TITLE};
use crate::base::db::Connection;
use crate::base::db::types::Json;
use crate::base::error::{Error, Invalid, Result, Violations};
use crate::base::http::json::{Clearable, present};
use crate::base::http::{MergePatch, Response};
use crate::base::json;
use crate::base::text::{Locale, validate};
use crate::render_context;
use crate::site::store::{self, SiteRow};
use crate::site::{MAX_ENTRIES, MAX_LOCALES, NavigationEntry, NavigationLink};

/// The site settings.
#[derive(Debug, Serialize, ToSchema)]
pub struct Site {
    /// The publication's title.
    #[schema(min_length = 1, max_length = 300, example = "The Harbour Almanac")]
    title: String,
    /// The description: plain text.
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// The website's URL, without a trailing slash.
    #[schema(max_length = 2000, format = Uri)]
    url: String,
    /// The default language: that of articles and slugs without one.
    locale: Locale,
    /// The languages: as set, or the default language and those of published articles.
    #[schema(max_items = 100)]
    locales: Vec<Locale>,
    /// The navigation.
    #[schema(max_items = 50)]
    navigation: Vec<NavigationEntry>,
    /// Free-form data for the frontend.
    #[schema(value_type = Object)]
    custom: Map<String, Value>,
    /// For admins: since when the database is a quiet copy, which was restored from a backup. Until `lede resume`, no
    /// scheduled article is published and nothing is sent. `null` if it is none, and for everyone else.
    quiet_since: Option<Timestamp>,
}

/// Changes of the site settings. Omitted fields keep their value; `null` resets a field to its default.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateSite {
    /// The publication's title: one line. Default: the setting `LEDE_TITLE`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, format = "line", min_length = 1, max_length = 300)]
    title: Clearable<String>,
    /// The description: plain text.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Clearable<String>,
    /// The navigation. Replaces the whole navigation.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<NavigationInput>>, max_items = 50)]
    navigation: Clearable<Vec<NavigationInput>>,
    /// The languages. Replaces the whole list. Default: the default language and those of published articles.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<LanguageTagInput>>, min_items = 1, max_items = 100)]
    locales: Clearable<Vec<String>>,
    /// Free-form data for the frontend. Fields are merged; `null` removes one. At most 64 KiB as JSON.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    custom: Clearable<Map<String, Value>>,
}

/// A language tag in any case, as in `en`, `de-AT` or `zh_hant_tw`.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, format = "language-tag", min_length = 2, max_length = 11)]
#[expect(dead_code, reason = "documents what is parsed on the way in")]
pub struct LanguageTagInput(String);

/// An entry of the navigation.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NavigationInput {
    /// The label: one line.
    #[schema(format = "line", min_length = 1, max_length = 100)]
    label: String,
    /// The target: an http or https URL, or a path on the website.
    #[schema(format = "url-or-path", min_length = 1, max_length = 2000)]
    url: String,
    /// The submenu.
    #[serde(default)]
    #[schema(max_items = 50)]
    items: Vec<NavigationLinkInput>,
}

/// An entry of a submenu.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NavigationLinkInput {
    /// The label: one line.
    #[schema(format = "line", min_length = 1, max_length = 100)]
    label: String,
    /// The target: an http or https URL, or a path on the website.
    #[schema(format = "url-or-path", min_length = 1, max_length = 2000)]
    url: String,
}

/// Validated changes. `custom` is a merge patch, which can be applied only to the saved value.
#[derive(Debug)]
struct Changes {
    title: Clearable<String>,
    description: Clearable<String>,
    navigation: Option<Vec<NavigationEntry>>,
    locales: Clearable<Vec<Locale>>,
    custom: Clearable<Map<String, Value>>,
}

impl UpdateSite {
    fn parse(self, violations: &mut Violations) -> Changes {
        Changes {
            title: self.title.map(|title| {
                title.and_then(|title| violations.take("/title", validate::line("title", &title, MAX_TITLE)))
            }),
            description: self.description.map(|text| {
                text.and_then(|text| {
                    violations.take("/description", validate::text("description", &text, 1000))
                })
            }),
            navigation: self.navigation.map(|entries| navigation(entries.unwrap_or_default(), violations)),
            locales: self.locales.map(|locales| locales.map(|locales| parse_locales(&locales, violations))),
            custom: self.custom,
        }
    }
}

fn navigation(entries: Vec<NavigationInput>, violations: &mut Violations) -> Vec<NavigationEntry> {
    violations.take("/navigation", validate::count("entries", entries.len(), MAX_ENTRIES));
    let mut kept = Vec::new();
    for (at, entry) in entries.into_iter().enumerate().take(MAX_ENTRIES) {
        let pointer = format!("/navigation/{at}");
        violations.take(format!("{pointer}/items"), validate::count("items", entry.items.len(), MAX_ENTRIES));
        let (label, url) = link(&pointer, &entry.label, &entry.url, violations);
        let mut items = Vec::new();
        for (at, item) in entry.items.into_iter().enumerate().take(MAX_ENTRIES) {
            let (label, url) = link(&format!("{pointer}/items/{at}"), &item.label, &item.url, violations);
            items.push(NavigationLink { label, url });
        }
        kept.push(NavigationEntry { label, url, items });
    }
    kept
}

fn link(pointer: &str, label: &str, url: &str, violations: &mut Violations) -> (String, String) {
    let label = violations.take(format!("{pointer}/label"), validate::line("label", label, 100));
    let url = violations.take(format!("{pointer}/url"), validate::url_or_path("url", url));
    (label.unwrap_or_default(), url.unwrap_or_default())
}

fn parse_locales(given: &[String], violations: &mut Violations) -> Vec<Locale> {
    if given.is_empty() {
        violations.take::<()>(
            "/locales",
            Err(Invalid::new("locales-empty", "Must be at least one locale, or null.")),
        );
    }
    violations.take("/locales", validate::count("locales", given.len(), MAX_LOCALES));
    let mut locales = Vec::new();
    for (at, text) in given.iter().enumerate().take(MAX_LOCALES) {
        if let Some(locale) = violations.take(format!("/locales/{at}"), Locale::parse(text))
            && !locales.contains(&locale)
        {
            locales.push(locale);
        }
    }
    locales
}

impl Changes {
    fn apply(&self, row: &mut SiteRow) -> Result<()> {
        if let Some(title) = &self.title {
            row.title.clone_from(title);
        }
        if let Some(description) = &self.description {
            row.description.clone_from(description);
        }
        if let Some(navigation) = &self.navigation {
            row.navigation = Json::Readable(navigation.clone());
        }
        if let Some(locales) = &self.locales {
            row.locales = locales.clone().map(Json::Readable);
        }
        if let Some(patch) = &self.custom {
            let mut custom = row.custom();
            match patch {
                Some(patch) => json::merge(&mut custom, patch),
                None => custom.clear(),
            }
            validate::custom(&custom)
                .map_err(|invalid| Error::invalid("/custom", invalid.code, invalid.detail))?;
            row.custom = Json::Readable(custom);
        }
        Ok(())
    }
}

impl Site {
    fn new(conn: &mut Connection, row: SiteRow, config: &Config) -> Result<Self> {
        let locales = match row.locales() {
            Some(locales) => locales,
            None => store::locales_in_use(conn, &config.site.locale)?,
        };
        Ok(Self {
            navigation: row.navigation(),
            custom: row.custom(),
            title: row.title.unwrap_or_else(|| config.site.title.clone()),
            description: row.description,
            url: render_context::store::website(conn, config)?.url,
            locale: config.site.locale.clone(),
            locales,
            quiet_since: None,
        })
    }
}

/// Get site settings
///
/// Needs no access token. Returns the publication's title, description, website URL, languages and navigation, and
/// the free-form data its editors keep for the frontend. With the token of an admin it also returns `quiet_since`.
#[utoipa::path(get, path = "/v1/site", tag = "site", security((), ("bearer" = [])),
    responses((status = 200, description = "The site settings.", body = Site)))]
pub async fn get_site(app: Data<App>, req: HttpRequest) -> Result<Response> {
    let config = app.config.clone();
    let read = move |conn: &mut Connection| {
        let row = store::find(conn)?;
        Site::new(conn, row, &config)
    };
    let site = app.db.snapshot(read).await?;
    let Some(since) = app.db.generation().quiet_since() else {
        return Ok(Response::public_json(&site)?.surrogate_key("site"));
    };
    if bearer(&req).is_err() {
        let response = Response::public_json(&site)?.surrogate_key("site");
        return Ok(response.header(VARY, "Accept-Encoding, Authorization"));
    }
    let quiet_since = Actor::<WriteSite>::extract(&req).await.is_ok().then_some(since);
    Response::ok(&Site { quiet_since, ..site })
}

/// Update site settings
///
/// Requires the right `site:write`. Omitted fields keep their value; `null` resets a field to its default. The
/// website's URL and the default language are settings of the server and cannot be changed here. Responds 422 with
/// every invalid field.
#[utoipa::path(patch, path = "/v1/site", tag = "site", security(("bearer" = [])),
    request_body(content = UpdateSite, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "The updated settings.", body = Site)))]
pub async fn update_site(
    app: Data<App>,
    actor: Actor<WriteSite>,
    body: MergePatch<UpdateSite>,
) -> Result<Response> {
    let mut violations = Violations::default();
    let changes = body.value.parse(&mut violations);
    violations.check()?;
    let (config, quiet_since) = (app.config.clone(), app.db.generation().quiet_since());
    let work = move |tx: &mut crate::base::db::Tx<'_>| {
        let old = store::find_to_change(tx)?;
        let mut row = old.clone();
        changes.apply(&mut row)?;
        if row != old {
            store::update(tx, &row)?;
        }
        Response::ok(&Site { quiet_since, ..Site::new(tx, row, &config)? })
    };
    app.db.write_as(actor.origin, work).await
}
