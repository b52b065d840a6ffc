//! Every setting: its flag, its variable, its default and what it means. Nothing else reads the environment.

use std::fmt;
use std::net::{IpAddr, SocketAddr};
use std::path::PathBuf;

use ipnet::IpNet;

use crate::base::db::DatabaseUrl;
use crate::base::mail::Mailbox;
use crate::base::text::Locale;
use crate::base::text::markdown::Policy;

/// The settings, each from a flag or a `LEDE_*` variable.
#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    /// Where the server listens.
    #[arg(long, env = "LEDE_BIND", default_value = "127.0.0.1:8143", value_name = "ADDRESS", global = true)]
    pub bind: SocketAddr,

    /// The database: `sqlite://FILE`, or `postgres://USER:PASSWORD@HOST/NAME`.
    #[arg(long, env = "LEDE_DATABASE_URL", default_value = "sqlite://./lede.db", value_name = "URL", global = true,
          value_parser = DatabaseUrl::parse, hide_env_values = true)]
    pub database_url: DatabaseUrl,

    /// A file that holds the database's URL.
    #[arg(long, env = "LEDE_DATABASE_URL_FILE", value_name = "FILE", global = true)]
    pub database_url_file: Option<PathBuf>,

    /// How many connections are open for reading (SQLite) or for everything (PostgreSQL). Default: one a core on
    /// SQLite, eight on PostgreSQL.
    #[arg(long, env = "LEDE_DATABASE_CONNECTIONS", value_name = "N", global = true,
          value_parser = clap::value_parser!(u32).range(1..=256))]
    pub database_connections: Option<u32>,

    /// What seals the keys in the database: at least 32 characters. With SQLite it is made at the first start and kept
    /// beside the database; with PostgreSQL it has to be given. Also read from the file that `LEDE_SECRET_FILE` names.
    #[arg(long, env = "LEDE_SECRET", value_name = "SECRET", global = true, hide_env_values = true,
          value_parser = Secret::parse)]
    pub secret: Option<Secret>,

    /// A file that holds the secret.
    #[arg(long, env = "LEDE_SECRET_FILE", value_name = "FILE", global = true)]
    pub secret_file: Option<PathBuf>,

    /// Where this server is reached from outside, without a slash at the end. Default: `http://` and where it listens.
    #[arg(long, env = "LEDE_BASE_URL", value_name = "URL", global = true, value_parser = parse_base)]
    pub base_url: Option<String>,

    /// The website that shows the articles, without a slash at the end: links to articles point there. Default: the base
    /// URL. Commands that run beside a server use what it was told.
    #[arg(long, env = "LEDE_WEBSITE_URL", value_name = "URL", global = true, value_parser = parse_base)]
    pub website_url: Option<String>,

    /// The path of an article on the website. `{slug}` and `{locale}` stand for the article's own.
    #[arg(long, env = "LEDE_ARTICLE_PATH", default_value = "/{slug}", value_name = "PATH", global = true,
          value_parser = parse_article_path)]
    pub article_path: String,

    /// The language of articles that name none, as in `en` or `de-AT`.
    #[arg(long, env = "LEDE_LOCALE", default_value = "en", value_name = "LOCALE", global = true,
          value_parser = parse_locale)]
    pub locale: Locale,

    /// The publication's name, in mails, on people's pages, and in `GET /v1/site` until another is set there.
    #[arg(long, env = "LEDE_TITLE", default_value = "Lede", value_name = "TEXT", global = true,
          value_parser = parse_title)]
    pub title: String,

    /// The mail server: `smtps://USER:PASSWORD@HOST`, TLS from the first byte, or `smtp://USER:PASSWORD@HOST:PORT`, which
    /// asks for STARTTLS and insists on it before a password is told to another machine; `?tls=required`,
    /// `?tls=opportunistic` and `?tls=none` say otherwise. Without a mail server, mails are written as files to the folder that `LEDE_MAIL_DIR` names. Also read from the file that `LEDE_SMTP_URL_FILE` names.
    #[arg(long, env = "LEDE_SMTP_URL", value_name = "URL", global = true, hide_env_values = true,
          value_parser = parse_secret_text)]
    pub smtp_url: Option<Secret>,

    /// A file that holds the mail server's URL.
    #[arg(long, env = "LEDE_SMTP_URL_FILE", value_name = "FILE", global = true)]
    pub smtp_url_file: Option<PathBuf>,

    /// The folder for mails when there is no mail server.
    #[arg(long, env = "LEDE_MAIL_DIR", default_value = "./lede-mail", value_name = "DIR", global = true)]
    pub mail_dir: PathBuf,

    /// Whom mails come from, as in `News <news@website.example>`.
    #[arg(
        long,
        env = "LEDE_MAIL_FROM",
        default_value = "Lede <lede@localhost>",
        value_name = "MAILBOX",
        global = true,
        value_parser = Mailbox::parse
    )]
    pub mail_from: Mailbox,

    /// Whether a mail thanks those who have confirmed.
    #[arg(long, env = "LEDE_WELCOME_MAIL", default_value = "false", value_name = "BOOLEAN", global = true,
          action = clap::ArgAction::Set)]
    pub welcome_mail: bool,

    /// A folder of templates and words for people's pages and mails: a file there is used in place of the one of the same
    /// name that is compiled in, and `fr.toml` adds French.
    #[arg(long = "templates", env = "LEDE_TEMPLATES", value_name = "DIR", global = true)]
    pub templates_dir: Option<PathBuf>,

    /// Seconds between the readiness check turning and the listener closing, when the server is told to stop.
    #[arg(long, env = "LEDE_DRAIN_SECONDS", default_value = "0", value_name = "SECONDS", global = true,
          value_parser = clap::value_parser!(u64).range(0..=600))]
    pub drain_seconds: u64,

    /// How many megabytes of public answers are kept in memory; 0 keeps none.
    #[arg(long, env = "LEDE_CACHE_MEGABYTES", default_value = "32", value_name = "N", global = true,
          value_parser = clap::value_parser!(u32).range(0..=65536))]
    pub cache_megabytes: u32,

    /// How many seconds shared caches on the way may keep a public answer.
    #[arg(long, env = "LEDE_CACHE_SECONDS", default_value = "60", value_name = "SECONDS", global = true,
          value_parser = clap::value_parser!(u32).range(0..=86400))]
    pub cache_seconds: u32,

    /// How many seconds longer they may while this server cannot be reached.
    #[arg(long, env = "LEDE_CACHE_STALE_SECONDS", default_value = "86400", value_name = "SECONDS", global = true,
          value_parser = clap::value_parser!(u32).range(0..=31_536_000))]
    pub cache_stale_seconds: u32,

    /// How many seconds public answers in memory go on being served when the database is lost.
    #[arg(long, env = "LEDE_OUTAGE_SECONDS", default_value = "30", value_name = "SECONDS", global = true,
          value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub outage_seconds: u32,

    /// Origins whose pages may use operations that need a token, separated by commas, as in
    /// `https://console.website.example`. Public ones are open to every origin.
    #[arg(long, env = "LEDE_CORS_ORIGINS", value_name = "ORIGINS", global = true, value_delimiter = ',',
          value_parser = parse_origin)]
    pub cors_origins: Vec<String>,

    /// Networks of the proxies in front, separated by commas, as in `10.0.0.0/8`: what they say of a client's address
    /// in `X-Forwarded-For` is believed, and the `X-Request-Id` they give.
    #[arg(long, env = "LEDE_TRUSTED_PROXIES", value_name = "NETWORKS", global = true, value_delimiter = ',',
          value_parser = parse_network)]
    pub trusted_proxies: Vec<IpNet>,

    /// How many times a minute one network may try to log in, and in ten minutes one account may be tried; 0 is no limit.
    #[arg(long, env = "LEDE_LOGIN_LIMIT", default_value = "10", value_name = "N", global = true)]
    pub login_limit: u32,

    /// How many times an hour one network may ask to join the list; one mailbox is heard ten times a day at most, and
    /// all networks together may ask a hundred times as often as one. 0 is no limit.
    #[arg(long, env = "LEDE_JOIN_LIMIT", default_value = "30", value_name = "N", global = true)]
    pub join_limit: u32,

    /// Origins to whose pages the form may send people back when it has been sent, separated by commas, as in
    /// `https://website.example`. Default: the website's own.
    #[arg(long, env = "LEDE_FORM_ORIGINS", value_name = "ORIGINS", global = true, value_delimiter = ',',
          value_parser = parse_origin)]
    pub form_origins: Option<Vec<String>>,

    /// How many writes a minute one user may make; 0 is no limit.
    #[arg(long, env = "LEDE_WRITE_LIMIT", default_value = "6000", value_name = "N", global = true)]
    pub write_limit: u32,

    /// How many times a minute one network may read; 0 is no limit.
    #[arg(long, env = "LEDE_READ_LIMIT", default_value = "0", value_name = "N", global = true)]
    pub read_limit: u32,

    /// Hosts whose `iframe`s stay in articles, separated by commas, in place of the usual players.
    #[arg(long, env = "LEDE_IFRAME_HOSTS", value_name = "HOSTS", global = true, value_delimiter = ',')]
    pub iframe_hosts: Option<Vec<String>>,

    /// What is logged, as in `info` or `lede=debug,warn`.
    #[arg(long, env = "LEDE_LOG", default_value = "info", value_name = "FILTER", global = true)]
    pub log: String,
}

