//! Mail: addresses, messages and how they leave.

mod address;

pub use address::EmailAddress;
