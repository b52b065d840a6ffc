//! Login attempts that have to wait, remembered for half a minute: repeated attempts are refused without a query. On
//! PostgreSQL each query would hold the lock that all logins take. The rows in the database decide; what is remembered
//! of them expires soon.

use std::time::Duration;

use moka::sync::Cache;

use crate::base::actor::NetworkHash;
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};

/// How long a block is remembered. A login or a reset on another replica may end it earlier.
const REMEMBERED_FOR: Duration = Duration::from_secs(30);
/// How many blocks are remembered. A forgotten one costs one more write.
const MAX_REMEMBERED: u64 = 10_000;

/// Who has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blocked {
    /// Everyone in a network.
    Network(NetworkHash),
    /// Attempts at an account, by the keyed hash of its address, from one network.
    Account([u8; 32], NetworkHash),
}

/// Who has to wait, and until when.
#[derive(Debug, Clone, Copy)]
pub struct Block {
    /// Who.
    pub what: Blocked,
    /// Until when.
    pub until: Timestamp,
}

impl Block {
    /// The response.
    #[must_use]
    pub fn error(&self, now: Timestamp) -> Error {
        let micros = self.until.as_micros() - now.as_micros();
        Error::TooMany(u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000).max(1))
    }
}

/// The blocks that are remembered, each with the moment at which it was read.
#[derive(Debug)]
pub struct LoginBlocks(Cache<Blocked, (Block, Timestamp)>);

impl Default for LoginBlocks {
    fn default() -> Self {
        Self(Cache::new(MAX_REMEMBERED))
    }
}

impl LoginBlocks {
    /// Refuses an attempt for which a block is remembered.
    ///
    /// # Errors
    /// [`Error::TooMany`].
    pub fn check(&self, account: [u8; 32], network: NetworkHash, now: Timestamp) -> Result<()> {
        let known = [Blocked::Network(network), Blocked::Account(account, network)];
        let blocks = known.iter().filter_map(|what| self.0.get(what));
        let current = |(block, at): &(Block, Timestamp)| block.until > now && at.plus(REMEMBERED_FOR) > now;
        let longest = blocks.filter(current).max_by_key(|(block, _)| block.until);
        longest.map_or(Ok(()), |(block, _)| Err(block.error(now)))
    }

    /// Remembers a block.
    pub fn remember(&self, block: Block, now: Timestamp) {
        self.0.insert(block.what, (block, now));
    }

    /// Forgets the block of an account and a network, after a successful login.
    pub fn forget(&self, account: [u8; 32], network: NetworkHash) {
        self.0.invalidate(&Blocked::Account(account, network));
    }
}