/// A value that shows itself to nobody.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Takes a secret of at least 32 characters.
    ///
    /// # Errors
    /// A sentence for the operator: too short, or all of one character.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        let varied = text.chars().collect::<std::collections::BTreeSet<_>>().len() >= 8;
        if text.chars().count() < 32 || !varied {
            return Err("a secret has at least 32 characters, at least eight of them different".into());
        }
        Ok(Self(text.to_owned()))
    }

    /// The secret itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("***")
    }
}

impl Config {
    /// Where this server is reached from outside.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.base_url.clone().unwrap_or_else(|| format!("http://{}", self.bind))
    }

    /// Where the website is that shows the articles.
    #[must_use]
    pub fn website_url(&self) -> String {
        self.website_url.clone().unwrap_or_else(|| self.base_url())
    }

    /// The origins to whose pages a form may send people back.
    #[must_use]
    pub fn form_origins(&self) -> Vec<String> {
        let website = || {
            let website = url::Url::parse(&self.website_url());
            website.map(|url| url.origin().ascii_serialization()).into_iter().collect()
        };
        self.form_origins.clone().unwrap_or_else(website)
    }

    /// Takes the database's URL from its file, if one is named.
    ///
    /// # Errors
    /// When the file cannot be read or holds no such URL.
    pub fn read_database_url(&mut self) -> Result<(), String> {
        if let Some(file) = &self.database_url_file {
            self.database_url = DatabaseUrl::parse(&read_file(file)?)?;
        }
        Ok(())
    }

    /// How many connections the pool has.
    #[must_use]
    pub fn connections(&self) -> u32 {
        let cores = std::thread::available_parallelism().map_or(1, |n| u32::try_from(n.get()).unwrap_or(1));
        let default = if self.database_url.is_sqlite() { cores.max(2) } else { 8 };
        self.database_connections.unwrap_or(default)
    }

    /// The mail server's URL, from the setting or its file.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn smtp_url(&self) -> Result<Option<Secret>, String> {
        match (&self.smtp_url, &self.smtp_url_file) {
            (Some(url), _) => Ok(Some(url.clone())),
            (None, Some(file)) => read_file(file).map(|text| Some(Secret(text))),
            (None, None) => Ok(None),
        }
    }

    /// The secret, if one was given, from the setting or its file.
    ///
    /// # Errors
    /// When the file cannot be read or holds too weak a secret.
    pub fn given_secret(&self) -> Result<Option<Secret>, String> {
        match (&self.secret, &self.secret_file) {
            (Some(secret), _) => Ok(Some(secret.clone())),
            (None, Some(file)) => Secret::parse(&read_file(file)?).map(Some),
            (None, None) => Ok(None),
        }
    }
}

