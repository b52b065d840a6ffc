//! The site over HTTP.

use actix_web::web::Data;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use utoipa::ToSchema;

use crate::app::App;
use crate::articles::checks::check_custom;
use crate::articles::{line, short, web_address};
use crate::auth::{Actor, WriteSite};
use crate::base::config::Config;
use crate::base::db::Connection;
use crate::base::db::types::Json;
use crate::base::error::{Error, Invalid, Place, Result, Violations};
use crate::base::http::json::{self, Clearable, present};
use crate::base::http::{Answer, MergePatch};
use crate::base::text::Locale;
use crate::render_context;
use crate::site::store::{self, SiteRow};
use crate::site::{MOST_ENTRIES, MOST_LOCALES, MOST_TITLE, NavigationEntry, NavigationLink};

/// What a publication says of itself.
#[derive(Debug, Serialize, ToSchema)]
pub struct Site {
    /// The publication's name.
    #[schema(min_length = 1, max_length = 300, example = "The Harbour Almanac")]
    title: String,
    /// What it is about: plain text.
    #[schema(max_length = 1000)]
    description: Option<String>,
    /// Where the website is, without a slash at the end.
    #[schema(max_length = 2000, format = Uri)]
    url: String,
    /// The default language: that of articles and slugs that name none.
    locale: Locale,
    /// Its languages: as set, or else the default one and those of the live editions.
    #[schema(max_items = 100)]
    locales: Vec<Locale>,
    /// What leads through the website.
    #[schema(max_items = 50)]
    navigation: Vec<NavigationEntry>,
    /// Whatever else the frontend needs.
    #[schema(value_type = Object)]
    custom: Map<String, Value>,
}

/// What is to be changed of the site; what is not named stays, `null` puts the default back.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct UpdateSite {
    /// The publication's name: one line. Default: the setting `LEDE_TITLE`.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, min_length = 1, max_length = 300)]
    title: Clearable<String>,
    /// What it is about: plain text.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<String>, max_length = 1000)]
    description: Clearable<String>,
    /// What leads through the website, as a whole.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<NavigationInput>>, max_items = 50)]
    navigation: Clearable<Vec<NavigationInput>>,
    /// Its languages, as a whole. Default: the default one and those of the live editions.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Vec<LanguageTag>>, min_items = 1, max_items = 100)]
    locales: Clearable<Vec<String>>,
    /// Whatever else the frontend needs; members are merged, `null` takes one out. At most 64 KiB as JSON.
    #[serde(default, deserialize_with = "present")]
    #[schema(value_type = Option<Object>)]
    custom: Clearable<Map<String, Value>>,
}

/// A language tag in any case, as in `en`, `de-AT` or `zh_hant_tw`.
#[derive(Debug, ToSchema)]
#[schema(value_type = String, min_length = 2, max_length = 11)]
#[expect(dead_code, reason = "documents what is parsed on the way in")]
pub struct LanguageTag(String);

/// An entry of the navigation, as written.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NavigationInput {
    /// What it is called: one line.
    #[schema(min_length = 1, max_length = 100)]
    label: String,
    /// Where it leads: http, https, or a path on the website.
    #[schema(min_length = 1, max_length = 2000)]
    url: String,
    /// What stands below it.
    #[serde(default)]
    #[schema(max_items = 50)]
    items: Vec<NavigationLink>,
}

/// What becomes different; `custom` is still to be merged.
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
            title: self
                .title
                .map(|title| title.and_then(|title| violations.take("/title", line(&title, MOST_TITLE)))),
            description: self
                .description
                .map(|text| text.and_then(|text| violations.take("/description", short(&text, 1000)))),
            navigation: self.navigation.map(|entries| navigation(entries.unwrap_or_default(), violations)),
            locales: self.locales.map(|locales| locales.map(|locales| parse_locales(&locales, violations))),
            custom: self.custom,
        }
    }
}

