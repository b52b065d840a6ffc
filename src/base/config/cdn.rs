//! The cache in front of the server, which is told what to purge.

use std::path::PathBuf;

use url::Url;

use super::{Secret, parse};

/// What stands in front of the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cdn {
    /// Fastly.
    Fastly,
    /// Cloudflare.
    Cloudflare,
    /// Anything that takes a `POST`, such as Varnish.
    Http,
}

/// The cache in front of the server.
#[derive(Debug, Clone, clap::Args)]
pub struct CdnConfig {
    /// The cache in front of the server that is told what to purge when something changes for readers, at once and again
    /// two seconds later: `fastly`, `cloudflare` or, for Varnish and others, `http`. `LEDE_CACHE_SECONDS` may be hours
    /// then.
    #[arg(id = "cdn", long = "cdn", env = "LEDE_CDN", value_name = "NAME", global = true, value_parser = cdn)]
    pub cdn: Option<Cdn>,

    /// Where it is told, as in `https://api.fastly.com/service/ID/purge`,
    /// `https://api.cloudflare.com/client/v4/zones/ID/purge_cache` or `http://varnish:6081/purge`.
    #[arg(id = "cdn_url", long = "cdn-url", env = "LEDE_CDN_URL", value_name = "URL", global = true, value_parser = url)]
    pub url: Option<Url>,

    /// The token that allows purging, which Fastly and Cloudflare require. With `http`, it is sent as
    /// `Authorization: Bearer`. Can also be read from the file in `LEDE_CDN_TOKEN_FILE`.
    #[arg(id = "cdn_token", long = "cdn-token", env = "LEDE_CDN_TOKEN", value_name = "TOKEN", global = true,
          hide_env_values = true, value_parser = token)]
    pub token: Option<Secret>,

    /// A file that holds the token.
    #[arg(
        id = "cdn_token_file",
        long = "cdn-token-file",
        env = "LEDE_CDN_TOKEN_FILE",
        value_name = "FILE",
        global = true
    )]
    pub token_file: Option<PathBuf>,
}

/// The settings together.
#[derive(Debug, Clone)]
pub struct Told {
    /// What stands in front of the server.
    pub cdn: Cdn,
    /// Where it is told.
    pub url: Url,
    /// The token that allows it.
    pub token: Option<Secret>,
}

impl CdnConfig {
    /// The settings, with the token from its file if need be; `None` without `LEDE_CDN`.
    ///
    /// # Errors
    /// The file cannot be read, or holds no token; or one of the settings needs another.
    pub fn read(&self) -> Result<Option<Told>, String> {
        let token = match (&self.token, &self.token_file) {
            (Some(token), _) => Some(token.clone()),
            (None, Some(file)) => Some(parse::file("LEDE_CDN_TOKEN_FILE", file, token)?),
            (None, None) => None,
        };
        let Some(cdn) = self.cdn else { return Ok(None) };
        let url = self.url.clone().ok_or("LEDE_CDN requires LEDE_CDN_URL")?;
        if token.is_none() && cdn != Cdn::Http {
            return Err("LEDE_CDN requires LEDE_CDN_TOKEN or LEDE_CDN_TOKEN_FILE".into());
        }
        Ok(Some(Told { cdn, url, token }))
    }
}

fn cdn(text: &str) -> Result<Cdn, String> {
    match text {
        "fastly" => Ok(Cdn::Fastly),
        "cloudflare" => Ok(Cdn::Cloudflare),
        "http" => Ok(Cdn::Http),
        _ => Err("must be fastly, cloudflare or http".into()),
    }
}

fn url(text: &str) -> Result<Url, String> {
    let url = Url::parse(text).ok().filter(|url| matches!(url.scheme(), "http" | "https"));
    url.ok_or_else(|| "must be an http or https URL, such as http://127.0.0.1:6081/".into())
}

fn token(text: &str) -> Result<Secret, String> {
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Ok(Secret::opaque(text.to_owned()));
    }
    Err("must be ASCII characters without spaces".into())
}
