//! Where a command prints.

use std::borrow::Cow;
use std::fmt;
use std::io::{IsTerminal as _, Write};

/// The two outputs of a command: results go to `out`, everything about them to `err`.
pub struct Console<'a> {
    /// Results, for people or programs.
    pub out: &'a mut dyn Write,
    /// Progress, refusals and summaries, for people.
    pub err: &'a mut dyn Write,
    /// Whether a person is watching standard error, so that progress is worth drawing.
    pub attended: bool,
}

impl<'a> Console<'a> {
    /// The process's own outputs.
    ///
    /// They are locked anew for each write: the progress bar draws to standard error from a thread of its own.
    pub fn of_process(out: &'a mut std::io::Stdout, err: &'a mut std::io::Stderr) -> Self {
        let attended = err.is_terminal();
        Self { out, err, attended }
    }
}

impl fmt::Debug for Console<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("attended", &self.attended).finish_non_exhaustive()
    }
}

/// A text without control characters: names of files and words of servers must not steer a terminal or break a line.
pub(super) fn printable(text: &str) -> Cow<'_, str> {
    if !text.contains(char::is_control) {
        return Cow::Borrowed(text);
    }
    let escaped = |c: char| {
        if c.is_control() { c.escape_default().to_string() } else { c.to_string() }
    };
    Cow::Owned(text.chars().map(escaped).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn control_characters_are_printed_as_escapes() {
        assert_eq!(printable("Käfer 1.jpg"), "Käfer 1.jpg");
        assert_eq!(printable("a\x1b[2J\nb"), r"a\u{1b}[2J\nb");
    }
}
