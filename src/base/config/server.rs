//! Where the server listens, how clients reach it, which proxies and origins it trusts, how it stops and what it logs.

use std::net::SocketAddr;

use ipnet::IpNet;

use super::parse;

/// Where the server listens, and what stands in front of it.
#[derive(Debug, Clone, clap::Args)]
pub struct ServerConfig {
    /// The address and port to listen on.
    #[arg(long, env = "LEDE_BIND", default_value = "127.0.0.1:8143", value_name = "ADDRESS", global = true,
          value_parser = parse::socket)]
    pub bind: SocketAddr,

    /// An address and port for `/metrics` alone, as in `127.0.0.1:9143`. Without it, `/metrics` is on the other port,
    /// for clients on the same machine only.
    #[arg(long, env = "LEDE_METRICS_BIND", value_name = "ADDRESS", global = true,
          value_parser = parse::socket)]
    pub metrics_bind: Option<SocketAddr>,

    /// The URL at which clients reach this server, without a slash at the end. Default: `http://` and the address it
    /// listens on.
    #[arg(long, env = "LEDE_BASE_URL", value_name = "URL", global = true, value_parser = parse::base_url)]
    pub base_url: Option<String>,

    /// Networks of trusted proxies, separated by commas, as in `10.0.0.0/8`. The client's address is taken from their
    /// `X-Forwarded-For`, and their `X-Request-Id` is kept.
    #[arg(long, env = "LEDE_TRUSTED_PROXIES", value_name = "NETWORKS", global = true, value_delimiter = ',',
          value_parser = parse::network)]
    pub trusted_proxies: Vec<IpNet>,

    /// Origins whose pages may use operations that need an access token, separated by commas, as in
    /// `https://console.website.example`. All other operations are open to every origin.
    #[arg(long, env = "LEDE_CORS_ORIGINS", value_name = "ORIGINS", global = true, value_delimiter = ',',
          value_parser = parse::origin)]
    pub cors_origins: Vec<String>,

    /// Seconds between the moment when the readiness check starts to fail and the moment when the listener closes,
    /// after the server was told to stop.
    #[arg(long, env = "LEDE_DRAIN_SECONDS", default_value = "0", value_name = "SECONDS", global = true,
          value_parser = parse::number::<u64>(0..=600))]
    pub drain_seconds: u64,

    /// Where to report a vulnerability of this installation, as in `mailto:security@website.example`: a `mailto:`,
    /// `https:` or `tel:` URL, shown in `/.well-known/security.txt`.
    #[arg(long, env = "LEDE_SECURITY_CONTACT", value_name = "URL", global = true, value_parser = contact)]
    pub security_contact: Option<String>,

    /// The log filter, as in `info` or `lede=debug,warn`.
    #[arg(long, env = "LEDE_LOG", default_value = "info", value_name = "FILTER", global = true,
          value_parser = parse::log_filter)]
    pub log: String,
}

impl ServerConfig {
    /// The URL at which clients reach this server.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.base_url.clone().unwrap_or_else(|| format!("http://{}", self.bind))
    }
}

fn contact(text: &str) -> Result<String, String> {
    let is_known = |url: url::Url| matches!(url.scheme(), "mailto" | "https" | "tel");
    if url::Url::parse(text).is_ok_and(is_known) && !text.contains(|c: char| c.is_control() || c == ' ') {
        Ok(text.to_owned())
    } else {
        Err("must be a mailto:, https: or tel: URL, such as mailto:security@website.example".into())
    }
}
