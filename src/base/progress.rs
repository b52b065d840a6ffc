//! How far a long piece of work is, for whoever watches it.

/// Told how far the work is.
pub trait Progress {
    /// Something else begins. `total` is 0 if it is not known how much there is of it.
    fn begin(&mut self, what: &str, total: u64);
    /// So much more is done.
    fn advance(&mut self, by: u64);
}

/// Tells nobody.
#[derive(Debug, Clone, Copy)]
pub struct Silent;

impl Progress for Silent {
    fn begin(&mut self, _: &str, _: u64) {}
    fn advance(&mut self, _: u64) {}
}
