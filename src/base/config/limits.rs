//! Rate limits. A limit of 0 turns one off.

/// Rate limits.
#[derive(Debug, Clone, clap::Args)]
pub struct LimitsConfig {
    /// How many failed logins a minute one network may make; successful logins do not count. 0 is no limit.
    #[arg(
        id = "login_limit",
        long = "login-limit",
        env = "LEDE_LOGIN_LIMIT",
        default_value = "10",
        value_name = "N",
        global = true
    )]
    pub login: u32,

    /// How many sign-ups an hour one network may make, whoever is signed up. One mailbox is signed up at most ten times a
    /// day. All networks together may make fifty times as many as one; beyond that each network (IPv4 /24, IPv6 /48) may
    /// make one an hour, another fifty times as many in total. 0 is no limit.
    #[arg(
        id = "sign_up_limit",
        long = "sign-up-limit",
        env = "LEDE_SIGN_UP_LIMIT",
        default_value = "30",
        value_name = "N",
        global = true
    )]
    pub sign_up: u32,

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
