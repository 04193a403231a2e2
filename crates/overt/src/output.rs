//! Where text goes: results to standard output, everything else to standard error.

use std::io::{self, IsTerminal, Write};

use anstyle::{AnsiColor, Style};
use overt_schema::canonical_json;

/// The two ways out, and what they can show.
#[derive(Debug)]
pub(crate) struct Output {
    out: anstream::AutoStream<io::Stdout>,
    err: anstream::AutoStream<io::Stderr>,
    quiet: bool,
    /// What standard output failed with; then nothing more is said there.
    broken: Option<io::Error>,
    width: usize,
}

/// How long a wait may be before it is told of.
const A_MOMENT: std::time::Duration = std::time::Duration::from_secs(1);

/// Names in tables and headings.
pub(crate) const STRONG: Style = Style::new().bold();
/// What may be overlooked.
pub(crate) const FAINT: Style = Style::new().dimmed();
/// What is well.
pub(crate) const GOOD: Style = AnsiColor::Green.on_default();
/// What is not.
pub(crate) const BAD: Style = AnsiColor::Red.on_default();

impl Output {
    pub(crate) fn new(quiet: bool) -> Self {
        let width = textwrap::termwidth().clamp(40, 120);
        Self { out: anstream::stdout(), err: anstream::stderr(), quiet, broken: None, width }
    }

    /// Columns that a line may take.
    pub(crate) fn width(&self) -> usize {
        self.width
    }

    /// Whether progress may be drawn over itself.
    pub(crate) fn animated(&self) -> bool {
        !self.quiet && io::stderr().is_terminal()
    }

    /// A line of the result.
    pub(crate) fn say(&mut self, line: impl AsRef<str>) {
        if self.broken.is_none() {
            self.broken = writeln!(self.out, "{}", line.as_ref()).and_then(|()| self.out.flush()).err();
        }
    }

    /// Why the result could not be written, if so. A reader that closed its end has had enough: that is no failure.
    pub(crate) fn lost(&self) -> Option<&io::Error> {
        self.broken.as_ref().filter(|error| error.kind() != io::ErrorKind::BrokenPipe)
    }

    /// Whether nobody reads the result any more.
    pub(crate) fn is_closed(&self) -> bool {
        self.broken.is_some()
    }

    /// A line beside the result; not with `--quiet`.
    pub(crate) fn note(&mut self, line: impl AsRef<str>) {
        if !self.quiet {
            // Nobody can be told that standard error is closed.
            let _ = writeln!(self.err, "{}", line.as_ref());
        }
    }

    /// Waits for something, and says on a terminal what for if that takes longer than a moment.
    pub(crate) async fn waiting<T>(&mut self, what: &str, something: impl Future<Output = T>) -> T {
        let mut something = std::pin::pin!(something);
        tokio::select! {
            done = &mut something => return done,
            () = tokio::time::sleep(A_MOMENT) => {}
        }
        if self.animated() {
            self.note(format!("  waiting  {what} …"));
        }
        something.await
    }

    /// A line that matters even with `--quiet`.
    pub(crate) fn warn(&mut self, line: impl AsRef<str>) {
        let _ = writeln!(self.err, "{}", line.as_ref());
    }

    /// A value as JSON, in the same order and with the same numbers as in a run's files, but indented.
    pub(crate) fn json(&mut self, value: &impl serde::Serialize) {
        let canonical =
            canonical_json(value).and_then(|bytes| serde_json::from_slice::<serde_json::Value>(&bytes));
        match canonical.and_then(|value| serde_json::to_string_pretty(&value)) {
            Ok(text) => self.say(text),
            Err(error) => self.warn(format!("error: the result cannot be written as JSON: {error}")),
        }
    }
}

/// The text in a style.
pub(crate) fn styled(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}
