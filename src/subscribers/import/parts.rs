//! The parts of a file that was uploaded and has not been read to its end.

use diesel::prelude::*;

use super::reader::Position;
use crate::base::db::schema::import_parts;
use crate::base::db::{Connection, Tx};
use crate::base::error::Result;
use crate::base::ids::ImportId;

/// How many bytes a part has; the last one has fewer.
pub const PART_BYTES: usize = 256 * 1024;

/// Stores a part of a file.
pub(super) fn insert(tx: &mut Tx<'_>, id: ImportId, number: i64, bytes: &[u8]) -> Result<()> {
    diesel::insert_into(import_parts::table)
        .values((
            import_parts::import_id.eq(id),
            import_parts::number.eq(number),
            import_parts::bytes.eq(bytes),
        ))
        .execute(&mut **tx)?;
    Ok(())
}

/// The bytes of up to `max` parts from number `first` on.
pub(super) fn read(conn: &mut Connection, id: ImportId, first: i64, max: i64) -> Result<Vec<u8>> {
    let parts: Vec<Vec<u8>> = import_parts::table
        .filter(import_parts::import_id.eq(id))
        .filter(import_parts::number.ge(first))
        .filter(import_parts::number.lt(first + max))
        .order(import_parts::number)
        .select(import_parts::bytes)
        .load(conn)?;
    Ok(parts.concat())
}

/// Deletes the parts that were read to their end between two positions.
pub(super) fn delete_read(tx: &mut Tx<'_>, id: ImportId, from: Position, to: Position) -> Result<()> {
    let (first, last) = (from.byte / PART_BYTES as u64, to.byte / PART_BYTES as u64);
    if first == last {
        return Ok(());
    }
    let part = i64::try_from(last).unwrap_or(i64::MAX);
    let own = import_parts::table.filter(import_parts::import_id.eq(id));
    diesel::delete(own.filter(import_parts::number.lt(part))).execute(&mut **tx)?;
    Ok(())
}
