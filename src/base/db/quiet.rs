//! A restored copy is quiet: it does no scheduled action and sends nothing, until an operator says otherwise. Otherwise a copy
//! made to look something up would publish articles and write to subscribers a second time.

use diesel::prelude::*;

use super::connection::AnyConnection as Connection;
use super::schema::quiet;
use super::tx::Tx;
use crate::base::clock::Timestamp;
use crate::base::error::Result;

/// Since when the database is quiet; `None` if it is not.
pub fn since(conn: &mut Connection) -> Result<Option<Timestamp>> {
    Ok(quiet::table.select(quiet::since).get_result(conn).optional()?)
}

/// Makes the database quiet from now on.
pub fn begin(tx: &mut Tx<'_>) -> Result<()> {
    end(tx)?;
    diesel::insert_into(quiet::table)
        .values((quiet::id.eq(1), quiet::since.eq(tx.now())))
        .execute(&mut **tx)?;
    Ok(())
}

/// Ends that. Returns whether the database was quiet.
pub fn end(tx: &mut Tx<'_>) -> Result<bool> {
    Ok(diesel::delete(quiet::table).execute(&mut **tx)? > 0)
}
