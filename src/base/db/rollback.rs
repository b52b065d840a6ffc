//! Ends a transaction without its changes, on a connection of the pool.

use diesel::connection::{SimpleConnection as _, TransactionManager as _};

use super::connection::AnyConnection as Connection;

type Transactions = <Connection as diesel::Connection>::TransactionManager;

/// Rolls back the open transaction. If that fails, the failure is logged and the pool discards the connection: whoever
/// had it next could find itself in the old transaction. Returns whether the connection can be used further.
pub(super) fn roll_back(conn: &mut Connection) -> bool {
    let Err(error) = conn.batch_execute("ROLLBACK") else { return true };
    log::warn!("a transaction could not be rolled back: {error}");
    Transactions::transaction_manager_status_mut(conn).set_in_error();
    false
}
