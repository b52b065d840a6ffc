//! Records when API keys were last used: at most once a minute for each key, in the background.

use std::time::Duration;

use diesel::prelude::*;
use moka::sync::Cache;

use crate::base::clock::Timestamp;
use crate::base::db::Tx;
use crate::base::db::schema::api_keys;
use crate::base::error::Result;
use crate::base::ids::ApiKeyId;

/// How old the recorded last use of a key may become before it is written again.
const INTERVAL: Duration = Duration::from_secs(60);
/// How many keys are remembered. A forgotten key costs one more write.
const MAX_REMEMBERED: u64 = 10_000;

/// When the use of each key was last written. In memory: each replica has its own.
#[derive(Debug)]
pub struct KeyUses(Cache<ApiKeyId, Timestamp>);

impl Default for KeyUses {
    fn default() -> Self {
        Self(Cache::new(MAX_REMEMBERED))
    }
}

impl KeyUses {
    /// Whether the use of a key at `now` has to be written, given the recorded one. True for one caller a minute.
    pub(super) fn is_due(&self, key: ApiKeyId, recorded: Option<Timestamp>, now: Timestamp) -> bool {
        let is_old = |at: Timestamp| at.plus(INTERVAL) <= now;
        if !recorded.is_none_or(is_old) {
            return false;
        }
        let mut is_due = false;
        self.0.entry(key).and_upsert_with(|written| {
            let written = written.map(moka::Entry::into_value);
            is_due = written.is_none_or(is_old);
            if is_due { now } else { written.unwrap_or(now) }
        });
        is_due
    }

    /// Forgets a key, because its use could not be written.
    pub(super) fn forget(&self, key: ApiKeyId) {
        self.0.invalidate(&key);
    }
}

/// Writes the use of a key at that moment, unless another replica has within the minute.
///
/// # Errors
/// Those of the database.
pub(super) fn record(tx: &mut Tx<'_>, key: ApiKeyId, at: Timestamp) -> Result<()> {
    let used = api_keys::last_used_at;
    let old = used.is_null().or(used.assume_not_null().le(at.minus(INTERVAL)));
    diesel::update(api_keys::table.filter(api_keys::id.eq(key)).filter(old))
        .set(used.eq(Some(at)))
        .execute(&mut **tx)?;
    Ok(())
}