fn read_file(file: &std::path::Path) -> Result<String, String> {
    std::fs::read_to_string(file)
        .map(|text| text.trim().to_owned())
        .map_err(|e| format!("{}: {e}", file.display()))
}

#[expect(clippy::unnecessary_wraps, reason = "clap asks for a Result")]
fn parse_secret_text(text: &str) -> Result<Secret, String> {
    Ok(Secret(text.to_owned()))
}

fn parse_base(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).map_err(|e| e.to_string())?;
    if !matches!(url.scheme(), "http" | "https") || url.query().is_some() || url.fragment().is_some() {
        return Err("an address begins with http:// or https:// and has neither query nor fragment".into());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

fn parse_origin(text: &str) -> Result<String, String> {
    let url = url::Url::parse(text).map_err(|e| e.to_string())?;
    let origin = url.origin().ascii_serialization();
    if !matches!(url.scheme(), "http" | "https") || origin != text {
        return Err(
            "an origin is a scheme, a host and perhaps a port, as in https://console.website.example".into(),
        );
    }
    Ok(origin)
}

fn parse_network(text: &str) -> Result<IpNet, String> {
    let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
    network.map_err(|_| "a network is written as in 10.0.0.0/8 or 2001:db8::/32".into())
}

fn parse_article_path(text: &str) -> Result<String, String> {
    if text.starts_with('/') && text.contains("{slug}") && !text.contains([' ', '?', '#', '"', '<', '>']) {
        Ok(text.to_owned())
    } else {
        Err("a path begins with a slash and holds {slug}".into())
    }
}

fn parse_title(text: &str) -> Result<String, String> {
    crate::articles::line(text, crate::site::MOST_TITLE).map_err(|invalid| invalid.detail.into_owned())
}

fn parse_locale(text: &str) -> Result<Locale, String> {
    Locale::parse(text).map_err(|invalid| invalid.detail.into_owned())
}

impl Config {
    /// What stays of raw HTML in articles.
    #[must_use]
    pub fn policy(&self) -> Policy {
        self.iframe_hosts.clone().map_or_else(Policy::default, |iframe_hosts| Policy { iframe_hosts })
    }
}
