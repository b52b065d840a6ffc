//! Rate limits, which 0 turns off, and bounds on connections.

use super::parse;

/// Rate limits and bounds on connections.
#[derive(Debug, Clone, clap::Args)]
pub struct LimitsConfig {
    /// Wrong passwords from one network within a day before each further one delays the next: by a second at first,
    /// twice as long each time. A network from which somebody has logged in within 30 days may fail five times as
    /// often. Successful logins do not count. 0 turns this off; guesses at one account are delayed all the same.
    #[arg(
        id = "login_limit",
        long = "login-limit",
        env = "LEDE_LOGIN_LIMIT",
        default_value = "10",
        value_name = "N",
        global = true,
        value_parser = parse::number::<u32>(0..=u32::MAX)
    )]
    pub login: u32,

    /// Sign-ups per hour from one network, for whatever addresses. One mailbox can be signed up at most ten times a
    /// day. All networks together can make fifty times as many as one; beyond that, each network (IPv4 /24, IPv6 /48)
    /// can make one per hour, up to the same number again in total. One network can ask for as many password resets
    /// per hour, which are counted apart. 0 turns the limit off.
    #[arg(
        id = "sign_up_limit",
        long = "sign-up-limit",
        env = "LEDE_SIGN_UP_LIMIT",
        default_value = "30",
        value_name = "N",
        global = true,
        value_parser = parse::number::<u32>(0..=u32::MAX)
    )]
    pub sign_up: u32,

    /// Writes per minute by one user or API key. A session can be refreshed 300 times an hour, or as many times as this
    /// setting if it is lower. 0 turns off these limits and those on unknown refresh tokens and preview links.
    #[arg(
        id = "write_limit",
        long = "write-limit",
        env = "LEDE_WRITE_LIMIT",
        default_value = "6000",
        value_name = "N",
        global = true,
        value_parser = parse::number::<u32>(0..=u32::MAX)
    )]
    pub write: u32,

    /// `GET` requests per minute from one network; 0 turns the limit off.
    #[arg(
        id = "read_limit",
        long = "read-limit",
        env = "LEDE_READ_LIMIT",
        default_value = "0",
        value_name = "N",
        global = true,
        value_parser = parse::number::<u32>(0..=u32::MAX)
    )]
    pub read: u32,

    /// The most open connections; further clients wait until one is closed. One network (an IPv4 address or an IPv6 /48) can
    /// have a quarter of them, unless it is a trusted proxy; its further connections are closed.
    #[arg(
        id = "connection_limit",
        long = "connection-limit",
        env = "LEDE_CONNECTION_LIMIT",
        default_value = "4096",
        value_name = "N",
        global = true,
        value_parser = parse::number::<u32>(1..=1_000_000)
    )]
    pub connections: u32,

    /// The most open streams of changes; further ones are refused with 503. One network (an IPv4 address or an IPv6 /48)
    /// can have a quarter of them. Each takes one of the connections of `LEDE_CONNECTION_LIMIT`.
    #[arg(
        id = "stream_connections",
        long = "stream-connections",
        env = "LEDE_STREAM_CONNECTIONS",
        default_value = "1000",
        value_name = "N",
        global = true,
        value_parser = parse::number::<u32>(1..=1_000_000)
    )]
    pub streams: u32,

    /// Seconds after which a connection is reset if its client reads nothing of a response, or less than 8 KiB per
    /// second on average.
    #[arg(
        id = "reader_seconds",
        long = "reader-seconds",
        env = "LEDE_READER_SECONDS",
        default_value = "30",
        value_name = "SECONDS",
        global = true,
        value_parser = parse::number::<u32>(1..=3600)
    )]
    pub reader_seconds: u32,

    /// Megabytes for request and response bodies of more than 16 KiB while they are sent, in addition to
    /// `LEDE_CACHE_MEGABYTES`. One network (an IPv4 address or an IPv6 /48) can use a quarter of both together. When
    /// they are used up, further large bodies are refused with 503.
    #[arg(
        id = "response_megabytes",
        long = "response-megabytes",
        env = "LEDE_RESPONSE_MEGABYTES",
        default_value = "16",
        value_name = "N",
        global = true,
        value_parser = parse::number::<u32>(4..=65536)
    )]
    pub response_megabytes: u32,
}
