//! What a dry run has found so far, so that a later row meets what an earlier one would have done.

use diesel::prelude::*;

use super::plan::ExistingSubscriber;
use crate::base::db::Tx;
use crate::base::db::schema::import_dry_run_people;
use crate::base::db::types::Json;
use crate::base::error::Result;
use crate::base::ids::ImportId;

/// Stores how a subscriber would be after the rows that a dry run has read.
pub(super) fn upsert(tx: &mut Tx<'_>, id: ImportId, hash: &[u8], state: &ExistingSubscriber) -> Result<()> {
    let row = diesel::insert_into(import_dry_run_people::table).values((
        import_dry_run_people::import_id.eq(id),
        import_dry_run_people::address_hash.eq(hash),
        import_dry_run_people::state.eq(Json::Readable(state.clone())),
    ));
    let inserted = crate::on_each!(&mut **tx, conn => row.on_conflict_do_nothing().execute(conn))?;
    if inserted == 0 {
        let own = import_dry_run_people::table
            .filter(import_dry_run_people::import_id.eq(id))
            .filter(import_dry_run_people::address_hash.eq(hash));
        diesel::update(own)
            .set(import_dry_run_people::state.eq(Json::Readable(state.clone())))
            .execute(&mut **tx)?;
    }
    Ok(())
}
