//! How far the log has been purged. The server that purges has claimed the only row until a moment, by which it is told from
//! others.

use diesel::prelude::*;

use crate::base::clock::Timestamp;
use crate::base::db::schema::cdn_purges as purges;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;

/// Until when a server has claimed it.
pub fn held_until(conn: &mut Connection) -> Result<Timestamp> {
    Ok(purges::table.select(purges::held_until).get_result(conn)?)
}

/// Claims it, unless another server has. Returns up to which event everything has been purged, if that is known.
pub fn claim(tx: &mut Tx<'_>, until: Timestamp) -> Result<Option<Option<i64>>> {
    let free = purges::table.filter(purges::held_until.le(tx.now()));
    let claimed = diesel::update(free).set(purges::held_until.eq(until)).returning(purges::event_id);
    Ok(claimed.get_result(&mut **tx).optional()?)
}

/// Claims it for longer, and records up to which event everything has been purged. False if another server has claimed it
/// meanwhile.
pub fn renew(tx: &mut Tx<'_>, held_until: Timestamp, until: Timestamp, to: i64) -> Result<bool> {
    let own = purges::table.filter(purges::held_until.eq(held_until));
    let renewed = diesel::update(own).set((purges::held_until.eq(until), purges::event_id.eq(Some(to))));
    Ok(renewed.execute(&mut **tx)? == 1)
}
