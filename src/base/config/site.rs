//! The publication and the website that shows its articles.

use url::Url;

use super::parse;
use crate::base::text::markdown::Policy;
use crate::base::text::{Locale, validate};

/// The most characters of a publication's title.
pub const MAX_TITLE: usize = 300;

/// The most bytes of `LEDE_ARTICLE_PATH`.
const MAX_ARTICLE_PATH: usize = 500;

/// The most bytes of `LEDE_PREVIEW_URL`.
const MAX_PREVIEW_URL: usize = 2000;

/// The publication and its website.
#[derive(Debug, Clone, clap::Args)]
pub struct SiteConfig {
    /// The publication's name: in emails, on the pages for subscribers, and in `GET /v1/site` until another is set
    /// there.
    #[arg(long, env = "LEDE_TITLE", default_value = "Lede", value_name = "TEXT", global = true,
          value_parser = title)]
    pub title: String,

    /// The language of articles that do not set one, as in `en` or `de-AT`.
    #[arg(long, env = "LEDE_LOCALE", default_value = "en", value_name = "LOCALE", global = true,
          value_parser = locale)]
    pub locale: Locale,

    /// The website that shows the articles, without a slash at the end; links to articles point there. Default: the
    /// base URL. Other commands, such as `lede import`, use the URL that `lede serve` was last started with.
    #[arg(long, env = "LEDE_WEBSITE_URL", value_name = "URL", global = true, value_parser = parse::base_url)]
    pub website_url: Option<String>,

    /// The path of an article on the website. `{slug}` and `{locale}` are replaced with those of the article, `{year}`,
    /// `{month}` and `{day}` with the date of its first publication in UTC. `/{locale?}` is left out for articles in the
    /// language of `LEDE_LOCALE`. When this changes, old paths become redirects. The server does not start if two live
    /// articles would have the same path.
    #[arg(long, env = "LEDE_ARTICLE_PATH", default_value = "/{slug}", value_name = "PATH", global = true,
          value_parser = article_path)]
    pub article_path: String,

    /// Days after which an article in the trash is deleted for good; 0 keeps it.
    #[arg(id = "trash_days", long = "trash-days", env = "LEDE_TRASH_DAYS", default_value = "30", value_name = "DAYS",
          global = true, value_parser = parse::number::<u32>(0..=3650))]
    pub trash_days: u32,

    /// The page of the website that shows a draft to whoever has a preview link. `{id}`, `{slug}` and `{locale}` are
    /// replaced with those of the article, `{token}` with the token of the link. A website with a server takes the token
    /// in the query, as in `https://website.example/api/draft?article={id}&token={token}`, a static one behind `#`, as in
    /// `https://website.example/preview/?article={id}#token={token}`. Default: a plain page of this server.
    #[arg(long, env = "LEDE_PREVIEW_URL", value_name = "URL", global = true, value_parser = preview_url)]
    pub preview_url: Option<String>,

    /// Days after which revisions of drafts are deleted. The newest of each article stay, and those that were published,
    /// have a label, or are shown by a preview link. Default: all are kept.
    #[arg(id = "keep_revisions_days", long = "keep-revisions-days", env = "LEDE_KEEP_REVISIONS_DAYS",
          value_name = "DAYS", global = true, value_parser = parse::number::<u32>(1..=36_500))]
    pub keep_revisions_days: Option<u32>,

    /// Hosts whose `iframe`s are kept in articles, separated by commas; replaces the built-in list of video and audio
    /// players.
    #[arg(long, env = "LEDE_IFRAME_HOSTS", value_name = "HOSTS", global = true, value_delimiter = ',',
          value_parser = parse::host)]
    pub iframe_hosts: Option<Vec<String>>,

    /// Origins that the sign-up form may redirect to after it was sent, separated by commas, as in
    /// `https://website.example`. Default: the website's own.
    #[arg(long, env = "LEDE_FORM_ORIGINS", value_name = "ORIGINS", global = true, value_delimiter = ',',
          value_parser = parse::origin)]
    pub form_origins: Option<Vec<String>>,
}

impl SiteConfig {
    /// Which raw HTML the sanitizer keeps in articles.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.iframe_hosts.clone().map_or_else(Policy::default, |iframe_hosts| Policy { iframe_hosts })
    }
}

fn preview_url(text: &str) -> Result<String, String> {
    let names = ["{id}", "{slug}", "{locale}", "{token}"];
    let filled = names.iter().fold(text.to_owned(), |text, name| text.replace(name, "x"));
    let is_web = |text: &str| Url::parse(text).is_ok_and(|url| matches!(url.scheme(), "http" | "https"));
    // The host contains no placeholder.
    let start = text.split('{').next().unwrap_or_default();
    let is_allowed = text.len() <= MAX_PREVIEW_URL
        && text.contains("{token}")
        && is_web(&filled)
        && start.matches('/').count() >= 3
        && !filled.contains([' ', '{', '}', '"', '<', '>', '\\']);
    if is_allowed {
        return Ok(text.to_owned());
    }
    Err("must be an http or https URL that contains {token}, such as \
         https://website.example/preview/?article={id}#token={token}; {slug} and {locale} can be used, too"
        .into())
}

fn article_path(text: &str) -> Result<String, String> {
    let names = ["{slug}", "{locale}", "{locale?}", "{year}", "{month}", "{day}"];
    let literal = names.iter().fold(text.to_owned(), |text, name| text.replace(name, ""));
    let is_path = text.starts_with('/')
        && text.len() <= MAX_ARTICLE_PATH
        && !text.contains("//")
        && text.contains("{slug}")
        && !literal.contains([' ', '?', '#', '"', '<', '>', '{', '}']);
    if !is_path {
        return Err(format!(
            "must be a path that contains {{slug}}, such as /articles/{{slug}}, without query and fragment; {{locale}}, \
             {{locale?}}, {{year}}, {{month}} and {{day}} can be used, too; at most {MAX_ARTICLE_PATH} bytes"
        ));
    }
    for segment in text.split('/').filter(|segment| segment.contains("{locale")) {
        // Otherwise `a-b` could be the slug `b` in the language `a`, or another in another.
        if segment.contains("{slug}") {
            return Err(
                "must have {slug} and the locale in different segments, such as /{locale}/{slug}".into()
            );
        }
        if segment.contains("{locale?}") && segment != "{locale?}" {
            return Err("must have {locale?} as a whole segment, such as /{locale?}/{slug}".into());
        }
    }
    Ok(text.to_owned())
}

fn title(text: &str) -> Result<String, String> {
    validate::line("title", text, MAX_TITLE)
        .map_err(|invalid| format!("must be one line of 1 to {MAX_TITLE} characters: {}", invalid.detail))
}

fn locale(text: &str) -> Result<Locale, String> {
    Locale::parse(text).map_err(|_| "must be a language, and perhaps a region, such as en or de-AT".into())
}
