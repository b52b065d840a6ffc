//! Which attempts to log in have to wait. Who goes on trying is refused from memory, so that it costs no write, which all of
//! PostgreSQL's logins would wait for. The rows in the database decide; what is remembered of them is soon asked again.

use std::time::Duration;

use moka::sync::Cache;

use crate::base::actor::NetworkHash;
use crate::base::clock::Timestamp;
use crate::base::error::{Error, Result};

/// How long a block is remembered. Another replica, or an admin, may end it before its time.
const REMEMBERED_FOR: Duration = Duration::from_secs(30);
/// How many blocks are remembered. One that is forgotten costs one write more.
const MAX_REMEMBERED: u64 = 10_000;

/// Who has to wait.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Blocked {
    /// Everyone in a network.
    Network(NetworkHash),
    /// Whoever tries an account, by the keyed hash of its address, from a network.
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
    /// What the client is told.
    #[must_use]
    pub fn error(&self, now: Timestamp) -> Error {
        let micros = self.until.as_micros() - now.as_micros();
        Error::TooMany(u64::try_from(micros).unwrap_or(0).div_ceil(1_000_000))
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
    /// Refuses an attempt that has to wait, as far as is remembered.
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

    /// Forgets that an account has to wait, because its owner has logged in from that network.
    pub fn forget(&self, account: [u8; 32], network: NetworkHash) {
        self.0.invalidate(&Blocked::Account(account, network));
    }
}
