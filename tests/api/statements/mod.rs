//! What operations cost the database, in statements.

mod reads;
mod writes;

use crate::client::Call;

/// A write that goes through whatever has changed since.
fn over(call: Call) -> Call {
    call.header("if-match", "*")
}
