//! Every setting: its flag, its `LEDE_*` variable, its default and what it means. Nothing else reads the environment.
//!
//! | area | settings |
//! |---|---|
//! | [`server`] | `LEDE_BIND`, `LEDE_METRICS_BIND`, `LEDE_BASE_URL`, `LEDE_TRUSTED_PROXIES`, `LEDE_CORS_ORIGINS`, `LEDE_DRAIN_SECONDS`, `LEDE_SECURITY_CONTACT`, `LEDE_LOG` |
//! | [`database`] | `LEDE_DATABASE_URL`, `LEDE_DATABASE_URL_FILE`, `LEDE_DATABASE_CONNECTIONS` |
//! | [`secret`] | `LEDE_SECRET`, `LEDE_SECRET_FILE`, `LEDE_SECRET_PREVIOUS` |
//! | [`accounts`] | `LEDE_SESSION_IDLE_DAYS`, `LEDE_SESSION_DAYS`, `LEDE_REQUIRE_SECOND_FACTOR`, `LEDE_ACCOUNT_URL`, `LEDE_ADMIN_EMAIL`, `LEDE_ADMIN_PASSWORD_FILE` |
//! | [`site`] | `LEDE_WEBSITE_URL`, `LEDE_ARTICLE_PATH`, `LEDE_LOCALE`, `LEDE_TITLE`, `LEDE_TRASH_DAYS`, `LEDE_PREVIEW_URL`, `LEDE_KEEP_REVISIONS_DAYS`, `LEDE_IFRAME_HOSTS`, `LEDE_FORM_ORIGINS` |
//! | [`mail`] | `LEDE_SMTP_URL`, `LEDE_SMTP_URL_FILE`, `LEDE_MAIL_DIR`, `LEDE_MAIL_FROM`, `LEDE_WELCOME_MAIL`, `LEDE_TEMPLATES` |
//! | [`cache`] | `LEDE_CACHE_MEGABYTES`, `LEDE_CACHE_SECONDS`, `LEDE_CACHE_STALE_SECONDS`, `LEDE_OUTAGE_SECONDS` |
//! | [`limits`] | `LEDE_LOGIN_LIMIT`, `LEDE_SIGN_UP_LIMIT`, `LEDE_WRITE_LIMIT`, `LEDE_READ_LIMIT`, `LEDE_CONNECTION_LIMIT`, `LEDE_READER_SECONDS`, `LEDE_RESPONSE_MEGABYTES` |
//! | [`webhooks`] | `LEDE_WEBHOOK_NETWORKS` |

pub mod accounts;
pub mod cache;
pub mod database;
pub mod limits;
pub mod mail;
mod parse;
pub mod secret;
pub mod server;
pub mod site;
pub mod webhooks;

pub use secret::Secret;
pub use site::MAX_TITLE;

/// The settings, each from a flag or a `LEDE_*` variable.
#[derive(Debug, Clone, clap::Args)]
pub struct Config {
    /// Where the server listens, and what stands in front of it.
    #[command(flatten)]
    pub server: server::ServerConfig,
    /// The database.
    #[command(flatten)]
    pub database: database::DatabaseConfig,
    /// The secret that seals the keys in the database.
    #[command(flatten)]
    pub secret: secret::SecretConfig,
    /// Sessions, second factors and the first user.
    #[command(flatten)]
    pub accounts: accounts::AccountsConfig,
    /// The publication and its website.
    #[command(flatten)]
    pub site: site::SiteConfig,
    /// Mail.
    #[command(flatten)]
    pub mail: mail::MailConfig,
    /// Caching of public responses.
    #[command(flatten)]
    pub cache: cache::CacheConfig,
    /// Where webhooks may lead.
    #[command(flatten)]
    pub webhooks: webhooks::WebhooksConfig,
    /// Rate limits and bounds on connections.
    #[command(flatten)]
    pub limits: limits::LimitsConfig,
}

impl Config {
    /// The URL at which clients reach this server.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.server.base_url()
    }

    /// The URL of the website that shows the articles.
    #[must_use]
    pub fn website_url(&self) -> String {
        self.site.website_url.clone().unwrap_or_else(|| self.base_url())
    }

    /// The origins whose pages the sign-up form may redirect to.
    #[must_use]
    pub fn form_origins(&self) -> Vec<String> {
        let website = || {
            let website = url::Url::parse(&self.website_url());
            website.map(|url| url.origin().ascii_serialization()).into_iter().collect()
        };
        self.site.form_origins.clone().unwrap_or_else(website)
    }
}
