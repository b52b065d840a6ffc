//! How far the log has been purged.

use diesel::prelude::*;

use crate::base::db::leases::Proof;
use crate::base::db::schema::cdn_purges as purges;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;

/// Up to which event everything has been purged, if that is known.
pub fn purged_to(conn: &mut Connection) -> Result<Option<i64>> {
    Ok(purges::table.select(purges::event_id).get_result(conn)?)
}

/// Records up to which event everything has been purged. False if another server does it by now.
pub fn record(tx: &mut Tx<'_>, lease: Proof, to: i64) -> Result<bool> {
    let holds = lease.holds(tx)?;
    if holds {
        diesel::update(purges::table).set(purges::event_id.eq(Some(to))).execute(&mut **tx)?;
    }
    Ok(holds)
}
