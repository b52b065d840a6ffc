//! Leases: who may do what only one process at a time should do. A holder renews its lease while it works; if it dies,
//! another takes over when the lease ends.

use std::time::Duration;

use diesel::prelude::*;

use super::schema::leases;
use super::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::LeaseHolderId;

/// Takes or renews a lease for `duration` from now. Returns whether `holder` has it.
pub fn take(tx: &mut Tx<'_>, name: &str, holder: LeaseHolderId, duration: Duration) -> Result<bool> {
    let (now, until) = (tx.now(), tx.now().plus(duration));
    let free = leases::holder.eq(holder).or(leases::expires_at.le(now));
    let taken = diesel::update(leases::table.filter(leases::name.eq(name)).filter(free))
        .set((leases::holder.eq(holder), leases::expires_at.eq(until)))
        .execute(&mut **tx)?;
    if taken == 1 {
        return Ok(true);
    }
    let row = (leases::name.eq(name), leases::holder.eq(holder), leases::expires_at.eq(until));
    let insert = || diesel::insert_into(leases::table).values(row).on_conflict_do_nothing();
    Ok(crate::on_each!(&mut **tx, conn => insert().execute(conn))? == 1)
}

/// Whether `holder` has a lease now. On PostgreSQL it cannot be taken by others before this unit of work ends.
pub fn holds(tx: &mut Tx<'_>, name: &str, holder: LeaseHolderId) -> Result<bool> {
    let now = tx.now();
    let own = leases::table.filter(leases::name.eq(name)).filter(leases::holder.eq(holder));
    let own = own.filter(leases::expires_at.gt(now)).select(leases::name);
    let found: Option<String> = match &mut **tx {
        Connection::Sqlite(conn) => own.get_result(conn).optional()?,
        Connection::Postgres(conn) => own.for_update().get_result(conn).optional()?,
    };
    Ok(found.is_some())
}

/// Gives a lease back.
pub fn release(tx: &mut Tx<'_>, name: &str, holder: LeaseHolderId) -> Result<()> {
    let own = leases::table.filter(leases::name.eq(name)).filter(leases::holder.eq(holder));
    diesel::delete(own).execute(&mut **tx)?;
    Ok(())
}