fn navigation(entries: Vec<NavigationInput>, violations: &mut Violations) -> Vec<NavigationEntry> {
    check_count(entries.len(), "/navigation", MOST_ENTRIES, violations);
    let mut kept = Vec::new();
    for (at, entry) in entries.into_iter().enumerate().take(MOST_ENTRIES) {
        let pointer = format!("/navigation/{at}");
        check_count(entry.items.len(), &format!("{pointer}/items"), MOST_ENTRIES, violations);
        let (label, url) = link(&pointer, &entry.label, &entry.url, violations);
        let mut items = Vec::new();
        for (at, item) in entry.items.into_iter().enumerate().take(MOST_ENTRIES) {
            let (label, url) = link(&format!("{pointer}/items/{at}"), &item.label, &item.url, violations);
            items.push(NavigationLink { label, url });
        }
        kept.push(NavigationEntry { label, url, items });
    }
    kept
}

fn link(pointer: &str, label: &str, url: &str, violations: &mut Violations) -> (String, String) {
    let label = violations.take(format!("{pointer}/label"), line(label, 100));
    let url = violations.take(format!("{pointer}/url"), web_address(url, true));
    (label.unwrap_or_default(), url.unwrap_or_default())
}

fn parse_locales(given: &[String], violations: &mut Violations) -> Vec<Locale> {
    if given.is_empty() {
        violations.take::<()>("/locales", Err(Invalid::new("empty", "at least one language, or null")));
    }
    check_count(given.len(), "/locales", MOST_LOCALES, violations);
    let mut locales = Vec::new();
    for (at, text) in given.iter().enumerate().take(MOST_LOCALES) {
        if let Some(locale) = violations.take(format!("/locales/{at}"), Locale::parse(text))
            && !locales.contains(&locale)
        {
            locales.push(locale);
        }
    }
    locales
}

fn check_count(count: usize, pointer: &str, most: usize, violations: &mut Violations) {
    if count > most {
        violations
            .push(Place::Pointer(pointer.to_owned()), Invalid::new("too-many", format!("at most {most}")));
    }
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
            row.navigation = Json(navigation.clone());
        }
        if let Some(locales) = &self.locales {
            row.locales = locales.clone().map(Json);
        }
        match &self.custom {
            Some(Some(patch)) => json::merge(&mut row.custom.0, patch),
            Some(None) => row.custom.0.clear(),
            None => {}
        }
        check_custom(&row.custom.0).map_err(|invalid| Error::invalid("/custom", invalid.code, invalid.detail))
    }
}

impl Site {
    fn new(conn: &mut Connection, row: SiteRow, config: &Config) -> Result<Self> {
        let locales = match row.locales {
            Some(Json(locales)) => locales,
            None => store::locales_in_use(conn, &config.locale)?,
        };
        Ok(Self {
            title: row.title.unwrap_or_else(|| config.title.clone()),
            description: row.description,
            url: render_context::store::website(conn, config)?.url,
            locale: config.locale.clone(),
            locales,
            navigation: row.navigation.0,
            custom: row.custom.0,
        })
    }
}

/// Read what a frontend needs once
///
/// The publication's name, address, languages and navigation, and whatever else its editors keep for the frontend.
#[utoipa::path(get, path = "/v1/site", tag = "site", security(()),
    responses((status = 200, description = "The site.", body = Site)))]
pub async fn get_site(app: Data<App>) -> Result<Answer> {
    let config = app.config.clone();
    let read = move |conn: &mut Connection| {
        let row = store::find(conn)?;
        Site::new(conn, row, &config)
    };
    let site = app.db.snapshot(read).await?;
    Ok(Answer::public_json(&site)?.surrogate_key("site"))
}

/// Change what the site tells
///
/// What is not named stays; `null` puts the default back. The website's address and the default language are settings of
/// the server.
#[utoipa::path(patch, path = "/v1/site", tag = "site", security(("bearer" = [])),
    request_body(content = UpdateSite, content_type = "application/merge-patch+json"),
    responses((status = 200, description = "As it is now.", body = Site)))]
pub async fn update_site(
    app: Data<App>,
    actor: Actor<WriteSite>,
    body: MergePatch<UpdateSite>,
) -> Result<Answer> {
    let mut violations = Violations::default();
    let changes = body.value.parse(&mut violations);
    violations.check()?;
    let config = app.config.clone();
    let work = move |tx: &mut crate::base::db::Tx<'_>| {
        let old = store::find_to_change(tx)?;
        let mut row = old.clone();
        changes.apply(&mut row)?;
        if row != old {
            store::update(tx, &row)?;
        }
        Answer::ok(&Site::new(tx, row, &config)?)
    };
    app.db.write_as(actor.user, work).await
}
