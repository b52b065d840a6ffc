//! Editions.
pub mod remake;
