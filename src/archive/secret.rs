//! What an installation's secret means for an archive: the keys in it stay encrypted, and only the secret it was made under
//! opens them. Everything that hangs on those keys is lost with another secret, and named here.

use diesel::dsl::update;
use diesel::prelude::*;

use crate::auth::Seal;
use crate::base::clock::Timestamp;
use crate::base::db::schema::{
    keys, known_networks, login_attempts, recovery_codes, second_factors, users, webhook_deliveries,
    webhook_progress, webhooks,
};
use crate::base::db::{Connection, Tx};
use crate::base::error::{Error, Result};

/// What `--new-secret` costs, as a list within a sentence.
pub const LOST_WITH_A_NEW_SECRET: &str = "everyone has to log in again, second factors are removed, unsubscribe links already \
     sent stop working, webhooks are deleted, and addresses on the suppression list are only recognised while their subscriber is kept";

/// Checks that the secret opens the keys that have just been restored.
///
/// # Errors
/// Unavailable, with what can be done.
pub fn check(conn: &mut Connection, seal: Option<&Seal>) -> Result<()> {
    let are_there = keys::table.count().get_result::<i64>(conn)? > 0;
    if !are_there || seal.is_some_and(|seal| seal.check(conn).is_ok()) {
        return Ok(());
    }
    let why =
        if seal.is_some() { "LEDE_SECRET is not" } else { "there is no LEDE_SECRET, and the keys need" };
    Err(Error::unavailable(format!(
        "{why} the secret that this archive was made under; set that one, or pass --new-secret: then \
         {LOST_WITH_A_NEW_SECRET}"
    )))
}

/// Deletes the keys, which no secret opens any more, and what is of no use without them.
///
/// # Errors
/// Those of the database.
pub fn forget(tx: &mut Tx<'_>) -> Result<()> {
    diesel::delete(keys::table).execute(&mut **tx)?;
    diesel::delete(second_factors::table).execute(&mut **tx)?;
    diesel::delete(recovery_codes::table).execute(&mut **tx)?;
    diesel::delete(known_networks::table).execute(&mut **tx)?;
    diesel::delete(login_attempts::table).execute(&mut **tx)?;
    // Their secrets and headers are encrypted with the keys.
    diesel::delete(webhook_deliveries::table).execute(&mut **tx)?;
    diesel::delete(webhook_progress::table).execute(&mut **tx)?;
    diesel::delete(webhooks::table).execute(&mut **tx)?;
    update(users::table).set(users::second_factor_at.eq(None::<Timestamp>)).execute(&mut **tx)?;
    Ok(())
}
