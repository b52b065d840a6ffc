//! How long and how much of the public responses is cached, here and in shared caches.

/// Caching of public responses.
#[derive(Debug, Clone, clap::Args)]
pub struct CacheConfig {
    /// How many megabytes of public answers are kept in memory; 0 keeps none.
    #[arg(id = "cache_megabytes", long = "cache-megabytes", env = "LEDE_CACHE_MEGABYTES", default_value = "32", value_name = "N", global = true,
          value_parser = clap::value_parser!(u32).range(0..=65536))]
    pub megabytes: u32,

    /// How many seconds shared caches on the way may keep a public answer.
    #[arg(id = "cache_seconds", long = "cache-seconds", env = "LEDE_CACHE_SECONDS", default_value = "60", value_name = "SECONDS", global = true,
          value_parser = clap::value_parser!(u32).range(0..=86400))]
    pub seconds: u32,

    /// How many seconds longer they may while this server cannot be reached.
    #[arg(id = "cache_stale_seconds", long = "cache-stale-seconds", env = "LEDE_CACHE_STALE_SECONDS", default_value = "86400", value_name = "SECONDS", global = true,
          value_parser = clap::value_parser!(u32).range(0..=31_536_000))]
    pub stale_seconds: u32,

    /// How many seconds public answers in memory go on being served when the database is lost.
    #[arg(long, env = "LEDE_OUTAGE_SECONDS", default_value = "30", value_name = "SECONDS", global = true,
          value_parser = clap::value_parser!(u32).range(1..=86400))]
    pub outage_seconds: u32,
}
