//! The progress of long commands, as a bar on a terminal and as nothing elsewhere.

use std::io::IsTerminal as _;

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use crate::base::progress::Progress;

/// A bar on standard error.
pub(super) struct Bar(ProgressBar);

impl Bar {
    /// One that is not shown yet.
    pub fn new() -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::stderr());
        if !std::io::stderr().is_terminal() {
            bar.set_draw_target(ProgressDrawTarget::hidden());
        }
        Self(bar)
    }
}

impl Progress for Bar {
    fn begin(&mut self, what: &str, total: u64) {
        let template =
            if total == 0 { "{spinner} {msg}: {human_pos}" } else { "{msg:22} {wide_bar} {percent:>3} %" };
        if let Ok(style) = ProgressStyle::with_template(template) {
            self.0.set_style(style);
        }
        self.0.set_position(0);
        self.0.set_length(total);
        self.0.set_message(what.to_owned());
    }

    fn advance(&mut self, by: u64) {
        self.0.inc(by);
    }
}

impl Drop for Bar {
    fn drop(&mut self) {
        self.0.finish_and_clear();
    }
}
