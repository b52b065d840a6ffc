//! Units of work with their types erased, so that the machinery of reads and writes is compiled once and not once for
//! each caller.

use std::any::Any;

use super::connection::AnyConnection as Connection;
use super::tx::Tx;
use crate::base::error::{Error, Result};

/// What a unit of work returns.
pub(super) type Value = Box<dyn Any + Send>;
/// A read. It is run again if its connection breaks.
pub(super) type Read = Box<dyn FnMut(&mut Connection) -> Result<Value> + Send>;
/// A write.
pub(super) type Write = Box<dyn FnMut(&mut Tx<'_>) -> Result<Value> + Send>;

/// Does a write. Every write goes through here, so the credential of the client is always checked.
pub(super) fn run(tx: &mut Tx<'_>, work: &mut Write) -> Result<Value> {
    tx.check_credential()?;
    let value = work(tx)?;
    tx.finish()?;
    Ok(value)
}

/// Erases the type of a value.
pub(super) fn boxed<T: Send + 'static>(value: T) -> Value {
    Box::new(value)
}

/// The value that [`boxed`] got from the same caller.
pub(super) fn unbox<T: 'static>(value: Value) -> Result<T> {
    value.downcast().map(|value| *value).map_err(|_| Error::internal("a unit of work returned another type"))
}
