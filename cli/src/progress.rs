//! A progress bar for whatever takes longer than a second.

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use std::time::{Duration, Instant};

/// Shows itself on the standard error after a second, if that is a terminal, and leaves no trace.
pub struct Progress {
    bar: ProgressBar,
    started: Instant,
    shown: bool,
    next_look: usize,
}

/// How many steps pass between two looks at the clock.
const STEPS: usize = 256;

impl Progress {
    /// A bar that has not started to count things of this name.
    pub fn new(what: &'static str) -> Self {
        let bar = ProgressBar::with_draw_target(None, ProgressDrawTarget::hidden());
        let template = "{msg} {wide_bar} {human_pos} of {human_len} {per_sec} {eta} left";
        if let Ok(style) = ProgressStyle::with_template(template) {
            bar.set_style(style);
        }
        bar.set_message(what);
        Self { bar, started: Instant::now(), shown: false, next_look: 0 }
    }

    /// So many are done.
    pub fn set(&mut self, done: usize, total: usize) {
        if done < self.next_look {
            return;
        }
        self.next_look = done + STEPS;
        if !self.shown && self.started.elapsed() > Duration::from_secs(1) {
            self.shown = true;
            self.bar.set_draw_target(ProgressDrawTarget::stderr());
        }
        self.bar.set_length(total as u64);
        self.bar.set_position(done as u64);
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.bar.finish_and_clear();
    }
}
