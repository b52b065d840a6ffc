//! Rate limits. A limit of 0 turns one off.

/// Rate limits.
#[derive(Debug, Clone, clap::Args)]
pub struct LimitsConfig {
    /// How many times a minute one network may try to log in, and in ten minutes one account may be tried; 0 is no limit.
    #[arg(
        id = "login_limit",
        long = "login-limit",
        env = "LEDE_LOGIN_LIMIT",
        default_value = "10",
        value_name = "N",
        global = true
    )]
    pub login: u32,

    /// How many times an hour one network may ask to join the list; one mailbox is heard ten times a day at most, and
    /// all networks together may ask a hundred times as often as one. 0 is no limit.
    #[arg(
        id = "join_limit",
        long = "join-limit",
        env = "LEDE_JOIN_LIMIT",
        default_value = "30",
        value_name = "N",
        global = true
    )]
    pub join: u32,

    /// How many writes a minute one user may make; 0 is no limit.
    #[arg(
        id = "write_limit",
        long = "write-limit",
        env = "LEDE_WRITE_LIMIT",
        default_value = "6000",
        value_name = "N",
        global = true
    )]
    pub write: u32,

    /// How many times a minute one network may read; 0 is no limit.
    #[arg(
        id = "read_limit",
        long = "read-limit",
        env = "LEDE_READ_LIMIT",
        default_value = "0",
        value_name = "N",
        global = true
    )]
    pub read: u32,
}
