//! How many public responses are cached, and for how long: here and in shared caches.

use super::parse;

/// Caching of public responses.
#[derive(Debug, Clone, clap::Args)]
pub struct CacheConfig {
    /// Megabytes of public responses cached in memory; 0 turns the cache off.
    #[arg(id = "cache_megabytes", long = "cache-megabytes", env = "LEDE_CACHE_MEGABYTES", default_value = "32", value_name = "N", global = true,
          value_parser = parse::number::<u32>(0..=65536))]
    pub megabytes: u32,

    /// Seconds for which shared caches, such as a CDN, may serve a public response without asking again.
    #[arg(id = "cache_seconds", long = "cache-seconds", env = "LEDE_CACHE_SECONDS", default_value = "60", value_name = "SECONDS", global = true,
          value_parser = parse::number::<u32>(0..=86400))]
    pub seconds: u32,

    /// Seconds beyond `LEDE_CACHE_SECONDS` for which they may serve it while this server cannot be reached.
    #[arg(id = "cache_stale_seconds", long = "cache-stale-seconds", env = "LEDE_CACHE_STALE_SECONDS", default_value = "86400", value_name = "SECONDS", global = true,
          value_parser = parse::number::<u32>(0..=31_536_000))]
    pub stale_seconds: u32,

    /// Seconds that cached responses are still served while the database is unreachable.
    #[arg(long, env = "LEDE_OUTAGE_SECONDS", default_value = "30", value_name = "SECONDS", global = true,
          value_parser = parse::number::<u32>(1..=86400))]
    pub outage_seconds: u32,
}
