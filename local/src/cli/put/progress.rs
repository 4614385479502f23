//! The progress bar.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use indicatif::{HumanBytes, HumanCount, ProgressBar, ProgressDrawTarget, ProgressStyle};

use super::gather::Found;

/// How often the bar is drawn anew even if nothing moves.
const TICK: Duration = Duration::from_millis(200);

/// One bar over everything: each byte counts once when it is hashed, and once when it is in the portfolio.
#[derive(Debug)]
pub(super) struct Progress {
    bar: ProgressBar,
    files: u64,
    bytes: u64,
    files_settled: AtomicU64,
}

impl Progress {
    /// A bar for these files; hidden when nobody is watching.
    pub(super) fn new(attended: bool, files: &[Found]) -> Self {
        let bytes = files.iter().map(|file| file.size_bytes).sum();
        let bar = ProgressBar::with_draw_target(Some(2 * bytes), ProgressDrawTarget::hidden());
        if let Ok(style) = ProgressStyle::with_template("{bar:32} {percent:>3}%  {msg}  {elapsed}") {
            bar.set_style(style);
        }
        if attended {
            bar.set_draw_target(ProgressDrawTarget::stderr());
            bar.enable_steady_tick(TICK);
        }
        Self { bar, files: files.len() as u64, bytes, files_settled: AtomicU64::new(0) }
    }

    /// Some bytes of a file were hashed or uploaded.
    pub(super) fn advance(&self, bytes: u64) {
        self.bar.inc(bytes);
        if !self.bar.is_hidden() {
            self.bar.set_message(self.message());
        }
    }

    /// Bytes that were uploaded have to be uploaded again.
    pub(super) fn take_back(&self, bytes: u64) {
        self.bar.dec(bytes);
    }

    /// One more file's fate is known.
    pub(super) fn settled(&self) {
        self.files_settled.fetch_add(1, Ordering::Relaxed);
        self.advance(0);
    }

    /// Prints without the bar in between.
    pub(super) fn aside<T>(&self, print: impl FnOnce() -> T) -> T {
        self.bar.suspend(print)
    }

    /// Takes the bar away.
    pub(super) fn finish(&self) {
        self.bar.finish_and_clear();
    }

    fn message(&self) -> String {
        let settled = self.files_settled.load(Ordering::Relaxed);
        let done = HumanBytes(self.bar.position() / 2);
        format!(
            "{}/{} files, {done} of {}",
            HumanCount(settled),
            HumanCount(self.files),
            HumanBytes(self.bytes)
        )
    }
}
